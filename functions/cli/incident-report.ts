import type { Instant } from '../domain/identifiers.ts';
import { expiryOf, type Incident } from '../domain/incident.ts';
import { type IncidentClock, type KeyClock, keyTimes, type Reading, reportTold } from '../domain/incident-clock.ts';
import { incidentPolicy } from '../domain/incident-policy.ts';
import { leakWords, overdueWords, proofWords, sourceWords, stateWords, timeWords } from '../domain/incident-words.ts';
import type { Obligation } from '../domain/obligation.ts';
import { durationOf, timeOf } from '../domain/time-words.ts';
import { holdsKey } from '../register/key-like.ts';
import type { Block, Text } from './document.ts';
import type { Event } from './incident-timeline.ts';

export interface IncidentFacts {
  readonly incident: Incident;
  readonly obligations: readonly Obligation[];
  readonly clock: IncidentClock;
  readonly timeline: readonly Event[];
  /** The one next command; null when there is nothing to do. */
  readonly next: string | null;
  readonly now: Instant;
}

/** The report for the record. The same facts make the same report. */
export const incidentReport = ({
  incident,
  obligations,
  clock,
  timeline,
  next,
  now,
}: IncidentFacts): readonly Block[] => {
  const { keys, overdue } = clock;
  return [
    { kind: 'title', text: `Incident ${incident.incidentId}: ${headWords(incident, clock)}` },
    { kind: 'paragraph', text: `As of ${timeOf(now)}. All times are in UTC.` },
    ...section('What was reported', fields(reported(incident, clock))),
    ...section(
      'The keys',
      keys.length === 0
        ? { kind: 'paragraph', text: noKeys(incident) }
        : {
            kind: 'table',
            head: ['Credential', 'Key', 'Provider', 'Account', 'Stands'],
            rows: keys.map((key) => [nameOf(key), { code: key.keyId }, key.provider, key.account, standsAt(key)]),
          },
    ),
    ...(keys.length === 0 ? [] : clockSection(incident, clock)),
    ...section(
      'Overdue',
      listOf(
        overdue.map((one) => `Since ${timeOf(one.dueAt)}: ${overdueWords(one)}.`),
        'Nothing.',
      ),
    ),
    ...(keys.length === 0
      ? []
      : section('The evidence that each key is refused', {
          kind: 'table',
          head: ['Key', 'Seen at', 'What was seen'],
          rows: obligations.map(({ keyId, refusedAt, evidence }) => [
            { code: keyId },
            refusedAt === null ? 'not yet' : timeOf(refusedAt),
            safe(evidence ?? 'It was not seen refused yet.'),
          ]),
        })),
    ...section('What was done', {
      kind: 'table',
      head: ['Time', 'Where', 'What'],
      rows: timeline.map(({ at, where, what }) => [timeOf(at), where, safe(what)]),
    }),
    ...section(
      'Who was told',
      incident.told.length === 0
        ? { kind: 'paragraph', text: 'Nobody yet.' }
        : {
            kind: 'table',
            head: ['Time', 'Who', 'What'],
            rows: incident.told.map(({ at, to, what }) => [timeOf(at), to, toldWords(what)]),
          },
    ),
    ...section('What is still open', listOf(stillOpen(incident, clock), 'Nothing.')),
    { kind: 'paragraph', text: next === null ? lastWords(incident, clock) : 'Next:' },
    ...(next === null ? [] : [{ kind: 'paragraph', text: { code: next } } as const]),
  ];
};

const section = (text: string, block: Block): readonly Block[] => [{ kind: 'heading', text }, block];

const fields = (rows: readonly (readonly [string, Text])[]): Block => ({ kind: 'table', head: ['', ''], rows });

const listOf = (items: readonly string[], none: string): Block =>
  items.length === 0 ? { kind: 'paragraph', text: none } : { kind: 'list', items };

const headWords = ({ state }: Incident, clock: IncidentClock): string => {
  switch (clock.state) {
    case 'waiting':
      return state === 'contained-only' ? 'contained, waits for approval' : 'waits for approval';
    case 'open':
      return 'open';
    case 'closed':
      return 'closed';
    case 'none':
      return state;
  }
};

const reported = (incident: Incident, { decided }: IncidentClock): readonly (readonly [string, Text])[] => {
  const { source, reference, reason, leak, proof, state, reportedAt, acceptedAt, containFirst, decidedBy } = incident;
  return [
    ['Reported by', sourceWords[source]],
    ['Where', safe(reference)],
    ['What', safe(leakWords(leak))],
    ['Why', safe(reason)],
    ['Proof', proofWords[proof]],
    ['Decision', stateWords[state]],
    ['Contain first', containFirst === null ? 'as each credential declares' : containFirst ? 'yes' : 'no'],
    ['Reported at', timeOf(reportedAt)],
    ['Accepted at', timeOf(acceptedAt)],
    ...(decided === null
      ? []
      : [['Decided', `by ${decidedBy ?? 'nobody named'} at ${timeOf(decided.at)}, ${afterWords(decided)}`] as const]),
  ];
};

/** Reports quote what people and scanners wrote; a key among it must not reach the record. */
const safe = (text: string): string => (holdsKey(text) ? '(withheld: it holds what looks like a key)' : text);

const noKeys = ({ state }: Incident): string =>
  state === 'accepted' ? 'Another report names its keys: the clock is with that one.' : 'None.';

const nameOf = ({ credentialId, account }: KeyClock): string => credentialId ?? `admin key of ${account}`;

const standsAt = ({ refused, contained, firstRefused, replaced }: KeyClock): string => {
  if (refused !== null) return 'seen refused';
  const stopped = contained ?? firstRefused;
  return [
    stopped === null ? 'live, as far as is known' : 'stopped, not proven',
    replaced === null ? '' : ', replaced',
  ].join('');
};

const clockSection = (incident: Incident, { keys, all }: IncidentClock): readonly Block[] => {
  const { containWithinSeconds, replaceWithinSeconds, proveWithinSeconds } = incidentPolicy;
  const expiresAt = expiryOf(incident);
  const cell = (reading: Reading | null): string => (reading === null ? '-' : durationOf(reading.seconds));
  return [
    ...section('The clock, from the acceptance of each key', {
      kind: 'table',
      head: ['Key', ...keyTimes.map((time) => timeWords[time])],
      rows: [
        ...keys.map((key) => [{ code: key.keyId }, ...keyTimes.map((time) => cell(key[time]))]),
        ...(keys.length === 1 ? [] : [['the last of all', ...keyTimes.map((time) => cell(all[time]))]]),
      ],
    }),
    {
      kind: 'paragraph',
      text:
        expiresAt === null
          ? `Policy: stopped within ${durationOf(containWithinSeconds)}, replaced within ${durationOf(replaceWithinSeconds)}, proven refused within ${durationOf(proveWithinSeconds)}.`
          : `It has not leaked: it is to be replaced and seen refused by ${timeOf(expiresAt)}.`,
    },
  ];
};

const afterWords = ({ seconds }: Reading): string => `${durationOf(seconds)} after the acceptance`;

const toldWords = (what: string): string => {
  const state = Object.entries(stateWords).find(([name]) => name === what);
  if (state !== undefined) return state[1];
  if (what === 'closed') return 'every key was seen refused; the report is ready';
  if (what === 'report') return 'the report, while it was still open';
  return what.startsWith('call ') ? `${what}: nobody had acted` : what;
};

const stillOpen = (incident: Incident, clock: IncidentClock): readonly string[] => [
  ...(clock.state === 'waiting' ? [`Somebody has to decide: it ${stateWords[incident.state]}.`] : []),
  ...clock.keys
    .filter(({ refused }) => refused === null)
    .map((key) => `${nameOf(key)}: ${key.keyId} is not seen refused${key.replaced === null ? ', nor replaced' : ''}.`),
  ...(owesReport(incident, clock)
    ? [`The report is to be with the security lead by ${timeOf(clock.reportDueAt)}.`]
    : []),
];

const owesReport = ({ told }: Incident, { state }: IncidentClock): boolean =>
  state !== 'none' && !told.some(({ what }) => reportTold.some((report) => report === what));

const lastWords = (incident: Incident, clock: IncidentClock): string =>
  owesReport(incident, clock)
    ? `Next: send this report to the security lead by ${timeOf(clock.reportDueAt)}. Nothing else is left to do.`
    : 'There is nothing left to do.';
