import { milliseconds } from '../domain/identifiers.ts';
import type { Metric } from '../domain/metric.ts';
import { systemClock } from './system-clock.ts';

type Dimensions = Readonly<Record<string, string>>;

/**
 * As many metrics, and as many values of one, as a line may hold:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html, 2026-11
 */
const mostInOneLine = 100;

/**
 * Sends numbers to CloudWatch as a line of Embedded Metric Format on stdout, in the namespace `Keyturn`. The
 * dimension `service` is always `keyturn`: an alarm names it, and no secret is named.
 *
 * @param provider whose numbers they are; without it, those of all
 */
export const sendMetrics = (metrics: readonly Metric[], provider?: string): void => {
  const dimensions = { service: 'keyturn', ...(provider !== undefined && { provider }) };
  for (let first = 0; first < metrics.length; first += mostInOneLine) {
    const line = lineOf(metrics.slice(first, first + mostInOneLine), dimensions);
    // Not by the console: Lambda's runtime would put the line into one of its own, and CloudWatch not find it there.
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
};

const lineOf = (metrics: readonly Metric[], dimensions: Dimensions): object => {
  const units = new Map(metrics.map(({ name, unit }) => [name, unit]));
  const valuesOf = (wanted: string) => metrics.filter(({ name }) => name === wanted).map(({ value }) => value);
  return {
    _aws: {
      Timestamp: milliseconds(systemClock.now()),
      CloudWatchMetrics: [
        {
          Namespace: 'Keyturn',
          Dimensions: [Object.keys(dimensions)],
          Metrics: [...units].map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries([...units.keys()].map((name) => [name, valuesOf(name)])),
  };
};
