import type { Credential } from '../domain/credential.ts';
import type { KeyId, RotationId } from '../domain/identifiers.ts';
import type { Outcome, RotationRequest } from '../domain/rotation.ts';
import type { Answer, Call } from './call.ts';
import { CommandError } from './command-error.ts';
import { lineOf, timeOf } from './entry-line.ts';
import { tellOutcome } from './outcome-words.ts';
import type { Session } from './session.ts';
import { keyIdNow, summaryOf } from './summary.ts';

/**
 * Starts a rotation and, unless `--detach` is given, follows it to its end.
 *
 * @param keyToDie the key that it is to end, where that is known; else the one that serves
 */
export const startAndFollow = async (
  call: Call,
  session: Session,
  credential: Credential,
  request: RotationRequest,
  keyToDie: KeyId | null = request.leakedKeyId,
): Promise<Answer> => {
  const { rotationId, urgency } = request;
  const oldKeyId = keyToDie ?? (await keyIdNow(session, credential));
  call.ifInterrupted(howToGoOn(session, rotationId));
  const answer = await session.ports.executions.start(request);
  call.say(
    answer === 'started'
      ? `${rotationId}: ${urgency} rotation of ${credential.id} started.`
      : `${rotationId} was started before; this follows it.`,
  );
  if (call.arguments.switches.has('detach')) {
    sayHowItStands(call, session, rotationId);
    return { exitCode: 0, json: { rotationId, credential: credential.id, started: answer === 'started' } };
  }
  return follow(call, session, credential, request, oldKeyId);
};

/** For whoever does not follow it. */
export const sayHowItStands = (call: Call, { flags, running }: Session, rotationId: RotationId): void => {
  call.say(`To see how it stands: keyturn show ${rotationId}${flags}`);
  if (running !== null) call.say(`Nothing drives it until one does: keyturn resume ${rotationId}${flags}`);
};

export const follow = async (
  call: Call,
  session: Session,
  credential: Credential,
  request: Pick<RotationRequest, 'rotationId' | 'urgency'>,
  oldKeyId: string | null,
): Promise<Answer> => {
  call.ifInterrupted(howToGoOn(session, request.rotationId));
  const outcome = await untilEnded(call, session, credential, request.rotationId);
  const summary = await summaryOf(session, credential, request, outcome, oldKeyId);
  for (const line of tellOutcome(summary, session.flags)) call.say(line);
  return { exitCode: isSuccess(outcome) ? 0 : 1, json: summary };
};

/** As the workflows have it: these three are the states that succeed. */
const isSuccess = (outcome: Outcome | null): boolean =>
  outcome === 'Done' || outcome === 'SkippedBusy' || outcome === 'Superseded';

const unknownPolls = 60;

const untilEnded = async (
  call: Call,
  session: Session,
  credential: Credential,
  rotationId: RotationRequest['rotationId'],
): Promise<Outcome | null> => {
  const { ledger, executions } = session.ports;
  let shown = 0;
  let wait: string | null = null;
  const tick = async (): Promise<void> => {
    const entries = await ledger.entries(rotationId);
    for (const entry of entries.slice(shown)) call.say(lineOf(entry));
    shown = entries.length;
    const now = await session.waitOf(rotationId, credential);
    const text =
      now && `${now.state}: waits until ${timeOf(now.until)}${now.state === 'Overlap' ? '; both keys live' : ''}`;
    if (text !== null && text !== wait) call.say(`${timeOf(session.ports.clock.now())}  ${text}`);
    wait = text;
  };
  for (let unknown = 0; unknown < unknownPolls; ) {
    const { status, outcome } = await executions.look({ rotationId, provider: credential.target.provider });
    if (status === 'ended') {
      await tick();
      return outcome;
    }
    unknown = status === 'unknown' ? unknown + 1 : 0;
    await session.advance(tick);
  }
  throw new CommandError(
    {
      what: `${rotationId} cannot be found.`,
      why: 'It was started, and for a minute nobody knows of it.',
      changed: 'It may be at work all the same.',
      next: `keyturn show ${rotationId}${session.flags}`,
    },
    1,
  );
};

const howToGoOn = (
  { running, flags }: Session,
  rotationId: string,
): { readonly what: string; readonly next: string } => ({
  what: 'Interrupted. Nothing is lost: every step is on record, and no key is left unknown.',
  next:
    running === null
      ? `The rotation goes on without you. To see how it stands: keyturn show ${rotationId}${flags}`
      : `The rotation stands where it is until it is driven on: keyturn resume ${rotationId}${flags}`,
});
