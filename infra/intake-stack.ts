import { type App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type Code, EventSourceMapping, FunctionUrlAuthType, type Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { incidentPolicy } from '../functions/domain/incident-policy.ts';
import type { DeclaredRegister } from '../functions/register/register.ts';
import { acknowledge } from './constructs/acknowledge.ts';
import { Alarms, maximum, sum } from './constructs/alarms.ts';
import { counted } from './constructs/counted.ts';
import { DeadLetters } from './constructs/dead-letters.ts';
import { IntakeQueue } from './constructs/intake-queue.ts';
import { LambdaFunction, type LambdaFunctionProps } from './constructs/lambda-function.ts';
import * as names from './constructs/names.ts';
import type { FunctionName, PollName } from './constructs/permissions.ts';
import { placesOf } from './constructs/places.ts';
import { RegisterLayer } from './constructs/register-layer.ts';
import { reportPatterns } from './constructs/report-patterns.ts';
import { fromOurRules, ReportRule } from './constructs/report-rule.ts';
import { Sweep } from './constructs/sweep.ts';
import type { FoundationStack } from './foundation-stack.ts';
import { environmentOf, type Settings } from './settings.ts';

export interface IntakeStackProps {
  readonly settings: Settings;
  readonly foundation: FoundationStack;
  /** The bundle of each function. */
  readonly code: (name: FunctionName) => Code;
  readonly register: DeclaredRegister;
}

const part = 'intake';
/** A report is looked up, and its run started, within this; a webhook has what the senders wait: ten seconds. */
const intakeSeconds = 60;
const webhookSeconds = 10;
/** Lambda demands no less than the function's time; more would only make a report wait longer for its next try. */
const retrySeconds = 90;
/** As many reports at once: each may list keys at a provider, whose limits all of them share. */
const intakeConcurrency = 5;

/** Where reports of leaked keys come in, are acted upon, and are not forgotten. One for all providers. */
export class IntakeStack extends Stack {
  readonly alarms: Alarms;

  constructor(app: App, { settings, foundation, code, register }: IntakeStackProps) {
    const stackName = names.intakeStackName;
    super(app, stackName, {
      stackName,
      description: 'Keyturn: takes in reports of leaked keys, and sees to it that people hear of them.',
      ...environmentOf(settings),
      terminationProtection: settings.environment === 'production',
    });
    const { keys, people } = foundation;
    const providers = [...new Set(register.accounts.map(({ provider }) => provider))];

    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: names.logGroupName(part),
      encryptionKey: keys.data,
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const deadLetters = new DeadLetters(this, 'Undelivered', {
      queueName: names.undeliveredQueueName(stackName),
      key: keys.data,
    });
    const { queue, failed } = new IntakeQueue(this, 'Queue', { key: keys.data, retrySeconds });
    for (const each of [queue, deadLetters.queue]) each.addToResourcePolicy(fromOurRules(each));
    const { layer } = new RegisterLayer(this, 'Register', { of: part, register });

    const places = placesOf(this, { providers, foundation, register, deadLetters });
    const shared = {
      part,
      logGroup,
      places,
      layers: [],
      environment: {
        KEYTURN_LEDGER_TABLE: foundation.ledger.tableName,
        KEYTURN_INTAKE_QUEUE_URL: queue.queueUrl,
      },
    } satisfies Partial<LambdaFunctionProps>;
    /** For what serves every provider. */
    const ofAll = {
      ...shared,
      layers: [layer],
      environment: {
        ...shared.environment,
        KEYTURN_PEOPLE_TOPIC_ARN: people.topicArn,
        KEYTURN_BUS_NAME: foundation.bus.eventBusName,
        KEYTURN_STATE_MACHINE_PREFIX: names.arn(this, 'states', 'stateMachine', names.machineName('')),
        KEYTURN_FINGERPRINT_KEY_ID: keys.fingerprints.keyArn,
        KEYTURN_LET_CALLS_LAND_SECONDS: String(settings.letCallsLandSeconds),
      },
    };

    const webhook = this.#synchronous('Webhook', {
      ...shared,
      rightsOf: 'webhook',
      name: 'webhook',
      code: code('webhook'),
      timeoutSeconds: webhookSeconds,
      reservedConcurrency: settings.webhookConcurrency,
    });
    const url = webhook.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    acknowledge(
      webhook,
      'NIST.800.53.R5-LambdaFunctionPublicAccessProhibited',
      'GitHub and GitGuardian sign what they send, and cannot sign as AWS asks. Nothing is done before that signature holds.',
    );

    const intake = this.#synchronous('Intake', {
      ...ofAll,
      rightsOf: 'intake',
      name: 'intake',
      code: code('intake'),
      timeoutSeconds: intakeSeconds,
      reservedConcurrency: intakeConcurrency,
    });
    const taking = new EventSourceMapping(this, 'Taking', {
      target: intake,
      eventSourceArn: queue.queueArn,
      // One report at a time: none waits for another, and none is tried again because another failed.
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: intakeConcurrency,
    });
    acknowledge(
      taking,
      'Serverless-LambdaEventSourceMappingDestination',
      'The queue has dead letters of its own, which keep the message and not only its place.',
    );

    this.#listen(settings, { queue, deadLetters: deadLetters.queue });

    const alarms = new Alarms(this, 'Alarms', { prefix: stackName, people, settings });
    this.alarms = alarms;
    const escalate = new Sweep(this, 'Escalate', {
      ...ofAll,
      name: 'escalate',
      code: code('escalate'),
      everyMinutes: 1,
      deadLetters: deadLetters.queue,
      timeoutSeconds: 55,
      // Two at once would each tell the same people.
      reservedConcurrency: 1,
    });
    const poll = {
      ...shared,
      deadLetters: deadLetters.queue,
      timeoutSeconds: 300,
      environment: { ...shared.environment, KEYTURN_POLL_BACK_DAYS: String(settings.pollBackDays) },
    };
    const pollBy = (name: PollName, environment: Readonly<Record<string, string>>): void => {
      const everyMinutes = settings.pollMinutes;
      const sweep = new Sweep(this, pascal(name), { ...poll, environment, name, code: code(name), everyMinutes });
      alarms.onSweep({ name, lambda: sweep.function.lambda, everyMinutes });
    };
    if (settings.githubScopes !== null) {
      pollBy('poll-github', { ...poll.environment, KEYTURN_GITHUB_SCOPES: settings.githubScopes });
    }
    if (settings.gitguardianPoll) pollBy('poll-gitguardian', poll.environment);

    this.#alarmOnIntake(alarms, { queue, failed, undelivered: deadLetters.queue, webhook, intake });
    this.#alarmOnIncidents(alarms, escalate.function.lambda, settings);

    new CfnOutput(this, 'WebhookUrl', {
      description: 'Followed by github or gitguardian it is the address for their webhooks.',
      value: url.url,
    });
  }

  /** A function that somebody waits for, and that is never invoked asynchronously. */
  #synchronous(id: string, props: LambdaFunctionProps): Lambda {
    const { lambda } = new LambdaFunction(this, id, props);
    acknowledge(
      lambda,
      'Serverless-LambdaDLQ',
      'Whoever invokes it waits for its answer, and acts on that; it is never invoked asynchronously.',
    );
    return lambda;
  }

  /** AWS's own tidings come to the account's bus, also from other regions (forwarding-stack.ts); Okta's to a bus of its own. */
  #listen({ oktaEventBus }: Settings, target: { queue: IQueue; deadLetters: IQueue }): void {
    const { awsHealth, quarantine, guardduty, okta, bus } = reportPatterns;
    new ReportRule(this, 'AwsHealth', {
      ...target,
      name: 'aws-health',
      description: 'AWS found an access key of this account in public.',
      eventPattern: awsHealth,
    });
    new ReportRule(this, 'Quarantine', {
      ...target,
      name: 'quarantine',
      description: 'AWS put a user of this account under quarantine.',
      eventPattern: quarantine,
    });
    new ReportRule(this, 'Guardduty', {
      ...target,
      name: 'guardduty',
      description: 'GuardDuty found somebody who reads secrets, or uses a role from elsewhere.',
      eventPattern: guardduty,
    });
    new ReportRule(this, 'Compromise', {
      ...target,
      name: 'compromise',
      description: 'A system of this account reports a compromise.',
      busName: names.busName,
      eventPattern: bus,
    });
    if (oktaEventBus === null) return;
    new ReportRule(this, 'Okta', {
      ...target,
      name: 'okta',
      description: "Okta closed or locked a person's account.",
      busName: oktaEventBus,
      eventPattern: okta,
    });
  }

  #alarmOnIntake(
    alarms: Alarms,
    {
      queue,
      failed,
      undelivered,
      webhook,
      intake,
    }: Readonly<Record<'queue' | 'failed' | 'undelivered', Queue>> & Readonly<Record<'webhook' | 'intake', Lambda>>,
  ): void {
    alarms.whenAny(
      'reports-failed',
      'A report could not be taken in, and its leaked key may live.',
      failed.metricApproximateNumberOfMessagesVisible(maximum),
    );
    alarms.whenAny(
      'reports-late',
      'A report has waited for five minutes and is still being tried.',
      queue.metricApproximateAgeOfOldestMessage(maximum),
      300,
    );
    alarms.whenAny(
      'undelivered',
      `An event or the call of a sweep could not be delivered: ${names.undeliveredQueueName(names.intakeStackName)} holds it.`,
      undelivered.metricApproximateNumberOfMessagesVisible(maximum),
    );
    alarms.whenAny(
      'intake-failed',
      'The intake function broke off; the report is tried again.',
      intake.metricErrors(sum),
    );
    alarms.whenAny('webhook-failed', 'The webhook function broke off.', webhook.metricErrors(sum));
    alarms.whenAny(
      'webhook-unavailable',
      'Webhooks were answered with 5xx: the secret could not be read, or the queue not be written.',
      // https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html, 2026-11
      webhook.metric('Url5xxCount', sum),
    );
    alarms.whenAny('webhook-throttled', 'More webhooks came at once than are answered.', webhook.metricThrottles(sum));
  }

  /** What the escalation counts. It runs each minute, so nothing for five is a failure. */
  #alarmOnIncidents(alarms: Alarms, escalate: Lambda, { reconcileMinutes }: Settings): void {
    alarms.whenAny(
      'escalate-failed',
      'Somebody could not be told of an emergency; the next run tries again.',
      escalate.metricErrors(sum),
    );
    alarms.whenSilent(
      'escalate-silent',
      'Nobody would be told of an emergency: the escalation has not gone through for five minutes.',
      counted('EscalationRuns', { statistic: 'Sum', minutes: 1 }),
      5,
    );
    alarms.whenAny(
      'obligation-open',
      'A leaked key was not seen refused in the time that the policy gives.',
      counted('OldestOpenObligation'),
      // A run that was lost is begun anew by reconcile, and may take its time again.
      2 * incidentPolicy.proveWithinSeconds + reconcileMinutes * 60,
    );
    alarms.whenAny(
      'contained-only',
      'Keys were stopped and not replaced, because too many reports came at once: what used them is down.',
      counted('ContainedOnly'),
    );
    alarms.whenAny(
      'notices-held-back',
      'So many incidents are open that people are told of some of them a minute later than of others.',
      counted('IncidentsHeldBack'),
    );
  }
}

const pascal = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
