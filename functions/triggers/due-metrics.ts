import { count, type Metric } from '../domain/metric.ts';
import type { StartDueReport } from './start-due.ts';

/** How punctual a provider's rotations are: to be sent by each sweep, also when nothing is due. */
export const dueMetrics = ({ waiting, oldestWaitingSeconds, skipped }: StartDueReport): readonly Metric[] => [
  count('CredentialsDue', waiting),
  { name: 'OldestDueCredential', unit: 'Seconds', value: oldestWaitingSeconds },
  count('RotationsHeldBack', skipped.filter(({ reason }) => reason === 'paced').length),
];
