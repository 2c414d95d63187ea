import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Finding } from '../../functions/cli/doctor/finding.ts';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { account, region } from './deploy.ts';
import { operatorOf } from './operator.ts';

const deployed = inject('deployed');

describe.skipIf(deployed === null)('keyturn doctor, of what cdk deploy has put there', () => {
  let examine: () => Promise<readonly Finding[]>;
  let alarms: CloudWatchClient;
  let topics: SNSClient;

  beforeAll(() => {
    if (deployed === null) return;
    const keyturn = operatorOf(deployed);
    examine = async () => {
      const { json, text } = await keyturn('doctor');
      expect(json, text).toHaveProperty('findings');
      return json['findings'] as readonly Finding[];
    };
    alarms = new CloudWatchClient(clientOf(deployed.endpoint));
    topics = new SNSClient(clientOf(deployed.endpoint));
  });

  const of = (findings: readonly Finding[], ...checks: readonly string[]) =>
    findings.filter(({ check }) => checks.includes(check));

  it('looks at everything, and nothing is unknown', async () => {
    const findings = await examine();
    expect(new Set(findings.map(({ check }) => check)).size).toBe(11);
    // The address of the webhooks is an output of the stack, which this operator has not looked up.
    const unknown = findings.filter(({ state, check }) => state === 'unknown' && check !== 'sources');
    expect(unknown).toEqual([]);
    const founded = of(findings, 'register', 'ledger', 'fingerprint key', 'admin keys', 'state machines');
    expect(founded.filter(({ state }) => state !== 'well')).toEqual([]);
    // What the other stories have left in queues and alarms is theirs.
    const wired = of(findings, 'alarms', 'schedules', 'dead letters');
    expect(wired.filter(({ saw }) => /no such|not tell|switched/.test(saw))).toEqual([]);
    expect(wired.length).toBeGreaterThan(50);
  });

  it('says that nobody is told, until somebody has subscribed', async () => {
    expect(of(await examine(), 'people')).toMatchObject([{ state: 'broken', saw: 'Nobody is told of anything.' }]);
    const TopicArn = `arn:aws:sns:${region}:${account}:keyturn-people`;
    const Endpoint = `arn:aws:sqs:${region}:${account}:nobody-reads-it`;
    const { SubscriptionArn } = await topics.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
    expect(of(await examine(), 'people')).toMatchObject([{ state: 'well' }]);
    await topics.send(new UnsubscribeCommand({ SubscriptionArn }));
  });

  it('misses an alarm that somebody has deleted', async () => {
    const AlarmNames = ['keyturn-openai-rotation-failed'];
    const [there] = (await alarms.send(new DescribeAlarmsCommand({ AlarmNames }))).MetricAlarms ?? [];
    if (there?.EvaluationPeriods === undefined) throw new TypeError('The alarm is not there, or not in its form.');
    const { AlarmName, EvaluationPeriods, ComparisonOperator } = there;
    await alarms.send(new DeleteAlarmsCommand({ AlarmNames }));
    expect(of(await examine(), 'alarms')).toContainEqual(
      expect.objectContaining({ subject: AlarmName, state: 'broken', saw: 'There is no such alarm.' }),
    );
    await alarms.send(new PutMetricAlarmCommand({ ...there, AlarmName, EvaluationPeriods, ComparisonOperator }));
  });
});
