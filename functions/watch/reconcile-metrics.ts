import { count, type Metric } from '../domain/metric.ts';
import type { ReconcileReport } from './reconcile.ts';

/** What a pass found at a provider: to be sent by each pass, also when it found nothing. */
export const reconcileMetrics = ({ found, heldBack }: ReconcileReport): readonly Metric[] => [
  count('Mended', found.filter(({ did }) => did !== null).length),
  // Not ours to touch, or in good hands.
  count('LeftAsFound', found.filter(({ did }) => did === null).length),
  // Each is a consumer that fails.
  count('CurrentKeysRefused', found.filter(({ part }) => part === 'heal').length),
  count('EmergenciesHeldBack', heldBack),
];
