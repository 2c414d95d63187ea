import { secondsBetween } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import { type IncidentClock, incidentClock, keyTimes, type Reading } from '../domain/incident-clock.ts';
import { timeWords } from '../domain/incident-words.ts';
import type { Obligation } from '../domain/obligation.ts';
import { durationOf, timeOf } from '../domain/time-words.ts';
import { openRotations } from '../triggers/open-rotations.ts';
import type { Output } from './io.ts';
import type { Session } from './session.ts';
import { table } from './table.ts';

/** The measured times of an incident, read afresh; keys that an earlier report had named are among them. */
export const readClock = async (
  { ports }: Session,
  incident: Incident,
  keys: readonly Pick<Obligation, 'keyId' | 'target'>[],
): Promise<IncidentClock> => {
  const all = await ports.ledger.obligations('all');
  const named = keys.flatMap((key) => {
    const reports = all.filter(({ keyId, target }) => key.keyId === keyId && key.target.account === target.account);
    // Of one that was reported again after its proof, the report that counts now.
    return reports.toSorted((left, right) => (left.acceptedAt < right.acceptedAt ? -1 : 1)).slice(-1);
  });
  const obligations = [...new Set([...all.filter(({ incidentId }) => incidentId === incident.incidentId), ...named])];
  const rotations = await openRotations(ports, obligations);
  const own = obligations.map((obligation) => ({ ...obligation, incidentId: incident.incidentId }));
  return incidentClock(incident, own, rotations, ports.clock.now());
};

/** One key: a line for each time. Many: a line for each key. Seconds count from the acceptance. */
export const clockLines = (clock: IncidentClock, output: Output): readonly string[] => {
  const [only, another] = clock.keys;
  if (another === undefined) {
    return [
      'The clock, from the acceptance:',
      ...table(
        [
          ['  reported', beforeWords(clock), timeOf(clock.reportedAt)],
          ['  accepted', '0.0 s', timeOf(clock.acceptedAt)],
          ...keyTimes.map((time) => [`  ${timeWords[time]}`, ...cellsOf(only?.[time] ?? null)]),
        ],
        output,
      ),
    ];
  }
  return [
    'The clock, from the acceptance:',
    ...table(
      [
        ['  KEY', 'CREDENTIAL', ...keyTimes.map((time) => timeWords[time].toUpperCase())],
        ...[...clock.keys, { ...clock.all, keyId: 'all of them', credentialId: null }].map((key) => [
          `  ${key.keyId}`,
          key.credentialId ?? '',
          ...keyTimes.map((time) => cellsOf(key[time])[0] ?? ''),
        ]),
      ],
      output,
    ),
  ];
};

const beforeWords = ({ reportedAt, acceptedAt }: IncidentClock): string => {
  const before = durationOf(secondsBetween(reportedAt, acceptedAt));
  return reportedAt === acceptedAt ? before : `-${before}`;
};

const cellsOf = (reading: Reading | null): readonly string[] =>
  reading === null ? ['-'] : [durationOf(reading.seconds), timeOf(reading.at)];
