import type { Incident } from '../domain/incident.ts';
import { startObligations } from '../triggers/start-obligations.ts';
import type { Answer, Call } from './call.ts';
import { clockLines, readClock } from './clock-lines.ts';
import { containWaiting } from './contain-waiting.ts';
import { emergencyOptions } from './emergency-options.ts';
import type { Session } from './session.ts';

/**
 * Starts the runs of an accepted incident as fast as its providers allow, and follows them. Interrupted, it is gone on
 * with by the same command: what is to be done is on record.
 */
export const followIncident = async (call: Call, session: Session, incident: Incident): Promise<Answer> => {
  const { ports, flags, register } = session;
  const { incidentId } = incident;
  call.ifInterrupted({
    what: 'Interrupted. Nothing is lost: every key of it is on record, and must be seen refused.',
    next: `Go on with it: keyturn approve ${incidentId}${flags}`,
  });
  const credentials = new Map(register.credentials.map((credential) => [credential.id, credential]));
  const stopped = await containWaiting(incident, credentials, ports, emergencyOptions(session));
  if (stopped > 0)
    call.say(
      stopped === 1
        ? '1 key is stopped; its replacement follows.'
        : `${stopped} keys are stopped; their replacement follows.`,
    );
  let shown = '';
  for (;;) {
    const { closed, running, waiting, stuck } = await startObligations(
      incident,
      credentials,
      ports,
      emergencyOptions(session),
    );
    const line = `${closed} of ${closed + running + waiting + stuck.length} keys seen refused; ${running} at work, ${waiting} waiting${stuck.length === 0 ? '' : `, ${stuck.length} stopped`}`;
    if (line !== shown) call.say(line);
    shown = line;
    if (running + waiting === 0 || call.arguments.switches.has('detach')) {
      const clock = await readClock(session, incident, []);
      for (const text of clockLines(clock, call.io.stdout)) call.say(text);
      for (const { rotationId, credentialId } of stuck) {
        call.say(`${credentialId ?? ''} stopped before its end: keyturn resume ${rotationId ?? ''}${flags}`);
      }
      if (running + waiting > 0) call.say(`To go on: keyturn approve ${incidentId}${flags}`);
      return {
        exitCode: stuck.length === 0 ? 0 : 1,
        json: { incidentId, closed, running, waiting, stuck: stuck.map(({ keyId }) => keyId), clock },
      };
    }
    await session.advance(() => Promise.resolve());
  }
};
