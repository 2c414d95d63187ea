import type { Credential, Target } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { CredentialId, KeyId, VersionId } from '../domain/identifiers.ts';
import type { Leak, LeakProof } from '../domain/incident.ts';
import type { PrintQuestion } from '../domain/key-print.ts';
import { current, holderOf } from '../domain/labels.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';

/** A key that a report names, and the credential whose run ends it. */
export type LeakedKey = {
  readonly keyId: KeyId;
  readonly target: Target;
  readonly credentialId: CredentialId;
  /** Null when the register has it no more: the key can be stopped, and not replaced. */
  readonly credential: Credential | null;
  /** Whether AWSCURRENT holds it. What could not be looked at counts as serving. */
  readonly serves: boolean;
};

export type ResolvedLeak = {
  readonly proof: LeakProof;
  readonly keys: readonly LeakedKey[];
  /** The credentials that a wide report names; their keys are read when a person has said yes. */
  readonly reach: readonly Credential[];
  /** What was matched, or why nothing was, for a person. */
  readonly why: string;
  /** The account's keys could not be looked at, so that only the report's word says that the key is there. */
  readonly unlooked?: Fault;
};

type ResolvePorts = Pick<Ports, 'ledger' | 'vault' | 'register' | 'connect'>;

/**
 * Which keys a report means.
 *
 * @throws Fault when that cannot be looked up: "could not look" is never "nothing of ours". Of a key that is named by
 *   its id it comes back as `unlooked`: who names it may know better than we can look
 */
export const resolveLeak = async (
  leak: Exclude<Leak, { kind: 'admin-key' }>,
  ports: ResolvePorts,
): Promise<ResolvedLeak> => {
  switch (leak.kind) {
    case 'fingerprint':
      return byPrint({ fingerprint: leak.fingerprint }, 'fingerprint', null, ports);
    case 'leak-hash':
      return byPrint({ leakHash: leak.leakHash }, 'fingerprint', null, ports);
    case 'hint':
      return byPrint({ hint: leak.hint }, 'hint', leak.provider, ports);
    case 'key':
      return byKeyId(leak, ports);
    case 'credential': {
      const credential = await ports.register.credential(leak.credentialId);
      if (credential === null) return nothing(`The register has no credential ${leak.credentialId}.`);
      const key = await servingKey(credential, ports);
      return key === null
        ? nothing(`Nobody can say which key ${credential.id} serves, if it serves one.`)
        : { proof: 'named', keys: [key], reach: [], why: `${credential.id} serves ${key.keyId}.` };
    }
    case 'provider':
      return within(({ target }) => target.provider === leak.provider, `at ${leak.provider}`, ports);
    case 'account':
      return within(({ target }) => target.account === leak.account, `in the account ${leak.account}`, ports);
    case 'owner':
      return within((credential) => isOwnedBy(credential, leak.owner), `that ${leak.owner} answers for`, ports);
    case 'person':
      return within((credential) => isOwnedBy(credential, leak.person), `that hangs off ${leak.person}`, ports);
    case 'principal':
      return byPrincipal(leak.principal, ports);
    case 'unknown':
      return nothing(leak.why);
  }
};

const nothing = (why: string): ResolvedLeak => ({ proof: 'none', keys: [], reach: [], why });

const byPrint = async (
  question: PrintQuestion,
  proof: 'fingerprint' | 'hint',
  provider: string | null,
  ports: ResolvePorts,
): Promise<ResolvedLeak> => {
  const prints = (await ports.ledger.findPrints(question)).filter(
    ({ target }) => provider === null || target.provider === provider,
  );
  const keys = await Promise.all(
    prints.map(async ({ keyId, target, credentialId }) => {
      const credential = await credentialOf(credentialId, ports);
      return { keyId, target, credentialId, credential, serves: await mayServe(keyId, credential, ports) };
    }),
  );
  if (keys.length === 0) return nothing('No key of ours has this print.');
  return { proof, keys, reach: [], why: `It is ${keys.map(({ keyId }) => keyId).join(' or ')}.` };
};

const byKeyId = async (
  { provider, account, keyId }: Extract<Leak, { kind: 'key' }>,
  ports: ResolvePorts,
): Promise<ResolvedLeak> => {
  const ofAccount = (await ports.register.credentials()).filter(
    ({ target }) => target.provider === provider && target.account === account,
  );
  const known = await ownerOnRecord(keyId, account, ports);
  if (known !== null) {
    const credential = await credentialOf(known.credentialId, ports);
    const serves = await mayServe(keyId, credential, ports);
    return { proof: 'named', keys: [{ ...known, keyId, credential, serves }], reach: [], why: 'The ledger knows it.' };
  }
  const mayServeIt: Credential[] = [];
  for (const credential of ofAccount) {
    const key = await servingKey(credential, ports).catch(unlessFault('unlooked' as const));
    if (key === 'unlooked') mayServeIt.push(credential);
    else if (key?.keyId === keyId)
      return { proof: 'named', keys: [key], reach: [], why: `${credential.id} serves it.` };
  }
  // Nobody's key, as far as we know. A run of any credential of its account can end it: it only revokes.
  const unlooked: Fault[] = [];
  for (const credential of ofAccount) {
    try {
      const { target, id } = credential;
      const listed = await listedIds(await ports.connect(target));
      if (listed?.includes(keyId) !== true) continue;
      const key = { keyId, target, credentialId: id, credential, serves: false };
      return { proof: 'named', keys: [key], reach: [], why: `${account} lists it; Keyturn did not make it.` };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      unlooked.push(error);
    }
  }
  const [fault] = unlooked;
  const carrier = mayServeIt[0] ?? ofAccount[0];
  if (fault !== undefined && carrier !== undefined) {
    const { target, id } = carrier;
    const key = { keyId, target, credentialId: id, credential: carrier, serves: mayServeIt.length > 0 };
    return { proof: 'named', keys: [key], reach: [], why: `${account} could not be looked at.`, unlooked: fault };
  }
  return nothing(
    ofAccount.length === 0
      ? `The register has no credential at ${provider} in the account ${account}.`
      : `Neither the ledger nor a complete listing of ${account} knows the key ${keyId}.`,
  );
};

const within = async (
  isMeant: (credential: Credential) => boolean,
  where: string,
  ports: ResolvePorts,
): Promise<ResolvedLeak> => {
  const reach = (await ports.register.credentials()).filter(isMeant).toSorted(byTier);
  if (reach.length === 0) return nothing(`The register has no credential ${where}.`);
  return { proof: 'reach', keys: [], reach, why: `Of the register, ${where}: ${reach.length}.` };
};

/** A role that is named like a consumer could read what that consumer reads. Of any other nobody can tell. */
const byPrincipal = async (principal: string, ports: ResolvePorts): Promise<ResolvedLeak> => {
  const name = principal.split(/[/:]/).at(-1) ?? principal;
  const named = await within(
    ({ consumers }) => consumers.some((consumer) => consumer.name === name),
    `whose consumer is ${name}`,
    ports,
  );
  if (named.proof === 'reach') return named;
  const all = await within(() => true, '', ports);
  return { ...all, why: `The register does not say what ${name} could read, so this names every credential.` };
};

const isOwnedBy = ({ owner }: Credential, name: string): boolean =>
  [owner.name, owner.contact].some((known) => known.toLowerCase() === name.trim().toLowerCase());

const tierOrder = { infrastructure: 0, service: 1, user: 2 } as const;

/** What more stands on, first; within a tier by name, so that a plan made again is the same plan. */
const byTier = (left: Credential, right: Credential): number =>
  tierOrder[left.tier] - tierOrder[right.tier] || (left.id < right.id ? -1 : 1);

/**
 * The key that a credential serves at this moment; null when it serves none, or nobody can say which.
 *
 * @throws Fault when vault, ledger or provider do not answer
 */
export const servingKey = async (
  credential: Credential,
  ports: Omit<ResolvePorts, 'register'>,
): Promise<LeakedKey | null> => {
  const { id, secret, target } = credential;
  const versionId = holderOf((await ports.vault.describe(secret)) ?? [], current);
  // A version never changes, so what is on record of it need not be read: a person may not be allowed to.
  const { serving = null } = (await ports.ledger.read(id).catch(unlessFault(null)))?.record ?? {};
  if (serving !== null && serving.versionId === versionId) {
    return { keyId: serving.keyId, target, credentialId: id, credential, serves: true };
  }
  const payload = versionId && (await ports.vault.read(secret, versionId, current));
  if (versionId === null || payload === null) return null;
  const keyId = payload.keyId ?? (await whoseValue(payload.apiKey, versionId, credential, ports));
  return keyId === null ? null : { keyId, target, credentialId: id, credential, serves: true };
};

/** Of a version that Keyturn did not write. A rotation may have known its key while that was still listed. */
const whoseValue = async (
  value: SecretValue,
  versionId: VersionId,
  { id, target }: Credential,
  { ledger, connect }: Omit<ResolvePorts, 'register'>,
): Promise<KeyId | null> => {
  const { rotation, serving } = (await ledger.read(id)).record;
  const known = [serving, rotation?.new, rotation?.old].find((key) => key?.versionId === versionId);
  return known?.keyId ?? (await (await connect(target)).identifyKey?.(value)) ?? null;
};

const mayServe = async (keyId: KeyId, credential: Credential | null, ports: ResolvePorts): Promise<boolean> => {
  if (credential === null) return false;
  const serving = await servingKey(credential, ports).catch(unlessFault(null));
  return serving === null || serving.keyId === keyId;
};

const credentialOf = async (credentialId: CredentialId, ports: ResolvePorts): Promise<Credential | null> =>
  (await ports.register.credential(credentialId)) ??
  (await ports.ledger.read(credentialId)).record.rotation?.credential ??
  null;

/** Whose key the ledger says it is; null also when the ledger does not answer, which must not save a leaked key. */
const ownerOnRecord = async (
  keyId: KeyId,
  account: string,
  { ledger, register }: ResolvePorts,
): Promise<Pick<LeakedKey, 'credentialId' | 'target'> | null> => {
  const records = await ledger.all().catch(unlessFault<readonly CredentialRecord[]>([]));
  for (const record of records) {
    const target =
      record.leftovers.find((leftover) => leftover.keyId === keyId)?.target ??
      (keysOf(record).includes(keyId)
        ? (record.rotation?.credential ?? (await register.credential(record.credentialId)))?.target
        : undefined);
    if (target?.account === account) return { credentialId: record.credentialId, target };
  }
  const obligations = await ledger.obligations('all').catch(unlessFault([]));
  const owed = obligations.find((obligation) => obligation.keyId === keyId && obligation.target.account === account);
  return owed?.credentialId == null ? null : { credentialId: owed.credentialId, target: owed.target };
};

const keysOf = ({ serving, rotation, pastAttempts }: CredentialRecord): readonly (KeyId | null | undefined)[] => [
  serving?.keyId,
  rotation?.old?.keyId,
  rotation?.new?.keyId,
  ...[...pastAttempts, ...(rotation?.attempts ?? [])].map(({ keyId }) => keyId),
];

const listedIds = async (connection: Connection): Promise<readonly KeyId[] | undefined> =>
  ((await connection.listKeys?.()) ?? (await connection.listSlots?.()))?.map(({ keyId }) => keyId);

/** For a look that may fail without harm. */
export const unlessFault =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (error instanceof Fault) return otherwise;
    throw error;
  };
