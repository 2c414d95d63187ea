import {
  decideRecordOutcome,
  type RecordOutcomeDecision,
  type RecordOutcomeView,
} from '../domain/decisions/record-outcome.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import type { Instant } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import {
  type CredentialRecord,
  end,
  type OpenRotation,
  type Outcome,
  park,
  type RotationRequest,
  type StoredKey,
} from '../domain/rotation.ts';
import type { Notice, Ports } from '../ports.ts';
import { acceptObligation } from './accept-obligation.ts';
import { readCurrent } from './current-key.ts';
import { replace } from './hold.ts';
import { recordEnd } from './record-end.ts';
import type { Step } from './step.ts';

type Input = RotationRequest & {
  readonly outcome: Outcome;
  readonly rolledBack?: boolean;
  readonly fault?: { readonly name: string; readonly detail: string };
  /** What Contain has seen; not there when it did not run, or its outcome is unknown. */
  readonly containedAt?: Instant;
  readonly firstRefusedAt?: Instant | null;
};
type View = RecordOutcomeView & { readonly record: CredentialRecord; readonly revision: number };

/** Writes how the rotation ended when it did not end `Done`, frees the lease, and tells the owner what is next. */
export const recordOutcome: Step<Input, View, RecordOutcomeDecision, JsonObject> = {
  name: 'record-outcome',

  async observe(input, ports) {
    const { record, revision } = await ports.ledger.read(input.credentialId);
    const held = record.rotation !== null && guard('own-lease', record.lease?.rotationId === input.rotationId);
    return {
      record,
      revision,
      outcome: input.outcome,
      held,
      wasDone: !held && !guard('ends-once', !(await wasDone(record, input, ports))),
      rolledBack: input.rolledBack === true,
      urgency: record.rotation?.urgency ?? input.urgency,
      oldKeyDead: record.rotation?.old === null || record.rotation?.oldKeyProof != null,
    };
  },

  decide: decideRecordOutcome,

  async act(decision, { record, revision }, input, ports) {
    const { outcome, leakedKeyId } = input;
    const at = ports.clock.now();
    if (decision.kind === 'was-done') {
      await recordEnd(ports, input, 'Done', at, 'recorded again: another run had begun meanwhile');
      return { outcome: 'Done', endedAt: at };
    }
    const { rotation } = record;
    // A run that failed before Begin could write it down: without this nobody would know that the key must die.
    const owesNothing = guard('obligation-outlives-its-run', input.urgency !== 'emergency');
    if (!owesNothing && leakedKeyId !== null) await acceptObligation(ports, input, leakedKeyId, input);
    if (rotation !== null && decision.kind === 'park') await replace(ports, park(record, outcome, at), revision);
    if (rotation !== null && decision.kind === 'close') {
      const serves = await servingKey(rotation, ports);
      // Where nobody can say what serves, RollBack's word counts.
      const isAsBefore = serves === undefined && input.rolledBack === true && outcome !== 'Superseded';
      await replace(ports, end(record, outcome, at, serves, isAsBefore ? rotation.old : null), revision);
    }
    await recordEnd(
      ports,
      input,
      outcome,
      at,
      input.fault === undefined ? '' : `${input.fault.name}: ${input.fault.detail}`,
    );
    if (outcome !== 'Superseded' || decision.kind === 'park') {
      const contact = rotation?.credential.owner.contact ?? '';
      await ports.notices.send(noticeOf(input, contact));
    }
    return { outcome, endedAt: at };
  },
};

/** The record tells of the last run that ended; of those before it, the journal, which Begin has completed. */
const wasDone = async ({ lastEnded }: CredentialRecord, { rotationId }: Input, ports: Ports): Promise<boolean> =>
  lastEnded?.rotationId === rotationId
    ? lastEnded.outcome === 'Done'
    : (await ports.ledger.entries(rotationId)).some(({ step, event }) => step === 'end' && event === 'Done');

/** The key that serves; undefined when it cannot be read, which must not keep the end from being recorded. */
export const servingKey = async ({ credential, old }: OpenRotation, ports: Ports): Promise<StoredKey | undefined> => {
  try {
    const { current } = await readCurrent(ports, credential);
    if (current === null) return undefined;
    const { versionId } = current;
    // A version that a person wrote does not tell its key; the rotation knows it when it began from there.
    const keyId = versionId === old?.versionId ? old.keyId : current.keyId;
    return keyId === null ? undefined : { keyId, versionId };
  } catch (error) {
    // The sweep looks again, and revokes nothing while it cannot see who serves.
    if (error instanceof Fault) return undefined;
    throw error;
  }
};

export const noticeOf = (
  input: Pick<Input, 'rotationId' | 'credentialId' | 'outcome' | 'fault' | 'containedAt'>,
  contact: string,
): Notice => {
  const { rotationId, credentialId, outcome, fault } = input;
  const why = fault === undefined ? '' : `Why: ${fault.name}: ${fault.detail}`;
  const told: Record<Outcome, readonly [Notice['severity'], string, string]> = {
    Done: ['information', 'was rotated', ''],
    SkippedBusy: ['information', 'is being rotated already', ''],
    Superseded: ['information', 'was taken over by another', ''],
    RolledBack: [
      'action-needed',
      'was not rotated; the old key serves as before',
      `Look at what happened: keyturn show ${rotationId}`,
    ],
    CutOverOldLive: [
      'action-needed',
      'serves its new key, and the old one is not seen refused yet',
      `Go on: keyturn resume ${rotationId}`,
    ],
    ContainedNoReplacement: [
      'page',
      input.containedAt === undefined
        ? 'has no replacement for its leaked key, and nobody has seen that one stopped'
        : 'has its leaked key stopped, and no replacement',
      `Consumers fail until there is one. Go on: keyturn resume ${rotationId}`,
    ],
    Escalated: ['page', 'needs a person', `When it is mended: keyturn resume ${rotationId}`],
  };
  const [severity, subject, next] = told[outcome];
  return {
    credentialId,
    rotationId,
    severity,
    contact,
    subject: `${credentialId} ${subject}`,
    text: [why, next].join('\n').trim(),
  };
};
