import type { Credential } from '../domain/credential.ts';
import type { KeyId, RotationId } from '../domain/identifiers.ts';
import type { CredentialRecord, OpenRotation } from '../domain/rotation.ts';
import { rotationRequest } from '../triggers/request.ts';
import { askToGoOn } from './ask.ts';
import type { Answer, Call, Run } from './call.ts';
import { checkAdminKey } from './check-admin-key.ts';
import { CommandError } from './command-error.ts';
import { timeOf } from './entry-line.ts';
import { type FoundRotation, findRotation } from './find-rotation.ts';
import { follow, startAndFollow } from './follow.ts';
import { readRegister, type Session, withSession } from './session.ts';

/** Goes on with a rotation that stopped, in a new run that looks first. */
export const resume: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), async (session) => {
    const [given] = call.arguments.positionals;
    return given === undefined
      ? resumeAll(call, session)
      : takeUp(call, session, await findRotation(session, given), false);
  });

/** The same, with a person's word that the old key may die although it is in use. */
export const approveRotation = async (call: Call, session: Session): Promise<Answer> =>
  takeUp(call, session, await findRotation(session, call.arguments.positionals[0]), true);

const takeUp = async (call: Call, session: Session, found: FoundRotation, approved: boolean): Promise<Answer> => {
  const { ports, flags } = session;
  const left = leftOf(found, session);
  if (left === null) throw nothingToResume(found, flags);
  const { credential } = left;
  const owner = found.record?.lease?.rotationId ?? found.rotationId;
  const { status } = await ports.executions.look({ rotationId: owner, provider: credential.target.provider });
  if (status === 'running') {
    if (approved || session.running === null) throw atWork(owner, flags);
    call.say(`${owner} had not ended; this drives it on.`);
    return follow(call, session, credential, { rotationId: owner, urgency: left.urgency }, left.oldKeyId);
  }
  await checkAdminKey(session, credential);
  if (approved) {
    call.say(
      `Approving means: ${left.oldKeyId ?? 'the old key'} may die although it is in use. Whoever still uses it fails from then on.`,
    );
    await askToGoOn(call, `Let the old key of ${credential.id} die?`);
  }
  const isEmergency = left.urgency === 'emergency';
  const request = rotationRequest({
    credential,
    urgency: left.urgency,
    requestKey: `resume/${call.io.newId()}`,
    at: ports.clock.now(),
    reason: `${approved ? 'approved' : 'resumed'} on the command line; takes up ${found.rotationId}`,
    // What was contained stays so: the run must know that there is no way back.
    containFirst: isEmergency && left.contained,
    leakedKeyId: isEmergency ? left.oldKeyId : null,
    approved,
    letCallsLandSeconds: session.letCallsLandSeconds,
  });
  return startAndFollow(call, session, credential, request, left.oldKeyId);
};

interface Left {
  readonly credential: Credential;
  readonly urgency: OpenRotation['urgency'];
  readonly oldKeyId: KeyId | null;
  readonly contained: boolean;
}

/**
 * What it left behind: an open rotation; a compromised key that nobody has seen refused; or, when it was rolled back
 * for want of a person, the wish to rotate.
 */
const leftOf = (
  { rotationId, credentialId, record, obligations }: FoundRotation,
  { register }: Session,
): Left | null => {
  const open = record?.rotation;
  if (open?.rotationId === rotationId) {
    const { credential, urgency, old, containedAt } = open;
    return { credential, urgency, oldKeyId: old?.keyId ?? null, contained: containedAt !== null };
  }
  const [obligation] = obligations;
  const credential = register.credentials.find(({ id }) => id === credentialId);
  if (credential === undefined) return null;
  if (obligation === undefined) {
    const { lastEnded } = record ?? {};
    const isEscalated = open === null && lastEnded?.rotationId === rotationId && lastEnded.outcome === 'Escalated';
    return isEscalated ? { credential, urgency: 'scheduled', oldKeyId: null, contained: false } : null;
  }
  return {
    credential: { ...credential, target: obligation.target },
    urgency: 'emergency',
    oldKeyId: obligation.keyId,
    contained: obligation.containedAt !== null,
  };
};

const nothingToResume = ({ rotationId, credentialId, record, entries }: FoundRotation, flags: string): CommandError => {
  const end = entries.find(({ step }) => step === 'end');
  const open = record?.rotation;
  return new CommandError({
    what: `There is nothing to resume of ${rotationId}.`,
    why:
      end === undefined ? 'It left nothing open.' : `It ended ${end.event} at ${timeOf(end.at)} and left nothing open.`,
    next:
      open == null
        ? `To rotate ${credentialId} again: keyturn rotate ${credentialId}${flags}`
        : `Another rotation of ${credentialId} is open: keyturn ${open.endedAs === null ? 'show' : 'resume'} ${open.rotationId}${flags}`,
  });
};

const atWork = (rotation: RotationId, flags: string): CommandError =>
  new CommandError({
    what: `${rotation} is at work.`,
    why: 'It has not stopped, so there is nothing to take up.',
    next: `To see how it stands: keyturn show ${rotation}${flags}`,
  });

const stopped = ({ rotation, lastEnded }: CredentialRecord): readonly NonNullable<CredentialRecord['lastEnded']>[] =>
  lastEnded !== null && (rotation === null ? lastEnded.outcome === 'Escalated' : rotation.endedAs !== null)
    ? [lastEnded]
    : [];

/** On one machine: drives on what was running when the process ended. */
const resumeAll = async (call: Call, session: Session): Promise<Answer> => {
  const { ports, running, flags, register } = session;
  const records = await ports.ledger.all();
  const names = running === null ? [] : await running();
  if (names.length === 0) {
    const parked = records.flatMap(stopped);
    throw new CommandError({
      what: 'There is nothing to resume.',
      why:
        running === null
          ? 'On AWS, rotations run by themselves; one that stopped is resumed by its id.'
          : 'No rotation was running when the process ended.',
      next:
        parked.length === 0
          ? `keyturn status${flags}`
          : `These stopped and wait: ${parked.map(({ rotationId, outcome }) => `${rotationId} (${outcome})`).join(', ')}. keyturn resume <rotation>${flags}`,
    });
  }
  const answers: Answer[] = [];
  for (const name of names) {
    const record = records.find(({ rotation, lease }) => rotation?.rotationId === name || lease?.rotationId === name);
    const credential = record?.rotation?.credential ?? register.credentials.find(({ id }) => name.startsWith(`${id}-`));
    if (credential === undefined) continue;
    call.say(`${name} had not ended; this drives it on.`);
    const urgency = record?.rotation?.urgency ?? 'scheduled';
    answers.push(
      await follow(call, session, credential, { rotationId: name, urgency }, record?.rotation?.old?.keyId ?? null),
    );
  }
  return {
    exitCode: answers.every(({ exitCode }) => exitCode === 0) ? 0 : 1,
    json: { rotations: answers.map(({ json }) => json) },
  };
};
