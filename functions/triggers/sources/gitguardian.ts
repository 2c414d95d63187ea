import * as z from 'zod/mini';
import { leakHash } from '../../domain/identifiers.ts';
import type { CompromiseReport, Leak } from '../../domain/incident.ts';
import { harmless } from './harmless.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { reportedTime } from './reported-time.ts';

// https://docs.gitguardian.com/platform/configure-alerting/notifiers-integrations/custom-webhook and
// https://api.gitguardian.com/docs (1.1.0), read 2026-11. Never `share_url`: it opens the incident to whoever has it.

const incidentForm = z.object({
  id: z.int(),
  date: reportedTime,
  detector: z.object({ name: z.string() }),
  hmsl_hash: z.nullish(z.string()),
  validity: z.nullish(z.string()),
  /** In lower case by webhook, in upper case by the API. */
  status: z.nullish(z.string()),
  regression: z.nullish(z.boolean()),
  gitguardian_url: z.string(),
});
type Incident = z.infer<typeof incidentForm>;

const anyEvent = z.object({ source: z.literal('GitGuardian'), action: z.string() });
const incidentEvent = z.object({ action: z.string(), timestamp: reportedTime, incident: incidentForm });

const actions: readonly string[] = [
  'incident_triggered',
  'incident_reopened',
  'incident_regression',
  'incident_validity_changed',
];

/** What GitGuardian tells by its custom webhook. It sends once, and its test message quotes a key: nothing is kept. */
export const hearGitguardian = (body: unknown): Heard<CompromiseReport> => {
  const any = anyEvent.safeParse(body);
  // Its test message has a form of its own.
  if (!any.success) return ignored('not an event of an incident');
  if (!actions.includes(any.data.action)) return ignored('an action that tells of no new leak');
  const parsed = incidentEvent.safeParse(body);
  if (!parsed.success) return malformed(parsed.error);
  const { action, timestamp, incident } = parsed.data;
  if (action === 'incident_validity_changed' && incident.validity !== 'valid') {
    return ignored('the validity changed, and not to valid');
  }
  return heard(reportOf(incident, action === 'incident_reopened' ? `reopened ${timestamp}` : stateOf(incident)));
};

/** An incident as the API lists it. */
export const hearListedIncident = (listed: unknown): Heard<CompromiseReport> => {
  const parsed = incidentForm.safeParse(listed);
  if (!parsed.success) return malformed(parsed.error);
  const open = ['TRIGGERED', 'ASSIGNED'].includes(parsed.data.status?.toUpperCase() ?? '');
  return open ? heard(reportOf(parsed.data, stateOf(parsed.data))) : ignored('resolved or ignored');
};

/** The same by webhook and by the API, so that one state is one report. */
const stateOf = ({ validity, regression }: Incident): string =>
  ['open', ...(regression === true ? ['regression'] : []), ...(validity === 'valid' ? ['valid'] : [])].join(' ');

const reportOf = (incident: Incident, state: string): CompromiseReport => ({
  source: 'gitguardian',
  dedupeKey: `${incident.id} ${state}`,
  reference: harmless(incident.gitguardian_url),
  reason: `GitGuardian found a secret (${harmless(incident.detector.name)}); ${state}`,
  reportedAt: incident.date,
  leak: leakOf(incident),
});

const leakOf = ({ hmsl_hash }: Incident): Leak => {
  const hash = hmsl_hash?.toLowerCase() ?? '';
  if (/^[0-9a-f]{64}$/.test(hash)) return { kind: 'leak-hash', leakHash: leakHash(hash) };
  return { kind: 'unknown', why: 'GitGuardian sent no HasMySecretLeaked hash with the incident.' };
};
