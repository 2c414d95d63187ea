import type { Credential, Strategy } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import { type Instant, secondsBetween } from '../domain/identifiers.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import { inTurn } from './in-turn.ts';

export type ReconcileOptions = {
  /** Only this provider's; null: every provider's. */
  readonly provider: string | null;
  /** The strategy of a provider, by its id. */
  readonly strategyOf: (provider: string) => Strategy;
  /** How many emergencies one pass starts; the next one starts the rest. */
  readonly maximumStarts: number;
  /** How long a look at an execution may lag behind its start, and a call may be in flight, in seconds. */
  readonly letCallsLandSeconds: number;
  /** Looks and reports, and changes nothing. */
  readonly dryRun: boolean;
  /** How many quiet credentials a part looks at in one pass; 2,000 unless told. The passes after it look at the others. */
  readonly mostLooks?: number;
};

export type PartName =
  | 'obligations'
  | 'abandoned-runs'
  | 'retirements'
  | 'labels'
  | 'dropped-keys'
  | 'heal'
  | 'prints'
  | 'admin-keys'
  | 'left-register';

/** Something that was not as it should be. What is well is not told. */
export type Found = {
  readonly part: PartName;
  /** The credential's id; the key's where no credential has it. */
  readonly subject: string;
  /** For a person. Never a secret. */
  readonly found: string;
  /** What was done about it; null: nothing, because it is a dry run, or not ours to touch, or in good hands. */
  readonly did: string | null;
};

export type Failed = {
  readonly part: PartName;
  readonly subject: string;
  readonly fault: string;
  readonly detail: string;
};

/** One pass of reconcile, as its parts see it. */
export interface Pass {
  readonly ports: Ports;
  readonly options: ReconcileOptions;
  /**
   * Every credential's item, read once for all parts: of thousands it is some megabytes. It says where to look; whoever
   * acts reads the item again.
   */
  readonly records: () => Promise<readonly CredentialRecord[]>;
  readonly tell: (found: Found) => void;
  /** One credential that fails does not keep the others from being looked at. */
  readonly alone: (part: PartName, subject: string, work: () => Promise<void>) => Promise<void>;
  /** Whether one more emergency may be started; counts it. */
  readonly mayStart: () => boolean;
}

/** How many credentials a pass asks their providers about side by side: one that is slow must not hold up all. */
export const lanes = 10;

/**
 * A look takes a third of a second, most of it at the provider. Ten side by side, so many take 70 s: with everything
 * else a pass stays below the 300 s after which Lambda ends it.
 */
export const usualLooks = 2_000;

/** A part of reconcile. It may run beside rotations and beside itself: it writes by compare-and-swap only. */
export type Part = (pass: Pass) => Promise<void>;

/** The credentials that a pass looks at: the register's, and those that the ledger still has a rotation of. */
const credentialsOf = async (
  { ports: { register }, options: { provider } }: Pass,
  records: readonly CredentialRecord[],
): Promise<readonly Credential[]> => {
  const declared = await register.credentials();
  const known = new Set(declared.map(({ id }) => id));
  const open = records.flatMap(({ rotation }) => (rotation === null ? [] : [rotation.credential]));
  return [...declared, ...open.filter(({ id }) => !known.has(id))].filter(
    ({ target }) => provider === null || target.provider === provider,
  );
};

/** The records that something is happening to, and those quiet ones whose turn it is. */
export const toLookAt = (
  records: readonly CredentialRecord[],
  { ports: { clock }, options: { mostLooks = usualLooks } }: Pass,
): readonly CredentialRecord[] => {
  const now = clock.now();
  const turn = new Set(inTurn(records, mostLooks, now));
  return records.filter((record) => turn.has(record) || isStirring(record, now));
};

/**
 * The same of credentials. What the ledger has no record of is quiet. One that a person has retired is left out: a probe
 * of its key would count as use.
 */
export const credentialsToLookAt = async (pass: Pass): Promise<readonly Credential[]> => {
  const {
    ports: { clock },
    options: { mostLooks = usualLooks },
  } = pass;
  const now = clock.now();
  const records = await pass.records();
  const credentials = await credentialsOf(pass, records);
  const turn = new Set(inTurn(credentials, mostLooks, now));
  const stirring = new Set(records.filter((record) => isStirring(record, now)).map(({ credentialId }) => credentialId));
  const retired = new Set(records.flatMap(({ credentialId, retirement }) => (retirement ? [credentialId] : [])));
  return credentials.filter(
    (credential) => (turn.has(credential) || stirring.has(credential.id)) && !retired.has(credential.id),
  );
};

/** A run is at work that does not only wait, or one has ended within the hour. So many as are started, and no more. */
const isStirring = ({ lease, rotation, lastEnded }: CredentialRecord, now: Instant): boolean =>
  (lease !== null && rotation?.phase !== 'confirmed') ||
  (lastEnded !== null && secondsBetween(lastEnded.at, now) < 3_600);

export const faultOf = (error: unknown): { readonly fault: string; readonly detail: string } => {
  if (error instanceof Fault) return { fault: error.name, detail: error.message };
  // An error of unknown make may quote anything.
  return { fault: error instanceof Error ? error.name : 'unknown', detail: 'An error that nobody expected.' };
};

/** Null when it could not be looked at: never the same as "not there". */
export const unlessFault = async <T>(look: () => Promise<T>): Promise<T | null> => {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
};
