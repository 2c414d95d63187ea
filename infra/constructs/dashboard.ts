import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { counted } from './counted.ts';
import * as names from './names.ts';

export interface DashboardProps {
  readonly settings: Pick<Settings, 'runbookUrl'>;
  /** The names of the intake's alarms. */
  readonly intakeAlarms: readonly string[];
  readonly providers: readonly ProviderRow[];
}

export interface ProviderRow {
  readonly provider: string;
  /** The function of each state that runs a step, by the state's name. */
  readonly stepFunctions: ReadonlyMap<string, string>;
  readonly alarms: readonly string[];
}

/**
 * How Keyturn does, on one page: leaked keys and reports first, then rows for each provider. It refers to everything by
 * name, so that no stack need export anything for it, and has nothing that grows with the credentials.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { settings, intakeAlarms, providers }: DashboardProps) {
    super(scope, id);
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: names.dashboardName,
      defaultInterval: Duration.days(1),
      widgets: [
        [heading(settings)],
        this.#leakedKeys(intakeAlarms),
        this.#reports(providers),
        ...providers.flatMap((row) => this.#rowsOf(row)),
      ],
    });
  }

  #leakedKeys(alarms: readonly string[]): IWidget[] {
    return [
      this.#alarmStatus('Alarms: leaked keys and reports', alarms),
      graph('Leaked keys not yet seen refused', [
        counted('OpenObligations').with({ label: 'keys' }),
        counted('OverdueIncidents').with({ label: 'incidents that are overdue' }),
        counted('AwaitingApproval').with({ label: 'incidents that wait for a yes or no' }),
      ]),
      graph('Age of the oldest of them (minutes)', [
        new MathExpression({
          expression: 'age / 60',
          usingMetrics: { age: counted('OldestOpenObligation') },
          label: 'minutes',
          period: Duration.minutes(5),
        }),
      ]),
    ];
  }

  #reports(providers: readonly ProviderRow[]): IWidget[] {
    const deadLetterQueues = [
      names.intakeFailedQueueName,
      ...[names.intakeStackName, ...providers.map(({ provider }) => names.providerStackName(provider))].map(
        names.undeliveredQueueName,
      ),
    ];
    return [
      graph('Reports that wait to be taken in', [
        ofQueue(names.intakeQueueName, 'ApproximateNumberOfMessagesVisible', 'reports'),
        ofQueue(names.intakeQueueName, 'ApproximateAgeOfOldestMessage', 'age of the oldest (seconds)'),
      ]),
      graph(
        'Dead letters',
        deadLetterQueues.map((name) => ofQueue(name, 'ApproximateNumberOfMessagesVisible', name)),
      ),
      graph('Held back by a limit', [
        counted('ContainedOnly').with({ label: 'keys stopped, not replaced (budget)' }),
        counted('IncidentsHeldBack').with({ label: 'incidents told of later' }),
        ofFunction(names.functionName('intake', 'webhook'), 'Throttles', 'Sum', 'webhooks turned away'),
        ...providers.flatMap(({ provider }) => [
          counted('RotationsHeldBack', { provider }).with({ label: `${provider}: rotations` }),
          counted('EmergenciesHeldBack', { provider }).with({ label: `${provider}: emergencies` }),
        ]),
      ]),
    ];
  }

  #rowsOf({ provider, stepFunctions, alarms }: ProviderRow): IWidget[][] {
    const steps = (statistic: string): Metric[] =>
      [...stepFunctions].map(([state, name]) => ofFunction(name, 'Duration', statistic, state));
    return [
      [new TextWidget({ markdown: `## ${provider}`, width: 24, height: 1 })],
      [
        this.#alarmStatus(`Alarms: ${provider}`, alarms),
        graph('Rotations per hour, by how they ended', [
          this.#ofMachine(provider, 'ExecutionsSucceeded', 'succeeded'),
          this.#ofMachine(provider, 'ExecutionsFailed', 'failed'),
          this.#ofMachine(provider, 'ExecutionsTimedOut', 'timed out'),
          this.#ofMachine(provider, 'ExecutionsAborted', 'stopped by hand'),
        ]),
        graph(
          'Due, with no rotation at work',
          [
            new MathExpression({
              expression: 'age / 86400',
              usingMetrics: { age: counted('OldestDueCredential', { provider, minutes: 60 }) },
              label: 'the oldest (days)',
              period: Duration.hours(1),
            }),
          ],
          [counted('CredentialsDue', { provider, minutes: 60 }).with({ label: 'credentials' })],
        ),
      ],
      [
        graph('Steps: how long half of the calls take at most (p50, milliseconds)', steps('p50')),
        graph('Steps: how long all but the slowest hundredth take (p99, milliseconds)', steps('p99')),
        graph('Found by the sweeps', [
          counted('StraysLeft', { provider, minutes: 60 }).with({ label: 'strays left' }),
          counted('StraysRevoked', { provider, statistic: 'Sum', minutes: 60 }).with({ label: 'strays revoked' }),
          counted('UnknownKeys', { provider, minutes: 60 }).with({ label: 'keys that Keyturn does not know' }),
          counted('CurrentKeysRefused', { provider, minutes: 60 }).with({ label: 'keys in use and refused' }),
          counted('Mended', { provider, statistic: 'Sum', minutes: 60 }).with({ label: 'mended' }),
          counted('LeftAsFound', { provider, minutes: 60 }).with({ label: 'left as found' }),
        ]),
      ],
    ];
  }

  #alarmStatus(title: string, alarms: readonly string[]): IWidget {
    return new AlarmStatusWidget({
      title,
      alarms: alarms.map((name) => Alarm.fromAlarmName(this, name, name)),
      width: 8,
      height: 6,
    });
  }

  #ofMachine(provider: string, metricName: string, label: string): Metric {
    return new Metric({
      namespace: 'AWS/States',
      metricName,
      dimensionsMap: { StateMachineArn: names.arn(this, 'states', 'stateMachine', names.machineName(provider)) },
      statistic: 'Sum',
      period: Duration.hours(1),
      label,
    });
  }
}

const heading = ({ runbookUrl }: Pick<Settings, 'runbookUrl'>): IWidget =>
  new TextWidget({
    markdown: `# Keyturn\nWhat an alarm means, and which command to run: ${
      // A file of the project is no link in a console.
      runbookUrl.startsWith('https:') ? `[the runbook](${runbookUrl})` : `\`${runbookUrl}\` in the project`
    }.`,
    width: 24,
    height: 2,
  });

const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({ title, left, right, width: 8, height: 6 });

const ofQueue = (QueueName: string, metricName: string, label: string): Metric =>
  new Metric({ namespace: 'AWS/SQS', metricName, dimensionsMap: { QueueName }, statistic: 'Maximum', label });

const ofFunction = (FunctionName: string, metricName: string, statistic: string, label: string): Metric =>
  new Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap: { FunctionName }, statistic, label });
