import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { acknowledge } from './constructs/acknowledge.ts';
import { ourRules, thisAccountOnly, undeliveredQueueName } from './constructs/names.ts';
import { ownRole } from './constructs/own-role.ts';
import { globalPatterns } from './constructs/report-patterns.ts';
import { fromOurRules } from './constructs/report-rule.ts';
import type { Settings } from './settings.ts';

/**
 * AWS Health tells of what concerns the whole account in the first region, and again in the second:
 * https://docs.aws.amazon.com/health/latest/ug/choosing-a-region.html. IAM's calls are told in the first only:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html, both 2026-11.
 */
const regionsOfGlobalEvents = ['us-east-1', 'us-west-2'] as const;

/** The regions to forward from: none while nobody has said which region is home. */
export const forwardingRegions = ({ homeRegion }: Settings): readonly string[] =>
  homeRegion === null ? [] : regionsOfGlobalEvents.filter((region) => region !== homeRegion);

/** Sends what AWS tells in this region to the account's bus in the home region, where the intake's rules are. */
export class ForwardingStack extends Stack {
  constructor(app: App, { region, settings }: { readonly region: string; readonly settings: Settings }) {
    const stackName = `keyturn-forwarding-${region}`;
    super(app, stackName, {
      stackName,
      description: `Keyturn: forwards reports of leaked access keys from ${region}.`,
      env: { region },
      terminationProtection: settings.environment === 'production',
    });
    const homeBus = this.formatArn({
      service: 'events',
      region: settings.homeRegion ?? region,
      resource: 'event-bus',
      resourceName: 'default',
    });
    const undelivered = new Queue(this, 'Undelivered', {
      queueName: undeliveredQueueName(stackName),
      // The keys are in the home region. What lies here AWS has told in other places too, and it is no secret.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    undelivered.addToResourcePolicy(fromOurRules(undelivered));
    const itIsTheEnd = 'It is itself the dead-letter queue.';
    acknowledge(undelivered, 'AwsSolutions-SQS3', itIsTheEnd);

    const role = ownRole(this, 'Role', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { ...thisAccountOnly, ArnLike: { 'aws:SourceArn': ourRules(this) } },
      }),
      inlinePolicies: {
        rights: new PolicyDocument({
          statements: [new PolicyStatement({ actions: ['events:PutEvents'], resources: [homeBus] })],
        }),
      },
    });
    for (const [name, eventPattern] of Object.entries(globalPatterns)) {
      new Rule(this, name, {
        ruleName: `keyturn-${name}`,
        description: `To ${settings.homeRegion ?? region}, where Keyturn is.`,
        eventPattern,
        targets: [
          {
            // A bus is the one target that has a role: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html, 2026-11
            bind: () => ({
              arn: homeBus,
              role: role.withoutPolicyUpdates(),
              deadLetterConfig: { arn: undelivered.queueArn },
              // Nobody is called for what lies in the queue of another region, so it is tried for as long as can be.
              retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
            }),
          },
        ],
      });
    }
  }
}
