import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Metric } from '../domain/incident-metrics.ts';

/**
 * Sends numbers to CloudWatch as one line of Embedded Metric Format on stdout, in the namespace `Keyturn`. The one
 * dimension, `service`, is always `keyturn`: an alarm names it, and no secret is named.
 */
export const sendMetrics = (metrics: readonly Metric[]): void => {
  const sender = new Metrics({ namespace: 'Keyturn', serviceName: 'keyturn' });
  // The same name again is one more value of it.
  for (const { name, unit, value } of metrics) sender.addMetric(name, unit, value);
  sender.publishStoredMetrics();
};
