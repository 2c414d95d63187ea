import { count, type Metric } from '../domain/metric.ts';
import type { SweptKey } from './sweep-strays.ts';

/** Live keys of a provider that nobody needs: to be sent by each sweep, also when there are none. */
export const strayMetrics = (keys: readonly SweptKey[]): readonly Metric[] => [
  count('StraysRevoked', keys.filter(({ revoked }) => revoked).length),
  count('StraysLeft', keys.filter(({ found, revoked }) => found === 'stray' && !revoked).length),
  // Anybody's, also another deployment's: told, and never touched.
  count('UnknownKeys', keys.filter(({ found }) => found === 'unknown' || found === 'not-in-our-ledger').length),
];
