import type { Credential, Target } from '../domain/credential.ts';
import { decideStray, type StrayDecision } from '../domain/decisions/stray.ts';
import { type Instant, type KeyId, secondsBetween } from '../domain/identifiers.ts';
import { current as currentLabel, holderOf } from '../domain/labels.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Connection, KeyRecord } from '../providers/provider.ts';

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
 * @throws Fault when anything could not be looked at: nothing is revoked on half a view
 */
export const sweepStrays = async (ports: Ports, options: SweepOptions): Promise<readonly SweptKey[]> => {
  const records = await ports.ledger.all();
  const credentials = await everyCredential(ports, records);
  const swept: SweptKey[] = [];
  for (const group of byScope(credentials)) {
    const [{ target }] = group;
    if (options.provider !== null && target.provider !== options.provider) continue;
    swept.push(...(await sweepScope(ports, options, target, credentials, records)));
  }
  return swept;
};

type Scope = readonly [Credential, ...Credential[]];

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
  const ofAccount = credentials.filter((credential) => credential.target.account === target.account);
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
      ageSeconds: since === null ? 0 : secondsBetween(since, ports.clock.now()),
      graceSeconds,
    });
    if (kind === 'dead' || kind === 'in-use') continue;
    const revoked =
      kind === 'stray' &&
      !dryRun &&
      revokeKey !== undefined &&
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

/** What AWSCURRENT holds at this moment, in every secret of the account. */
const servingKeys = async (
  ports: Ports,
  credentials: readonly Credential[],
  connection: Connection,
): Promise<Serving> => {
  const keyIds = new Set<KeyId>();
  let complete = true;
  for (const { secret } of credentials) {
    const versionId = holderOf((await ports.vault.describe(secret)) ?? [], currentLabel);
    if (versionId === null) continue;
    const payload = await ports.vault.read(secret, versionId, currentLabel);
    const keyId = payload && (payload.keyId ?? (await connection.identifyKey?.(payload.apiKey)));
    if (keyId) keyIds.add(keyId);
    else complete = false;
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
  return complete && !keyIds.has(key.keyId);
};

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

/** One listing serves all credentials with the same account and settings. */
const byScope = (credentials: readonly Credential[]): readonly Scope[] => {
  const groups = new Map<string, [Credential, ...Credential[]]>();
  for (const credential of credentials) {
    const scope = scopeOf(credential.target);
    const group = groups.get(scope);
    if (group === undefined) groups.set(scope, [credential]);
    else group.push(credential);
  }
  return [...groups.values()];
};
