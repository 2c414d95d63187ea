import type { Incident } from '../domain/incident.ts';
import { type IncidentClock, incidentClock } from '../domain/incident-clock.ts';
import { leakWords, sourceWords } from '../domain/incident-words.ts';
import { durationOf, timeOf } from '../domain/time-words.ts';
import type { Run } from './call.ts';
import { readRegister, withSession } from './session.ts';
import { table } from './table.ts';

/** The incidents that are not over, oldest first; with `--all` every one on record. */
export const incidents: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), async ({ ports, flags }) => {
    const { ledger, clock: time } = ports;
    const obligations = await ledger.obligations('all');
    const now = time.now();
    const rows = (await ledger.incidents(null)).map((incident) => ({
      incident,
      clock: incidentClock(incident, obligations, [], now),
    }));
    const isAll = call.arguments.switches.has('all');
    const shown = rows.filter(({ clock }) => isAll || clock.state === 'waiting' || clock.state === 'open');
    if (shown.length === 0) {
      call.say(isAll ? 'None was reported so far.' : `None is open; ${rows.length} on record.`);
      return { exitCode: 0, json: { incidents: [] } };
    }
    const lines = table(
      [['INCIDENT', 'ACCEPTED', 'SOURCE', 'WHAT LEAKED', 'STATE', 'KEYS REFUSED', 'OVERDUE'], ...shown.map(cellsOf)],
      call.io.stdout,
    );
    for (const line of lines) call.say(line);
    const waiting = shown.find(({ clock }) => clock.state === 'waiting');
    if (waiting !== undefined) {
      const { incidentId } = waiting.incident;
      call.say(`To decide one: keyturn approve ${incidentId}${flags}, or keyturn dismiss ${incidentId}${flags}`);
    }
    call.say(`Its report: keyturn incident <incident>${flags}`);
    return {
      exitCode: 0,
      json: { incidents: shown.map(({ incident, clock }) => ({ ...incident, clock })) },
    };
  });

const cellsOf = ({
  incident,
  clock,
}: {
  readonly incident: Incident;
  readonly clock: IncidentClock;
}): readonly string[] => {
  const refused = clock.keys.filter((key) => key.refused !== null).length;
  const [late] = clock.overdue;
  return [
    incident.incidentId,
    timeOf(incident.acceptedAt),
    sourceWords[incident.source],
    leakWords(incident.leak),
    incident.state,
    `${refused} of ${clock.keys.length}`,
    late === undefined
      ? ''
      : `${late.what}, due ${durationOf((Date.parse(clock.acceptedAt) - Date.parse(late.dueAt)) / -1000)} after`,
  ];
};
