import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export interface AlarmsProps {
  /** What every alarm's name begins with. */
  readonly prefix: string;
  readonly people: ITopic;
  readonly machine: IStateMachine;
  readonly deadLetters: IQueue;
  readonly sweeps: readonly { readonly name: string; readonly lambda: Lambda; readonly everyMinutes: number }[];
}

const sum = { period: Duration.minutes(5), statistic: 'Sum' };

/** What a person must hear of. Each description says what to look at. */
export class Alarms extends Construct {
  readonly #prefix: string;
  readonly #people: SnsAction;

  constructor(scope: Construct, id: string, { prefix, people, machine, deadLetters, sweeps }: AlarmsProps) {
    super(scope, id);
    this.#prefix = prefix;
    this.#people = new SnsAction(people);

    this.#whenAny(
      'rotation-failed',
      'A rotation ended without being done. Look at: keyturn status; the error names how the credential was left.',
      machine.metricFailed(sum),
    );
    this.#whenAny(
      'rotation-timed-out',
      'A rotation ran into the limit of its execution. Look at: keyturn status, then keyturn resume.',
      machine.metricTimedOut(sum),
    );
    this.#whenAny(
      'rotation-aborted',
      'Somebody stopped a rotation by hand; it was not rolled back. Look at: keyturn status, then keyturn resume.',
      machine.metricAborted(sum),
    );
    this.#whenAny(
      'undelivered',
      `A sweep could not be started or has failed for good. Look at the messages in ${prefix}-undelivered.`,
      deadLetters.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'Maximum' }),
    );
    for (const { name, lambda, everyMinutes } of sweeps) {
      this.#whenAny(
        `${name}-failed`,
        `The sweep ${name} failed; the next one tries again. Look at its errors in the log group of ${prefix}.`,
        lambda.metricErrors(sum),
      );
      // A sweep that does not run fails nothing: only its silence can be noticed.
      this.#alarm(
        `${name}-silent`,
        `The sweep ${name} has not run for three of its periods. Look at its schedule in EventBridge Scheduler.`,
        lambda.metricInvocations({ period: Duration.minutes(everyMinutes), statistic: 'Sum' }),
        ComparisonOperator.LESS_THAN_THRESHOLD,
        TreatMissingData.BREACHING,
        3,
      );
    }
  }

  #whenAny(name: string, description: string, metric: IMetric): void {
    const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD: reached } = ComparisonOperator;
    this.#alarm(name, description, metric, reached, TreatMissingData.NOT_BREACHING, 1);
  }

  #alarm(
    name: string,
    alarmDescription: string,
    metric: IMetric,
    comparisonOperator: ComparisonOperator,
    treatMissingData: TreatMissingData,
    evaluationPeriods: number,
  ): void {
    const alarm = new Alarm(this, name, {
      alarmName: `${this.#prefix}-${name}`,
      alarmDescription,
      metric,
      threshold: 1,
      comparisonOperator,
      treatMissingData,
      evaluationPeriods,
    });
    alarm.addAlarmAction(this.#people);
  }
}
