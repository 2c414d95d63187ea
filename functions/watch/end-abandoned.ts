import { type AbandonedRunDecision, decideAbandonedRun } from '../domain/decisions/abandoned-run.ts';
import { type CredentialId, type Instant, type RotationId, secondsBetween } from '../domain/identifiers.ts';
import { type CredentialRecord, end, type Lease, type OpenRotation, type Outcome, park } from '../domain/rotation.ts';
import { recordEnd } from '../steps/record-end.ts';
import { noticeOf, servingKey } from '../steps/record-outcome.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { lanes, type Part, type Pass, toLookAt } from './pass.ts';

const part = 'abandoned-runs';

/**
 * A run that has ended and could not say so, with its lease: its end is recorded, people are told, and what it left is
 * freed for `startDue`, or the next emergency, to take up.
 */
export const endAbandoned: Part = async (pass) => {
  const { options } = pass;
  const isElsewhere = ({ rotation }: CredentialRecord): boolean =>
    rotation !== null && options.provider !== null && rotation.credential.target.provider !== options.provider;
  const records = (await pass.records()).filter((record) => !isElsewhere(record));
  await inGroups(toLookAt(records, pass), lanes, async ({ credentialId, lease, rotation, lastEnded }) => {
    if (lease !== null && rotation !== null) {
      await pass.alone(part, credentialId, () => endOne(credentialId, pass));
    } else if (lastEnded !== null && isRecent(lastEnded.at, pass)) {
      await pass.alone(part, credentialId, () => tellOfEnd(credentialId, lastEnded, rotation, pass));
    }
  });
};

const endOne = async (credentialId: CredentialId, pass: Pass): Promise<void> => {
  const { ports, options, tell } = pass;
  const { record, revision } = await ports.ledger.read(credentialId);
  const { lease, rotation } = record;
  if (lease === null || rotation === null) return;
  const decision = await decide(lease, rotation, pass);
  if (decision.kind === 'leave') return;
  const { rotationId } = lease;
  const { outcome } = decision;
  const told = { part, subject: credentialId, found: `${rotationId} has ended ${outcome} and kept its lease` } as const;
  if (options.dryRun) {
    tell({ ...told, did: null });
    return;
  }
  const next = await ended(record, decision, pass);
  // Lost to another writer, who has looked as well.
  if (!(await ports.ledger.replace(next, revision))) return;
  await tellPeople({ rotationId, credentialId, outcome }, rotation, pass);
  tell({ ...told, did: 'recorded its end and freed the credential' });
};

/** The record of an end is two writes and a notice; a run that lost the ledger in between made only the first. */
const tellOfEnd = async (
  credentialId: CredentialId,
  { rotationId, outcome }: NonNullable<CredentialRecord['lastEnded']>,
  rotation: OpenRotation | null,
  pass: Pass,
): Promise<void> => {
  const entries = await pass.ports.ledger.entries(rotationId);
  if (entries.some(({ step }) => step === 'end')) return;
  const did = pass.options.dryRun ? null : 'added it, and told people';
  if (did !== null) await tellPeople({ rotationId, credentialId, outcome }, rotation, pass);
  pass.tell({ part, subject: credentialId, found: `the journal lacks the end of ${rotationId}`, did });
};

const tellPeople = async (
  run: { readonly rotationId: RotationId; readonly credentialId: CredentialId; readonly outcome: Outcome },
  rotation: OpenRotation | null,
  { ports }: Pass,
): Promise<void> => {
  await recordEnd(ports, run, run.outcome, ports.clock.now(), detail);
  const { owner } = rotation?.credential ?? (await ports.register.credential(run.credentialId)) ?? { owner: null };
  await ports.notices.send(noticeOf(run, owner?.contact ?? ''));
};

/** Old enough that nobody is about to write it, and young enough not to be asked for for ever. */
const isRecent = (at: Instant, { ports: { clock }, options }: Pass): boolean => {
  const ageSeconds = secondsBetween(at, clock.now());
  return ageSeconds >= options.letCallsLandSeconds && ageSeconds < 7 * 86_400;
};

const detail = 'recorded by reconcile: the run ended without recording it';

const decide = async (
  lease: Lease,
  rotation: OpenRotation,
  { ports, options }: Pass,
): Promise<AbandonedRunDecision> => {
  const { provider } = rotation.credential.target;
  const { status, outcome } = await ports.executions.look({ rotationId: lease.rotationId, provider });
  return decideAbandonedRun({
    owner: status,
    outcome,
    leaseAgeSeconds: secondsBetween(lease.takenAt, ports.clock.now()),
    graceSeconds: options.letCallsLandSeconds,
    rotation,
  });
};

const ended = async (
  record: CredentialRecord,
  decision: Exclude<AbandonedRunDecision, { kind: 'leave' }>,
  { ports }: Pass,
): Promise<CredentialRecord> => {
  const at = ports.clock.now();
  const { rotation } = record;
  if (rotation === null) return record;
  if (decision.kind === 'close') {
    const serves = await servingKey(rotation, ports);
    const isAsBefore = serves === undefined && decision.outcome === 'RolledBack';
    return end(record, decision.outcome, at, serves, isAsBefore ? rotation.old : null);
  }
  const parked = park(record, decision.outcome, at);
  // What nobody said is not held against it: it is taken up without a person.
  return decision.said ? parked : { ...parked, rotation: { ...rotation, endedAs: null } };
};
