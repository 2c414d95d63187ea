import type { Credential, Target } from '../domain/credential.ts';
import { decideStray, type StrayDecision } from '../domain/decisions/stray.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import { type Instant, type KeyId, secondsBetween } from '../domain/identifiers.ts';
import { current as currentLabel, isNewLabel } from '../domain/labels.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { KeyPayload, Ports } from '../ports.ts';
import type { Connection, KeyRecord } from '../providers/provider.ts';
import { probe, readCurrent } from '../steps/current-key.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { inTurn } from './in-turn.ts';
import { lanes } from './pass.ts';

export type SweepOptions = {
  /** Only this provider's keys; null: every provider's. */
  readonly provider: string | null;
  /** How old a stray must be before it is revoked, in seconds: longer than any call that may still be in flight. */
  readonly graceSeconds: number;
  /** Looks and reports, and revokes nothing. */
  readonly dryRun: boolean;
  /** How many listings one sweep asks for; 1,000 unless told. The sweeps after it ask for the others. */
  readonly mostListings?: number;
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
  const scopes = scopesOf(credentials, records).filter(
    ({ provider }) => options.provider === null || provider === options.provider,
  );
  const needed = neededIn(records);
  const faults: Fault[] = [];
  const turn = inTurn(scopes, options.mostListings ?? usualListings, ports.clock.now(), turnSeconds);
  const swept = await inGroups(turn, lanes, async (target) => {
    try {
      return await sweepScope(ports, options, target, credentials, records, needed);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error);
      return [];
    }
  });
  if (faults[0] !== undefined) throw faults[0];
  return swept.flat();
};

/**
 * A listing takes half a second, and a look at the secrets of an account of a hundred credentials as long. Ten side by
 * side, so many take 100 s of the 300 after which Lambda ends it; 10,000 have all had their turn in five hours.
 */
export const usualListings = 1_000;
/** As often as the sweep runs, unless a deployment is told otherwise: a quarter of an hour, in seconds. */
const turnSeconds = 900;

const sweepScope = async (
  ports: Ports,
  { graceSeconds, dryRun }: SweepOptions,
  target: Target,
  credentials: readonly Placed[],
  records: readonly CredentialRecord[],
  needed: ReadonlySet<string>,
): Promise<readonly SweptKey[]> => {
  const connection = await ports.connect(target);
  const keys = await connection.listKeys?.();
  if (keys === undefined) {
    const slots = await connection.listSlots?.();
    if (slots !== undefined && !dryRun) await forgetDeadLeftovers(ports, target, keyIdsOf(slots), records);
    return [];
  }
  const { revokeKey } = connection;
  const swept: SweptKey[] = [];
  let serving: Serving | null = null;
  let ofAccount: readonly Placed[] = [];
  for (const key of keys) {
    if (!key.active || needed.has(key.keyId) || (key.name !== null && needed.has(key.name))) continue;
    // Read only when there is something to judge: in a quiet account the ledger explains every key.
    if (serving === null) ofAccount = placedIn(target, credentials, records);
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

/**
 * Ids and names of the keys of which the ledger says what they are for: they serve, or an open rotation has them or has
 * asked for them.
 */
const neededIn = (records: readonly CredentialRecord[]): ReadonlySet<string> => {
  const known = records.flatMap(({ serving, rotation, lease }) => [
    serving?.keyId,
    rotation?.old?.keyId,
    rotation?.new?.keyId,
    // A run that is at work may be about to store any key that it has asked for.
    ...(lease === null ? [] : (rotation?.attempts ?? []).flatMap(({ name, keyId }) => [name, keyId])),
  ]);
  return new Set(known.filter((key) => key != null));
};

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
const servingKeys = async (ports: Ports, credentials: readonly Placed[], connection: Connection): Promise<Serving> => {
  const keyIds = new Set<KeyId>();
  let complete = true;
  const add = async (payload: KeyPayload | null): Promise<void> => {
    const keyId = payload && (payload.keyId ?? (await connection.identifyKey?.(payload.apiKey)));
    if (keyId) keyIds.add(keyId);
    else complete = false;
  };
  await inGroups(credentials, lanes, async ({ secret }) => {
    for (const { versionId, labels } of (await ports.vault.describe(secret)) ?? []) {
      const newLabelled = labels.find(isNewLabel);
      if (labels.includes(currentLabel)) await add(await ports.vault.read(secret, versionId, currentLabel));
      else if (newLabelled !== undefined) await add(await ports.vault.read(secret, versionId, newLabelled));
    }
  });
  return { keyIds, complete };
};

/** A fresh look, the moment before: a key that may serve is never revoked. */
const isStillUnused = async (
  ports: Ports,
  credentials: readonly Placed[],
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
  credentials: readonly Placed[],
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

/** Those of an account, and those that the register has moved elsewhere: their secrets still say what serves. */
const placedIn = (
  { account }: Target,
  credentials: readonly Placed[],
  records: readonly CredentialRecord[],
): readonly Placed[] => {
  const left = records.filter(({ leftovers }) => leftovers.some(({ target }) => target.account === account));
  const haveLeft = new Set(left.map(({ credentialId }) => credentialId));
  return credentials.filter(({ id, target }) => target.account === account || haveLeft.has(id));
};

/** A credential that nothing names any more has a secret that nobody can look into: what it left is only reported. */
const isLeftByUnknown = (
  { keyId }: KeyRecord,
  credentials: readonly Placed[],
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

type Placed = Pick<Credential, 'id' | 'target' | 'secret'>;

/** The register's credentials, and those that have left it with a rotation open or with keys that may live. */
const everyCredential = async (ports: Ports, records: readonly CredentialRecord[]): Promise<readonly Placed[]> => {
  const declared = await ports.register.credentials();
  const known = new Set(declared.map(({ id }) => id));
  const left = records.flatMap(({ rotation, lastEntry, serving, leftovers }) => {
    const entry = rotation?.credential ?? (serving !== null || leftovers.length > 0 ? lastEntry : null);
    return entry === null ? [] : [entry];
  });
  return [...declared, ...left.filter(({ id }) => !known.has(id))];
};

const scopeOf = ({ provider, account, settings }: Target): string => JSON.stringify([provider, account, settings]);

/** One listing serves all that live in it. Keys may have been left where no credential lives any more. */
const scopesOf = (credentials: readonly Placed[], records: readonly CredentialRecord[]): readonly Target[] => {
  const left = records.flatMap(({ leftovers }) => leftovers.map(({ target }) => target));
  const targets = [...credentials.map(({ target }) => target), ...left];
  return [...new Map(targets.map((target) => [scopeOf(target), target])).values()];
};
