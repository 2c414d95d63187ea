import type { Credential } from '../../domain/credential.ts';
import { dueInstant, longOverdueSeconds } from '../../domain/decisions/due.ts';
import { type CredentialId, secondsBetween } from '../../domain/identifiers.ts';
import { incidentPolicy } from '../../domain/incident-policy.ts';
import { current, holderOf } from '../../domain/labels.ts';
import type { Obligation } from '../../domain/obligation.ts';
import { type CredentialRecord, emptyRecord } from '../../domain/rotation.ts';
import { durationOf, timeOf } from '../../domain/time-words.ts';
import { isOpen } from '../../domain/window.ts';
import { inGroups } from '../../triggers/in-groups.ts';
import { nextOf } from '../outcome-words.ts';
import { strategyOfProvider } from '../session.ts';
import type { Check, Surroundings } from './check.ts';
import { couldNotLook } from './could-not-look.ts';
import { amiss, type Seen, well } from './finding.ts';
import { ledger } from './stores.ts';

const atOnce = 8;

/** A sweep comes every quarter of an hour, and starts only so many. */
const justDueSeconds = 3600;

const right = 'secretsmanager:DescribeSecret on the secrets of the credentials';

/** Every credential has a key that serves, which is rotated in time, and no leaked key of it lives. */
export const credentials: Check = {
  name: 'credentials',
  right,
  fix: 'Look at the secret in Secrets Manager.',

  async look(surroundings) {
    const known = await readLedger(surroundings).catch((error: unknown) =>
      couldNotLook('when due, what leaked', error, ledger),
    );
    if ('state' in known) {
      const ofSecrets = await inGroups(surroundings.register.credentials, atOnce, (one) => ofSecret(one, surroundings));
      return [known, ...ofSecrets.flat()];
    }
    const found = await inGroups(surroundings.register.credentials, atOnce, (one) => ofOne(one, known, surroundings));
    return found.flat();
  },
};

interface Known {
  readonly records: ReadonlyMap<CredentialId, CredentialRecord>;
  readonly obligations: readonly Obligation[];
}

const readLedger = async ({ records, openObligations }: Surroundings): Promise<Known> => ({
  records: new Map((await records()).map((record) => [record.credentialId, record])),
  obligations: await openObligations(),
});

const ofOne = async (
  credential: Credential,
  { records, obligations }: Known,
  surroundings: Surroundings,
): Promise<readonly Seen[]> => {
  const { id } = credential;
  const record = records.get(id) ?? emptyRecord(id);
  const leaked = obligations.filter(({ credentialId }) => credentialId === id);
  const ofItsSecret = await ofSecret(credential, surroundings);
  const seen = [
    ...ofItsSecret,
    ...leaked.map((obligation) => ofLeak(obligation, surroundings)),
    ...ofRotation(credential, record, surroundings),
    // Where there is no key, that is said.
    ...(record.lastRotatedAt === null && record.rotation === null && ofItsSecret.length === 0
      ? [amiss('attention', id, 'It was never rotated.', firstKey(credential, surroundings))]
      : []),
  ];
  return seen.length > 0 ? seen : [well(id, `serves; next due ${dueText(credential, record)}`)];
};

const rotate = ({ id, target }: Credential, { flags }: Surroundings): string =>
  strategyOfProvider(target.provider) === 'human-created'
    ? `Make a key at the provider, and hand it in: keyturn submit ${id}${flags}`
    : `keyturn rotate ${id}${flags}`;

/** On AWS only what was deployed is rotated, and an entry may be newer than that. */
const firstKey = (credential: Credential, surroundings: Surroundings): string => {
  const next = rotate(credential, surroundings);
  return surroundings.deployment === null ? next : `If its entry is new: npx cdk deploy --all. Then: ${next}`;
};

const ofSecret = async (credential: Credential, surroundings: Surroundings): Promise<readonly Seen[]> => {
  const { id, secret } = credential;
  try {
    const versions = await surroundings.ports.vault.describe(secret);
    if (versions !== null && holderOf(versions, current) !== null) return [];
    if (versions === null || versions.length === 0) {
      return [
        amiss('broken', id, `${secret} holds no key: its consumers have none.`, firstKey(credential, surroundings)),
      ];
    }
    const saw = `${secret} has versions, and none is ${current}: its consumers have no key.`;
    const fix = `Give ${current} back to the version that serves: aws secretsmanager update-secret-version-stage --secret-id ${secret} --version-stage ${current} --move-to-version-id <version>`;
    return [amiss('broken', id, saw, fix)];
  } catch (error) {
    return [couldNotLook(id, error, { right, fix: `Look at the secret ${secret} in Secrets Manager.` })];
  }
};

const ofLeak = ({ keyId, acceptedAt, incidentId, credentialId }: Obligation, { ports, flags }: Surroundings): Seen => {
  const openSeconds = secondsBetween(acceptedAt, ports.clock.now());
  const isLate = openSeconds > incidentPolicy.proveWithinSeconds;
  const saw = `${keyId} has leaked and was not seen refused, for ${durationOf(openSeconds)} now.`;
  const fix =
    incidentId === null ? `keyturn status ${credentialId ?? ''}${flags}` : `keyturn incident ${incidentId}${flags}`;
  return amiss(isLate ? 'broken' : 'attention', credentialId ?? keyId, saw, fix);
};

const ofRotation = (credential: Credential, record: CredentialRecord, surroundings: Surroundings): readonly Seen[] => {
  const { id, target, window } = credential;
  const { ports, flags } = surroundings;
  const now = ports.clock.now();
  const rotation = record.rotation ?? null;
  if (rotation?.endedAs != null) {
    const { rotationId, endedAs } = rotation;
    const strategy = strategyOfProvider(target.provider);
    const next = nextOf({ outcome: endedAs, rotationId, credential: id, strategy }, flags);
    const saw = `The rotation ${rotationId} ended ${endedAs} and waits to be gone on with.`;
    const state = endedAs === 'CutOverOldLive' ? 'attention' : 'broken';
    return [amiss(state, id, saw, next ?? `keyturn show ${rotationId}${flags}`)];
  }
  // A run is at work. One that has stopped is found by reconcile, which has an alarm.
  if (rotation !== null) return [];
  const dueAt = dueInstant(credential, record.lastRotatedAt ?? null);
  if (dueAt === null) return [];
  const lateSeconds = secondsBetween(dueAt, now);
  if (lateSeconds > longOverdueSeconds || (lateSeconds > justDueSeconds && isOpen(window, now))) {
    const saw = `It has been due since ${timeOf(dueAt)}.`;
    return [
      amiss(lateSeconds > longOverdueSeconds ? 'broken' : 'attention', id, saw, rotate(credential, surroundings)),
    ];
  }
  return [];
};

const dueText = (credential: Credential, record: CredentialRecord): string => {
  if (record.rotation != null) return `when ${record.rotation.rotationId}, which is at work, has ended`;
  const dueAt = dueInstant(credential, record.lastRotatedAt ?? null);
  return dueAt === null ? 'now' : timeOf(dueAt);
};
