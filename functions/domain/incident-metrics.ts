import { type Instant, secondsBetween } from './identifiers.ts';
import { expiryOf, type Incident } from './incident.ts';
import { incidentClock, type KeyClock } from './incident-clock.ts';
import { count, type Metric } from './metric.ts';
import type { Obligation } from './obligation.ts';
import type { OpenRotation } from './rotation.ts';

/**
 * How things stand: to be sent by each run that looks, also when all is well, because an alarm waits for their absence.
 *
 * @param incidents those that somebody may still have to hear of
 * @param open the obligations whose key was not seen refused
 * @param rotations the open ones of their credentials
 */
export const standingMetrics = (
  incidents: readonly Incident[],
  open: readonly Obligation[],
  rotations: readonly OpenRotation[],
  now: Instant,
): readonly Metric[] => {
  const clocks = incidents.map((incident) => incidentClock(incident, open, rotations, now));
  const expiries = new Map(incidents.map((incident) => [incident.incidentId, expiryOf(incident)]));
  /** Nobody is late with a key that is to be replaced by a date, until that date. */
  const openSince = ({ incidentId, acceptedAt }: Obligation): Instant =>
    (incidentId && expiries.get(incidentId)) ?? acceptedAt;
  const among = (state: Incident['state']): number => incidents.filter((incident) => incident.state === state).length;
  return [
    count('EscalationRuns', 1),
    count('OpenObligations', open.length),
    {
      name: 'OldestOpenObligation',
      unit: 'Seconds',
      value: Math.max(0, ...open.map((obligation) => secondsBetween(openSince(obligation), now))),
    },
    count('AwaitingApproval', among('awaiting-approval')),
    count('ContainedOnly', among('contained-only')),
    count('OverdueIncidents', clocks.filter(({ overdue }) => overdue.length > 0).length),
  ];
};

/** What the keys of an incident took, once it is closed: to be sent once. What did not happen is left out. */
export const closingMetrics = (keys: readonly KeyClock[]): readonly Metric[] =>
  keys.flatMap(({ contained, firstRefused, replaced, refused, consumersMoved }) => [
    ...seconds('SecondsToContained', contained),
    ...seconds('SecondsToFirstRefused', firstRefused),
    ...seconds('SecondsToReplaced', replaced),
    ...seconds('SecondsToRefused', refused),
    ...seconds('SecondsToConsumersMoved', consumersMoved),
  ]);

const seconds = (name: string, reading: { readonly seconds: number } | null): readonly Metric[] =>
  reading === null ? [] : [{ name, unit: 'Seconds', value: reading.seconds }];
