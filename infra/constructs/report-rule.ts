import { EventBus, type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ourRules, thisAccountOnly } from './names.ts';

export interface ReportRuleProps {
  readonly name: string;
  readonly description: string;
  /** The account's own, unless told. */
  readonly busName?: string;
  readonly eventPattern: EventPattern;
  readonly queue: IQueue;
  readonly deadLetters: IQueue;
}

/** A report that waits for longer is better with the dead letters, whose alarm calls a person. EventBridge's own is a day. */
const triedForSeconds = 900;

/** Events of a kind, into the intake queue as they are. */
export class ReportRule extends Construct {
  constructor(scope: Construct, id: string, { name, queue, deadLetters, busName, ...props }: ReportRuleProps) {
    super(scope, id);
    new Rule(this, 'Rule', {
      ...props,
      ruleName: `keyturn-${name}`,
      ...(busName && { eventBus: EventBus.fromEventBusName(this, 'Bus', busName) }),
      targets: [
        {
          bind: () => ({
            arn: queue.queueArn,
            // One that cannot be taken in holds up those of its own rule at most.
            sqsParameters: { messageGroupId: name },
            deadLetterConfig: { arn: deadLetters.queueArn },
            retryPolicy: { maximumEventAgeInSeconds: triedForSeconds, maximumRetryAttempts: mostTries },
          }),
        },
      ],
    });
  }
}

/** As many as EventBridge makes: the time decides. */
const mostTries = 185;

/** What lets the rules of this account, and only those called ours, put events into a queue. */
export const fromOurRules = (queue: Queue): PolicyStatement =>
  new PolicyStatement({
    sid: 'EventsOfOurRules',
    principals: [new ServicePrincipal('events.amazonaws.com')],
    actions: ['sqs:SendMessage'],
    resources: [queue.queueArn],
    conditions: {
      ...thisAccountOnly,
      ArnLike: { 'aws:SourceArn': ourRules(queue) },
    },
  });
