import { type Instant, type RotationId, secondsBetween } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import type { IncidentClock } from '../domain/incident-clock.ts';
import { leakWords, sourceWords } from '../domain/incident-words.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { OpenRotation } from '../domain/rotation.ts';
import { stepSentence, stepWords } from '../domain/step-sentence.ts';
import { durationOf } from '../domain/time-words.ts';
import type { JournalEntry, Ports } from '../ports.ts';

/** Something that was done, seen or decided. */
export type Event = {
  readonly at: Instant;
  /** The credential, or `incident`. */
  readonly where: string;
  readonly what: string;
};

/** How many ends of a credential's rotations are looked at: an incident with more has other troubles. */
const endsRead = 50;

/** What was done when, oldest first: the report, the decision, and each rotation that served one of its keys. */
export const incidentTimeline = async (
  ledger: Ports['ledger'],
  incident: Incident,
  obligations: readonly Obligation[],
  rotations: readonly OpenRotation[],
  { closedAt }: IncidentClock,
): Promise<readonly Event[]> => {
  const ids = new Set<RotationId>(rotations.map(({ rotationId }) => rotationId));
  for (const { rotationId, credentialId } of obligations) {
    if (rotationId !== null) ids.add(rotationId);
    if (credentialId === null) continue;
    const ends = await ledger.ends(credentialId, endsRead);
    for (const end of ends) if (isWithin(end, incident, closedAt)) ids.add(end.rotationId);
  }
  const journals = await Promise.all([...ids].map((id) => ledger.entries(id)));
  const events = [
    ...decisions(incident),
    ...journals.flatMap((entries) => withoutRepeats(entries.map((entry) => eventOf(entry)))),
  ];
  return events.sort((left, right) => (left.at === right.at ? 0 : left.at < right.at ? -1 : 1));
};

const isWithin = ({ at }: JournalEntry, { acceptedAt }: Incident, closedAt: Instant | null): boolean =>
  at >= acceptedAt && (closedAt === null || at <= closedAt);

const decisions = (incident: Incident): readonly Event[] => {
  const { reportedAt, acceptedAt, decidedAt, decidedBy, source, leak, state } = incident;
  const where = 'incident';
  return [
    { at: reportedAt, where, what: `${sourceWords[source]} reported ${leakWords(leak)}` },
    { at: acceptedAt, where, what: `taken in, ${durationOf(secondsBetween(reportedAt, acceptedAt))} after the report` },
    ...(decidedAt === null
      ? []
      : [
          {
            at: decidedAt,
            where,
            what: `${decidedBy ?? 'a person'} ${state === 'dismissed' ? 'dismissed' : 'approved'} it`,
          },
        ]),
  ];
};

const eventOf = (entry: JournalEntry): Event => {
  const { at, credentialId, step } = entry;
  const words =
    stepSentence(entry, 'emergency') ?? (step === 'end' ? `ended ${stepWords(entry)}` : `${step}: ${stepWords(entry)}`);
  return { at, where: credentialId, what: words };
};

/** A step that is tried again until it works says the same each time: the first one, and how often. */
const withoutRepeats = (events: readonly Event[]): readonly Event[] => {
  const kept: { event: Event; times: number }[] = [];
  for (const event of events) {
    const last = kept.at(-1);
    if (last?.event.what === event.what) last.times += 1;
    else kept.push({ event, times: 1 });
  }
  return kept.map(({ event, times }) => (times === 1 ? event : { ...event, what: `${event.what} (${times} times)` }));
};
