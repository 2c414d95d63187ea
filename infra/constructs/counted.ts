import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

export interface CountedProps {
  /** Whose number it is; without it, that of all. */
  readonly provider?: string;
  /** Over each period; `Maximum` unless told. */
  readonly statistic?: string;
  /** The period; five unless told. */
  readonly minutes?: number;
}

/** A number that our own functions send (functions/shell/send-metrics.ts). A test holds the names to what they send. */
export const counted = (
  metricName: string,
  { provider, statistic = 'Maximum', minutes = 5 }: CountedProps = {},
): Metric =>
  new Metric({
    namespace: 'Keyturn',
    metricName,
    dimensionsMap: { service: 'keyturn', ...(provider && { provider }) },
    statistic,
    period: Duration.minutes(minutes),
  });
