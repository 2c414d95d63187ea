import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { appOf, registerOf, resourcesOf } from './synthesised.ts';

const app = appOf(registerOf(1), {
  homeRegion: 'eu-central-1',
  oktaEventBus: 'aws.partner/okta.com/acme/keyturn',
  githubScopes: 'orgs/acme',
  gitguardianPoll: 'true',
});
const templates = app.node.children.filter((child) => child instanceof Stack).map((stack) => Template.fromStack(stack));
const all = (type: string): readonly Record<string, unknown>[] =>
  templates.flatMap((template) => resourcesOf(template, type).map(([, { Properties }]) => Properties));

const kept = { Arn: expect.anything() };

describe('what is not delivered', () => {
  it('of a schedule is tried for so long, and then kept', () => {
    const schedules = all('AWS::Scheduler::Schedule');
    expect(schedules.length).toBeGreaterThan(10);
    for (const { Target } of schedules) {
      expect(Target).toMatchObject({
        DeadLetterConfig: kept,
        RetryPolicy: { MaximumEventAgeInSeconds: expect.any(Number), MaximumRetryAttempts: expect.any(Number) },
      });
    }
  });

  it('of a rule is tried for so long, and then kept', () => {
    const targets = all('AWS::Events::Rule').flatMap(({ Targets }) => (Targets ?? []) as unknown[]);
    expect(targets.length).toBeGreaterThan(5);
    for (const target of targets) {
      expect(target).toMatchObject({
        DeadLetterConfig: kept,
        RetryPolicy: { MaximumEventAgeInSeconds: expect.any(Number), MaximumRetryAttempts: expect.any(Number) },
      });
    }
  });

  it('to a function that nobody waits for is tried for so long, and then kept', () => {
    const configured = all('AWS::Lambda::EventInvokeConfig');
    expect(configured).toHaveLength(all('AWS::Scheduler::Schedule').length);
    for (const each of configured) {
      expect(each).toMatchObject({
        MaximumEventAgeInSeconds: expect.any(Number),
        MaximumRetryAttempts: expect.any(Number),
        DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      });
    }
  });

  it('from a queue is tried so often, and then kept as long as a queue can', () => {
    const mapped = all('AWS::Lambda::EventSourceMapping').map(({ EventSourceArn }) => JSON.stringify(EventSourceArn));
    expect(mapped).toHaveLength(1);
    const queues = all('AWS::SQS::Queue');
    const working = queues.filter(({ RedrivePolicy }) => RedrivePolicy !== undefined);
    expect(working.map(({ QueueName }) => QueueName)).toEqual(['keyturn-intake.fifo']);
    for (const { MessageRetentionPeriod } of queues) expect(MessageRetentionPeriod).toBe(14 * 86_400);
  });
});
