import { type Instant, secondsBetween } from '../domain/identifiers.ts';
import { expiryOf, type Incident } from '../domain/incident.ts';
import { type IncidentClock, incidentClock, reportTold } from '../domain/incident-clock.ts';
import { closingMetrics, standingMetrics } from '../domain/incident-metrics.ts';
import { callDue, incidentPolicy } from '../domain/incident-policy.ts';
import { count, type Metric } from '../domain/metric.ts';
import type { Ports } from '../ports.ts';
import type { Telling } from '../triggers/incident-notice.ts';
import { openRotations } from '../triggers/open-rotations.ts';
import { tell } from '../triggers/tell.ts';
import { adoptObligations } from './adopt-obligations.ts';

export type Escalated = {
  /** How many notices were sent. */
  readonly told: number;
  /** How things stand, and what those that closed took; to be sent by whoever runs this. */
  readonly metrics: readonly Metric[];
  /** Why incidents could not be told of; empty when all went well. */
  readonly failed: readonly { readonly incidentId: string; readonly why: string }[];
};

/** How many notices one run sends, about: a flood of reports must not be a flood of pages, and the next run goes on. */
const noticesOfARun = 50;

/** Which to tell of first, when there are more than one run may tell of. */
const order: readonly Incident['state'][] = ['contained-only', 'accepted', 'awaiting-approval'];

/**
 * Looks at every incident that is not over and tells whoever has to hear of it now: of a decision that nobody was told
 * of yet, of what is overdue, of a report that is due, of the end. What was told is remembered in the incident, so
 * another run tells nobody twice, and what a run missed the next one makes up for.
 *
 * A call is late by at most the time between two runs. That runs happen at all is told by the metric `EscalationRuns`,
 * which each one gives: its absence is the alarm.
 *
 * @throws Fault when the incidents or obligations cannot be read: nothing is known then, and nobody was told
 */
export const escalate = async (ports: Pick<Ports, 'clock' | 'ledger' | 'notices' | 'register'>): Promise<Escalated> => {
  await adoptObligations(ports);
  const incidents = (await ports.ledger.incidents(null))
    .filter((incident) => !isOver(incident))
    .sort((left, right) => order.indexOf(left.state) - order.indexOf(right.state));
  // The closed ones are wanted for the last word on an incident only.
  const obligations = await ports.ledger.obligations(incidents.length === 0 ? 'open' : 'all');
  const open = obligations.filter(({ refusedAt }) => refusedAt === null);
  const rotations = await openRotations(ports, open);
  const now = ports.clock.now();
  const failed: Escalated['failed'][number][] = [];
  const closing: Metric[] = [];
  let told = 0;
  let heldBack = 0;
  for (const incident of incidents) {
    if (told >= noticesOfARun) {
      heldBack += 1;
      continue;
    }
    const own = obligations.filter(({ incidentId }) => incidentId === incident.incidentId);
    const clock = incidentClock(incident, own, rotations, now);
    try {
      for (const telling of tellings(incident, clock, now)) {
        const sent = await tell(ports, incident, own, telling);
        told += sent;
        // What had weeks for it says nothing about how fast an emergency goes.
        if (telling === 'closed' && sent > 0 && expiryOf(incident) === null)
          closing.push(...closingMetrics(clock.keys));
      }
    } catch (error) {
      failed.push({ incidentId: incident.incidentId, why: error instanceof Error ? error.message : 'unknown' });
    }
  }
  const standing = standingMetrics(incidents, open, rotations, now);
  return { told, metrics: [...standing, count('IncidentsHeldBack', heldBack), ...closing], failed };
};

/** What is to be told now, if it was not told before. */
const tellings = (incident: Incident, clock: IncidentClock, now: Instant): readonly Telling[] => {
  // The report is not asked for again: it is sent, here.
  const [worst] = clock.overdue.filter(({ what }) => what !== 'report');
  const call = worst === undefined ? 0 : callDue(secondsBetween(worst.dueAt, now));
  const { reportAheadSeconds } = incidentPolicy;
  const isReportDue = clock.state !== 'none' && secondsBetween(now, clock.reportDueAt) <= reportAheadSeconds;
  const isReported = incident.told.some(({ what }) => reportTold.some((report) => report === what));
  return [
    incident.state,
    ...(clock.state === 'closed' ? (['closed'] as const) : []),
    ...(call > 0 ? [`call ${call}` as const] : []),
    ...(clock.state !== 'closed' && isReportDue && !isReported ? (['report'] as const) : []),
  ];
};

/** Nothing is to be done, or everybody knows that it is done. That a report names no key is told once, where it came in. */
const isOver = ({ state, told }: Incident): boolean =>
  state === 'noted' || state === 'dismissed' || told.some(({ what }) => what === 'closed');
