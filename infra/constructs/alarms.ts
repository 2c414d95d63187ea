import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

export interface AlarmsProps {
  /** What every alarm's name begins with. */
  readonly prefix: string;
  readonly people: ITopic;
  readonly settings: Pick<Settings, 'runbookUrl'>;
}

export interface SweepAlarms {
  readonly name: string;
  readonly lambda: Lambda;
  readonly everyMinutes: number;
}

/** What is counted is counted over five minutes. */
export const sum = { period: Duration.minutes(5), statistic: 'Sum' };
export const maximum = { period: Duration.minutes(5), statistic: 'Maximum' };

type When = {
  readonly comparisonOperator: ComparisonOperator;
  readonly treatMissingData: TreatMissingData;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  /** The entry of the runbook; the alarm's own name unless told. */
  readonly entry?: string;
};

/** Reached, and for so many periods. */
export type Standing = { readonly threshold?: number; readonly periods?: number };

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD: reached, LESS_THAN_THRESHOLD: below } = ComparisonOperator;

/** What a person must hear of. Each description says what happened, and ends with the entry of RUNBOOK.md that says what to do. */
export class Alarms extends Construct {
  readonly #prefix: string;
  readonly #people: SnsAction;
  readonly #runbookUrl: string;
  readonly #names: string[] = [];

  constructor(scope: Construct, id: string, { prefix, people, settings }: AlarmsProps) {
    super(scope, id);
    this.#prefix = prefix;
    this.#people = new SnsAction(people);
    this.#runbookUrl = settings.runbookUrl;
  }

  /** Of all of them so far. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** When the metric reaches the threshold, which is one unless told. */
  whenAny(name: string, description: string, metric: IMetric, threshold = 1): void {
    this.#alarm(name, description, metric, once(threshold));
  }

  /** The same for what a sweep counts whenever it runs: it stands until it is counted again, however long that takes. */
  whenStanding(
    name: string,
    description: string,
    metric: IMetric,
    { threshold = 1, periods = 1 }: Standing = {},
  ): void {
    this.#alarm(name, description, metric, {
      comparisonOperator: reached,
      treatMissingData: TreatMissingData.IGNORE,
      threshold,
      evaluationPeriods: periods,
    });
  }

  /** When there is nothing for so many periods of the metric: what does not run fails nothing, and only its silence can be noticed. */
  whenSilent(name: string, description: string, metric: IMetric, periods: number): void {
    this.#alarm(name, description, metric, silent(periods));
  }

  onSweep({ name, lambda, everyMinutes }: SweepAlarms): void {
    this.#alarm(`${name}-failed`, `The sweep ${name} failed; the next one tries again.`, lambda.metricErrors(sum), {
      ...once(1),
      entry: 'sweep-failed',
    });
    this.#alarm(
      `${name}-silent`,
      `The sweep ${name} has not run for three of its periods.`,
      lambda.metricInvocations({ period: Duration.minutes(everyMinutes), statistic: 'Sum' }),
      { ...silent(3), entry: 'sweep-silent' },
    );
  }

  #alarm(name: string, description: string, metric: IMetric, { entry = name, ...when }: When): void {
    const alarmName = `${this.#prefix}-${name}`;
    const alarmDescription = `${description} Runbook: ${this.#runbookUrl}#${entry}`;
    new Alarm(this, name, { alarmName, alarmDescription, metric, ...when }).addAlarmAction(this.#people);
    this.#names.push(alarmName);
  }
}

const once = (threshold: number): When => ({
  comparisonOperator: reached,
  treatMissingData: TreatMissingData.NOT_BREACHING,
  threshold,
  evaluationPeriods: 1,
});

const silent = (periods: number): When => ({
  comparisonOperator: below,
  treatMissingData: TreatMissingData.BREACHING,
  threshold: 1,
  evaluationPeriods: periods,
});
