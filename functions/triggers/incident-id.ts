import { createHash } from 'node:crypto';
import { type IncidentId, incidentId } from '../domain/identifiers.ts';
import type { CompromiseReport } from '../domain/incident.ts';

/**
 * `inc-<yyyymmdd>-<8 hex>`: the same report is the same incident, however often it is delivered.
 *
 * @param clash from 0; another report with the same id takes the next
 */
export const incidentIdOf = (
  { source, dedupeKey, reportedAt }: Pick<CompromiseReport, 'source' | 'dedupeKey' | 'reportedAt'>,
  clash = 0,
): IncidentId => {
  const text = `${source}${dedupeKey}${clash === 0 ? '' : ` ${clash}`}`;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return incidentId(`inc-${reportedAt.slice(0, 10).replaceAll('-', '')}-${digest}`);
};
