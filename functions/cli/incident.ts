import { incidentId } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import { incidentClock } from '../domain/incident-clock.ts';
import { nextCommand } from '../domain/incident-words.ts';
import { quote } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import { openRotations } from '../triggers/open-rotations.ts';
import type { Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { htmlOf } from './html-of.ts';
import { incidentReport } from './incident-report.ts';
import { incidentTimeline } from './incident-timeline.ts';
import { markdownOf } from './markdown-of.ts';
import { readRegister, type Session, withSession } from './session.ts';

/** The report of an incident, for the record: Markdown, one HTML file, or JSON. */
export const incident: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), async (session) => {
    const { ledger, clock: time } = session.ports;
    const found = await findIncident(session, call.arguments.positionals[0]);
    const obligations = (await ledger.obligations('all')).filter((one) => one.incidentId === found.incidentId);
    const rotations = await openRotations(session.ports, obligations);
    const now = time.now();
    const clock = incidentClock(found, obligations, rotations, now);
    const command = nextCommand(found, clock, obligations, rotations);
    // Nobody who reads the report is helped by being told to read it.
    const running = rotations.find(({ endedAs }) => endedAs === null);
    const look = command?.startsWith('keyturn incident ')
      ? `keyturn ${running === undefined ? 'status' : `show ${running.rotationId}`}`
      : command;
    const next = look === null ? null : `${look}${session.flags}`;
    const timeline = await incidentTimeline(ledger, found, obligations, rotations, clock);
    const { switches } = call.arguments;
    if (!switches.has('json')) {
      const report = incidentReport({ incident: found, obligations, clock, timeline, next, now });
      call.say((switches.has('html') ? htmlOf(report) : markdownOf(report)).trimEnd());
    }
    return { exitCode: 0, json: { incident: found, clock, obligations, timeline, next, at: now } };
  });

const shownIncidents = 5;

/** @throws CommandError when there is none, with those that were probably meant */
export const findIncident = async ({ ports, flags }: Session, given: string | undefined): Promise<Incident> => {
  const id = incidentId(given ?? '');
  const found = await ports.ledger.incident(id);
  if (found !== null) return found.incident;
  const known = (await ports.ledger.incidents(null)).map((one) => one.incidentId);
  const near = nearest(id, known);
  throw new CommandError({
    what: `There is no incident ${quote(id)} on record.`,
    why:
      known.length === 0
        ? 'None was reported so far.'
        : `The latest ones are ${known.slice(-shownIncidents).reverse().join(', ')}.`,
    next: near === null ? `keyturn incidents --all${flags}` : `Perhaps you meant: keyturn incident ${near}${flags}`,
  });
};
