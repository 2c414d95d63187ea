import type { Credential, Target } from '../domain/credential.ts';
import { decideStray, type StrayDecision } from '../domain/decisions/stray.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import { type CredentialId, type Instant, type KeyId, rotationId, secondsBetween } from '../domain/identifiers.ts';
import { current as currentLabel, newLabel } from '../domain/labels.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { KeyPayload, Ports } from '../ports.ts';
import type { Connection, KeyRecord } from '../providers/provider.ts';
import { probe, readCurrent } from '../steps/current-key.ts';

export type SweepOptions = {
  /** Only this provider's keys; null: every provider's. */
  readonly provider: string | null;
  /** How old a stray must be before it is revoked, in seconds: longer than any call that may still be in flight. */
  readonly graceSeconds: number;
  /** Looks and reports, and revokes nothing. */
  readonly dryRun: boolean;
};

export type SweptKey = {
  readonly keyId: KeyId;
  readonly name: string | null;
  readonly provider: string;
  readonly account: string;
  readonly found: StrayDecision['kind'];
  readonly revoked: boolean;
};

/**
 * Finds the keys that carry our name and that nobody needs, and revokes them. It acts only after a complete listing
 * and after a fresh look at every current key of the account; unknown keys are reported, never touched.
 *
 * @returns what was found of every key that is neither dead nor in use
 * @throws Fault when an account could not be looked at: nothing of it is revoked on half a view; the others are swept
 */
export const sweepStrays = async (ports: Ports, options: SweepOptions): Promise<readonly SweptKey[]> => {
  const records = await ports.ledger.all();
  const credentials = await everyCredential(ports, records);
  const swept: SweptKey[] = [];
  const faults: Fault[] = [];
  for (const target of scopesOf(credentials, records)) {
    if (options.provider !== null && target.provider !== options.provider) continue;
    try {
      swept.push(...(await sweepScope(ports, options, target, credentials, records)));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error);
    }
  }
  if (faults[0] !== undefined) throw faults[0];
  return swept;
};

const sweepScope = async (
  ports: Ports,
  { graceSeconds, dryRun }: SweepOptions,
  target: Target,
  credentials: readonly Credential[],
  records: readonly CredentialRecord[],
): Promise<readonly SweptKey[]> => {
  const connection = await ports.connect(target);
  const keys = await connection.listKeys?.();
  if (keys === undefined) {
    const slots = await connection.listSlots?.();
    if (slots !== undefined && !dryRun) await forgetDeadLeftovers(ports, target, keyIdsOf(slots), records);
    return [];
  }
  const { revokeKey } = connection;
  const ofAccount = credentials.filter(
    ({ id, target: { account } }) => account === target.account || hasLeftIn(target, id, records),
  );
  const swept: SweptKey[] = [];
  let serving: Serving | null = null;
  for (const key of keys) {
    if (!key.active || isNeeded(key, records)) continue;
    // Read only when there is something to judge: in a quiet account the ledger explains every key.
    serving ??= await servingKeys(ports, ofAccount, connection);
    const since = knownSince(key, target, records);
    const { kind } = decideStray({
      name: key.name,
      active: key.active,
      inUse: serving.keyIds.has(key.keyId),
      known: since !== null,
      ageSeconds: secondsBetween(since ?? key.createdAt ?? ports.clock.now(), ports.clock.now()),
      graceSeconds,
    });
    if (kind === 'dead' || kind === 'in-use') continue;
    const revoked =
      kind === 'stray' &&
      !dryRun &&
      revokeKey !== undefined &&
      !isLeftByUnknown(key, credentials, records) &&
      (await isNoWayBack(ports, key, credentials, records)) &&
      (await isStillUnused(ports, ofAccount, connection, key));
    if (revoked) await revokeKey(key.keyId);
    swept.push({
      keyId: key.keyId,
      name: key.name,
      provider: target.provider,
      account: target.account,
      found: kind,
      revoked,
    });
  }
  if (!dryRun) await forgetDeadLeftovers(ports, target, keyIdsOf(keys.filter((key) => key.active)), records);
  return swept;
};

const keyIdsOf = (keys: readonly { readonly keyId: KeyId }[]): ReadonlySet<KeyId> =>
  new Set(keys.map(({ keyId }) => keyId));

/** Whether the ledger says what the key is for: it serves, or an open rotation has it or has asked for it. */
const isNeeded = (key: KeyRecord, records: readonly CredentialRecord[]): boolean =>
  records.some(({ serving, rotation, lease }) => {
    if (serving?.keyId === key.keyId) return true;
    if (rotation === null) return false;
    if (rotation.old?.keyId === key.keyId || rotation.new?.keyId === key.keyId) return true;
    // A run that is at work may be about to store any key that it has asked for.
    return lease !== null && rotation.attempts.some(({ name, keyId }) => keyId === key.keyId || isNamed(key, name));
  });

const isNamed = (key: KeyRecord, name: string | null): boolean => name !== null && name === key.name;

type Serving = {
  readonly keyIds: ReadonlySet<KeyId>;
  /** False when a secret holds a value and nobody can say which key it is: then any key may be the one. */
  readonly complete: boolean;
};

/**
 * What every secret of the account holds at this moment as AWSCURRENT, or as a version that is about to be: a person
 * may have handed in a key, and its run has not begun.
 */
const servingKeys = async (
  ports: Ports,
  credentials: readonly Credential[],
  connection: Connection,
): Promise<Serving> => {
  const keyIds = new Set<KeyId>();
  let complete = true;
  const add = async (payload: KeyPayload | null): Promise<void> => {
    const keyId = payload && (payload.keyId ?? (await connection.identifyKey?.(payload.apiKey)));
    if (keyId) keyIds.add(keyId);
    else complete = false;
  };
  for (const { secret } of credentials) {
    for (const { versionId, labels } of (await ports.vault.describe(secret)) ?? []) {
      const newLabelled = labels.find((label) => label.startsWith(newLabel(noRotation)));
      if (labels.includes(currentLabel)) await add(await ports.vault.read(secret, versionId, currentLabel));
      else if (newLabelled !== undefined) await add(await ports.vault.read(secret, versionId, newLabelled));
    }
  }
  return { keyIds, complete };
};

/** A fresh look, the moment before: a key that may serve is never revoked. */
const isStillUnused = async (
  ports: Ports,
  credentials: readonly Credential[],
  connection: Connection,
  key: KeyRecord,
): Promise<boolean> => {
  const { keyIds, complete } = await servingKeys(ports, credentials, connection);
  return guard('sweep-spares-what-serves', complete && !keyIds.has(key.keyId));
};

/** A key that has served is what to go back to, for as long as what serves now is not accepted: healing comes first. */
const isNoWayBack = async (
  ports: Ports,
  { keyId }: KeyRecord,
  credentials: readonly Credential[],
  records: readonly CredentialRecord[],
): Promise<boolean> => {
  const left = records.find(({ leftovers }) => leftovers.some((leftover) => leftover.keyId === keyId));
  const credential = credentials.find(({ id }) => id === left?.credentialId);
  if (credential === undefined) return true;
  const { current } = await readCurrent(ports, credential);
  if (current === null) return true;
  const { kind } = await probe(await ports.connect(credential.target), current.value);
  return guard('sweep-leaves-a-way-back', kind === 'accepted');
};

const noRotation = rotationId('');

/** The register may have moved a credential to another account: its secret still says what serves. */
const hasLeftIn = (target: Target, credentialId: CredentialId, records: readonly CredentialRecord[]): boolean =>
  records.some(
    (record) =>
      record.credentialId === credentialId && record.leftovers.some((left) => left.target.account === target.account),
  );

/** A credential that nothing names any more has a secret that nobody can look into: what it left is only reported. */
const isLeftByUnknown = (
  { keyId }: KeyRecord,
  credentials: readonly Credential[],
  records: readonly CredentialRecord[],
): boolean =>
  records.some(
    ({ credentialId, leftovers }) =>
      leftovers.some((left) => left.keyId === keyId) && !credentials.some(({ id }) => id === credentialId),
  );

/** Since when this key, one of ours, has been of no use; null when the ledger does not know it. */
const knownSince = (key: KeyRecord, target: Target, records: readonly CredentialRecord[]): Instant | null => {
  for (const { leftovers, pastAttempts, rotation } of records) {
    const leftover = leftovers.find(({ keyId, target: of }) => keyId === key.keyId && of.account === target.account);
    if (leftover !== undefined) return leftover.since;
    const attempt = [...pastAttempts, ...(rotation?.attempts ?? [])].find(({ name }) => isNamed(key, name));
    if (attempt !== undefined) return key.createdAt ?? attempt.intendedAt;
  }
  return null;
};

const forgetDeadLeftovers = async (
  { ledger }: Pick<Ports, 'ledger'>,
  target: Target,
  alive: ReadonlySet<KeyId>,
  records: readonly CredentialRecord[],
): Promise<void> => {
  // A listing of one project says nothing of another one's keys.
  const isDead = (leftover: CredentialRecord['leftovers'][number]): boolean =>
    scopeOf(leftover.target) === scopeOf(target) && !alive.has(leftover.keyId);
  for (const { credentialId, leftovers } of records) {
    if (!leftovers.some(isDead)) continue;
    const { record, revision } = await ledger.read(credentialId);
    const kept = record.leftovers.filter((leftover) => !isDead(leftover));
    // Lost to another writer: the next sweep does it.
    await ledger.replace({ ...record, leftovers: kept }, revision);
  }
};

/** The register's credentials, and those that the ledger still has a rotation of. */
const everyCredential = async (ports: Ports, records: readonly CredentialRecord[]): Promise<readonly Credential[]> => {
  const declared = await ports.register.credentials();
  const known = new Set(declared.map(({ id }) => id));
  const open = records.flatMap(({ rotation }) => (rotation === null ? [] : [rotation.credential]));
  return [...declared, ...open.filter(({ id }) => !known.has(id))];
};

const scopeOf = ({ provider, account, settings }: Target): string => JSON.stringify([provider, account, settings]);

/** One listing serves all that live in it. Keys may have been left where no credential lives any more. */
const scopesOf = (credentials: readonly Credential[], records: readonly CredentialRecord[]): readonly Target[] => {
  const left = records.flatMap(({ leftovers }) => leftovers.map(({ target }) => target));
  const targets = [...credentials.map(({ target }) => target), ...left];
  return [...new Map(targets.map((target) => [scopeOf(target), target])).values()];
};
