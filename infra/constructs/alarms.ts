import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmsProps {
  /** What every alarm's name begins with. */
  readonly prefix: string;
  readonly people: ITopic;
}

export interface SweepAlarms {
  readonly name: string;
  readonly lambda: Lambda;
  readonly everyMinutes: number;
}

/** What is counted is counted over five minutes. */
export const sum = { period: Duration.minutes(5), statistic: 'Sum' };
export const maximum = { period: Duration.minutes(5), statistic: 'Maximum' };

/** What a person must hear of. Each description says what to look at. */
export class Alarms extends Construct {
  readonly #prefix: string;
  readonly #people: SnsAction;

  constructor(scope: Construct, id: string, { prefix, people }: AlarmsProps) {
    super(scope, id);
    this.#prefix = prefix;
    this.#people = new SnsAction(people);
  }

  /** When the metric reaches the threshold, which is one unless told. */
  whenAny(name: string, description: string, metric: IMetric, threshold = 1): void {
    const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD: reached } = ComparisonOperator;
    this.#alarm(name, description, metric, reached, TreatMissingData.NOT_BREACHING, 1, threshold);
  }

  /** When there is nothing for so many periods of the metric: what does not run fails nothing, and only its silence can be noticed. */
  whenSilent(name: string, description: string, metric: IMetric, periods: number): void {
    const { LESS_THAN_THRESHOLD: below } = ComparisonOperator;
    this.#alarm(name, description, metric, below, TreatMissingData.BREACHING, periods, 1);
  }

  onSweep({ name, lambda, everyMinutes }: SweepAlarms): void {
    this.whenAny(
      `${name}-failed`,
      `The sweep ${name} failed; the next one tries again. Look at its errors in the log group of ${this.#prefix}.`,
      lambda.metricErrors(sum),
    );
    this.whenSilent(
      `${name}-silent`,
      `The sweep ${name} has not run for three of its periods. Look at its schedule in EventBridge Scheduler.`,
      lambda.metricInvocations({ period: Duration.minutes(everyMinutes), statistic: 'Sum' }),
      3,
    );
  }

  #alarm(
    name: string,
    alarmDescription: string,
    metric: IMetric,
    comparisonOperator: ComparisonOperator,
    treatMissingData: TreatMissingData,
    evaluationPeriods: number,
    threshold: number,
  ): void {
    const alarm = new Alarm(this, name, {
      alarmName: `${this.#prefix}-${name}`,
      alarmDescription,
      metric,
      threshold,
      comparisonOperator,
      treatMissingData,
      evaluationPeriods,
    });
    alarm.addAlarmAction(this.#people);
  }
}
