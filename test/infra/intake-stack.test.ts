import { Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { hearAwsHealth } from '../../functions/triggers/sources/aws-health.ts';
import { hearBus } from '../../functions/triggers/sources/bus.ts';
import { hearGuardduty } from '../../functions/triggers/sources/guardduty.ts';
import { hearOkta } from '../../functions/triggers/sources/okta.ts';
import { hearQuarantine } from '../../functions/triggers/sources/quarantine.ts';
import { nagPacks } from '../../infra/constructs/nag-packs.ts';
import { recorded } from '../triggers/sources/recorded.ts';
import { appOf, registerOf, resourcesOf, stackOf, textOf } from './synthesised.ts';

const everything = {
  homeRegion: 'eu-central-1',
  oktaEventBus: 'aws.partner/okta.com/acme/keyturn',
  githubScopes: 'orgs/acme,repos/acme/app',
  gitguardianPoll: 'true',
};

let usual: Template;
let full: Template;

beforeAll(() => {
  usual = stackOf(appOf(registerOf(1)), 'intake');
  full = stackOf(appOf(registerOf(1), everything), 'intake');
});

type Properties = Record<string, unknown>;
const all = (template: Template, type: string): readonly Properties[] =>
  resourcesOf(template, type).map(([, { Properties }]) => Properties);
const functionOf = (template: Template, name: string): Properties => {
  const found = all(template, 'AWS::Lambda::Function').find(
    ({ FunctionName }) => FunctionName === `keyturn-intake-${name}`,
  );
  if (found === undefined) throw new TypeError(`There is no function ${name}.`);
  return found;
};
const queueOf = (template: Template, name: string): readonly [string, Properties] => {
  const found = resourcesOf(template, 'AWS::SQS::Queue').find(([, { Properties }]) => Properties['QueueName'] === name);
  if (found === undefined) throw new TypeError(`There is no queue ${name}.`);
  return [found[0], found[1].Properties];
};
const arnOf = ([id]: readonly [string, Properties]) => ({ 'Fn::GetAtt': [id, 'Arn'] });

describe('the webhook', () => {
  it('has an address that needs no AWS signature, and so many at once that a flood is no one else’s', () => {
    usual.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE' });
    expect(functionOf(usual, 'webhook')['ReservedConcurrentExecutions']).toBe(10);
    expect(JSON.stringify(usual.toJSON()['Outputs'])).toContain('WebhookUrl');
  });

  it('may be invoked through that address and in no other way', () => {
    const permissions = all(usual, 'AWS::Lambda::Permission');
    expect(permissions.map(({ Action }) => Action).toSorted()).toEqual([
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
    ]);
    for (const { Action, FunctionUrlAuthType, InvokedViaFunctionUrl } of permissions) {
      if (Action === 'lambda:InvokeFunction') expect(InvokedViaFunctionUrl).toBe(true);
      else expect(FunctionUrlAuthType).toBe('NONE');
    }
  });

  it('can do nothing but read the secrets of webhooks, put into the intake queue, and write its log', () => {
    const { 'Fn::GetAtt': role } = functionOf(usual, 'webhook')['Role'] as { 'Fn::GetAtt': [string, string] };
    const { Properties } = usual.toJSON()['Resources'][role[0]] as { Properties: Properties };
    expect(Properties['ManagedPolicyArns']).toBeUndefined();
    type Statement = {
      Action: string | string[];
      Resource: unknown;
      Condition?: Record<string, Record<string, unknown>>;
    };
    const policies = Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[];
    const lines = policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .map(({ Action, Resource, Condition = {} }) => {
        const bounds = Object.values(Condition).flatMap((keys) => Object.values(keys).map(textOf));
        return [[Action].flat().join(' '), textOf(Resource).replace(/^.*:\{accountid\}:/, ''), ...bounds].join(' | ');
      });
    const secrets = 'secret:keyturn/sources/*/webhook-??????';
    expect(lines).toEqual([
      `secretsmanager:GetSecretValue | ${secrets} | AWSCURRENT`,
      expect.stringMatching(
        /^kms:Decrypt \| .*KeysAdminSecrets.* \| secretsmanager\..* \| .*sources\/\*\/webhook-\?{6}$/,
      ),
      'sqs:SendMessage | keyturn-intake.fifo',
      expect.stringMatching(
        /^kms:Decrypt kms:GenerateDataKey \| .*KeysData.* \| sqs\.[^|]* \| .*:keyturn-intake\.fifo$/,
      ),
      expect.stringMatching(/^logs:CreateLogStream logs:PutLogEvents \| \{Log[0-9A-F]+\.Arn\}$/),
      'xray:PutTelemetryRecords xray:PutTraceSegments | *',
    ]);
    // The policy of the role is all: what CloudFormation would add to it stands beside it.
    usual.resourceCountIs('AWS::IAM::Policy', 0);
  });
});

describe('the intake', () => {
  it('has a FIFO queue that takes EventBridge’s events too, and keeps what cannot be taken in', () => {
    const failed = queueOf(usual, 'keyturn-intake-failed.fifo');
    const [, queue] = queueOf(usual, 'keyturn-intake.fifo');
    expect(queue).toMatchObject({
      FifoQueue: true,
      ContentBasedDeduplication: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      RedrivePolicy: { deadLetterTargetArn: arnOf(failed), maxReceiveCount: 20 },
    });
    for (const each of all(usual, 'AWS::SQS::Queue')) {
      expect(each).toMatchObject({ KmsMasterKeyId: expect.anything(), MessageRetentionPeriod: 14 * 86_400 });
    }
    usual.resourceCountIs('AWS::SQS::QueuePolicy', 3);
  });

  it('takes one report at a time, so many side by side, and gives each its time before it is tried again', () => {
    usual.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    const intake = functionOf(usual, 'intake');
    expect(intake['ReservedConcurrentExecutions']).toBe(5);
    // Lambda refuses a mapping whose queue shows a message again while the function still works on it.
    expect(queueOf(usual, 'keyturn-intake.fifo')[1]['VisibilityTimeout']).toBeGreaterThanOrEqual(
      Number(intake['Timeout']),
    );
  });

  it('knows the machines of all providers by what their names begin with', () => {
    const { Variables } = functionOf(usual, 'intake')['Environment'] as { Variables: Properties };
    expect(textOf(Variables['KEYTURN_STATE_MACHINE_PREFIX'])).toMatch(/:states:.*:stateMachine:keyturn-$/);
    expect(Variables['KEYTURN_PROVIDER']).toBeUndefined();
  });

  it('stays within what IAM lets a role have', () => {
    for (const { Policies } of all(usual, 'AWS::IAM::Role')) {
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10,240 characters for all.
      // As text of the template they are longer than in IAM, so this warns first: the intake's grow by each provider.
      expect(textOf(JSON.stringify(Policies)).length).toBeLessThan(10_240);
    }
  });
});

describe('events', () => {
  /** As EventBridge matches, as far as our patterns go. */
  const fits = (pattern: unknown, value: unknown): boolean => {
    if (!Array.isArray(pattern)) {
      return Object.entries(pattern as Properties).every(([key, inner]) =>
        fits(inner, (value as Properties | null)?.[key]),
      );
    }
    return pattern.some((one: unknown) => {
      if (typeof one === 'string') return one === value;
      const { prefix, wildcard } = one as { prefix?: string; wildcard?: string };
      if (prefix !== undefined) return String(value).startsWith(prefix);
      const parts = (wildcard ?? '').split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
      return new RegExp(`^${parts.join('.*')}$`).test(String(value));
    });
  };
  const ruleOf = (template: Template, name: string): Properties => {
    const found = all(template, 'AWS::Events::Rule').find(({ Name }) => Name === `keyturn-${name}`);
    if (found === undefined) throw new TypeError(`There is no rule ${name}.`);
    return found;
  };

  it.each([
    ['aws-health', hearAwsHealth],
    ['quarantine', hearQuarantine],
    ['guardduty', hearGuardduty],
    ['okta', hearOkta],
    ['bus', hearBus],
  ])('as recorded of %s are heard, pass their rule, and no other', (name, hear) => {
    const event: unknown = recorded(name);
    expect(hear(event).kind).toBe('heard');
    const rules = all(full, 'AWS::Events::Rule').filter(({ EventPattern }) => fits(EventPattern, event));
    expect(rules.map(({ Name }) => Name)).toEqual([`keyturn-${name === 'bus' ? 'compromise' : name}`]);
  });

  it('go into the intake queue, each rule a group of its own, and are not lost when that fails', () => {
    const rules = all(full, 'AWS::Events::Rule');
    expect(rules).toHaveLength(5);
    for (const { Name, Targets } of rules) {
      expect(Targets).toEqual([
        {
          Id: expect.any(String),
          Arn: arnOf(queueOf(full, 'keyturn-intake.fifo')),
          SqsParameters: { MessageGroupId: String(Name).replace('keyturn-', '') },
          DeadLetterConfig: { Arn: arnOf(queueOf(full, 'keyturn-intake-undelivered')) },
          RetryPolicy: { MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 185 },
        },
      ]);
    }
    // EventBridge knows no FIFO dead letters.
    expect(queueOf(full, 'keyturn-intake-undelivered')[1]['FifoQueue']).toBeUndefined();
  });

  it('may be put there by the rules of this account that are called ours, on any bus', () => {
    const written = all(full, 'AWS::SQS::QueuePolicy').map(({ PolicyDocument }) => JSON.stringify(PolicyDocument));
    const open = written.filter((policy) => policy.includes('events.amazonaws.com'));
    expect(open).toHaveLength(2);
    for (const policy of open) {
      expect(policy).toContain(':rule/*keyturn-*');
      expect(policy).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    }
  });

  it('of Okta are listened to on the bus that the setting names, and without one not at all', () => {
    expect(ruleOf(full, 'okta')['EventBusName']).toBe('aws.partner/okta.com/acme/keyturn');
    expect(ruleOf(full, 'compromise')['EventBusName']).toBe('keyturn');
    expect(() => ruleOf(usual, 'okta')).toThrow('There is no rule okta.');
  });
});

describe('what runs by the clock', () => {
  const schedules = (template: Template) =>
    all(template, 'AWS::Scheduler::Schedule').map(({ Name, ScheduleExpression }) => [Name, ScheduleExpression]);

  it('escalates each minute, one run at a time', () => {
    expect(schedules(usual)).toEqual([['keyturn-intake-escalate', 'rate(1 minute)']]);
    expect(functionOf(usual, 'escalate')).toMatchObject({ ReservedConcurrentExecutions: 1, Timeout: 55 });
    usual.hasResourceProperties('AWS::Scheduler::Schedule', { FlexibleTimeWindow: { Mode: 'OFF' } });
  });

  it('asks the sources that the settings name', () => {
    expect(schedules(full).slice(1)).toEqual([
      ['keyturn-intake-poll-github', 'rate(15 minutes)'],
      ['keyturn-intake-poll-gitguardian', 'rate(15 minutes)'],
    ]);
    expect(functionOf(full, 'poll-github')['Environment']).toMatchObject({
      Variables: { KEYTURN_GITHUB_SCOPES: 'orgs/acme,repos/acme/app', KEYTURN_POLL_BACK_DAYS: '7' },
    });
  });
});

describe('alarms', () => {
  it('are about each way in which an emergency could pass unseen', () => {
    expect(
      all(usual, 'AWS::CloudWatch::Alarm')
        .map(({ AlarmName }) => AlarmName)
        .toSorted(),
    ).toEqual(
      [
        'contained-only',
        'escalate-failed',
        'escalate-silent',
        'intake-failed',
        'notices-held-back',
        'obligation-open',
        'reports-failed',
        'reports-late',
        'undelivered',
        'webhook-failed',
        'webhook-throttled',
        'webhook-unavailable',
      ].map((name) => `keyturn-intake-${name}`),
    );
    for (const { AlarmActions } of all(usual, 'AWS::CloudWatch::Alarm')) expect(AlarmActions).toHaveLength(1);
  });

  it('go off when the escalation says nothing for five minutes', () => {
    usual.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'keyturn-intake-escalate-silent',
      Namespace: 'Keyturn',
      MetricName: 'EscalationRuns',
      Dimensions: [{ Name: 'service', Value: 'keyturn' }],
      Period: 60,
      EvaluationPeriods: 5,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('go off when a leaked key lives for longer than a lost run and its next take together', () => {
    usual.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'keyturn-intake-obligation-open',
      MetricName: 'OldestOpenObligation',
      Statistic: 'Maximum',
      Threshold: 900,
      TreatMissingData: 'notBreaching',
    });
  });
});

describe('tidings from other regions', () => {
  const regionsOf = (homeRegion: string): readonly string[] =>
    appOf(registerOf(1), { homeRegion })
      .node.children.filter((child) => child instanceof Stack)
      .map(({ stackName }) => stackName)
      .filter((name) => name.startsWith('keyturn-forwarding-'));

  it('are forwarded from where AWS tells them, which the home region need not do', () => {
    expect(regionsOf('')).toEqual([]);
    expect(regionsOf('us-east-1')).toEqual(['keyturn-forwarding-us-west-2']);
    expect(regionsOf('eu-central-1')).toEqual(['keyturn-forwarding-us-east-1', 'keyturn-forwarding-us-west-2']);
  });

  it('go to the bus of the home region, where the rules are the same, and are not lost when that fails', () => {
    const forwarding = stackOf(appOf(registerOf(1), everything), 'forwarding-us-east-1');
    const rules = all(forwarding, 'AWS::Events::Rule');
    const home = all(full, 'AWS::Events::Rule');
    expect(rules.map(({ Name }) => Name)).toEqual(['keyturn-aws-health', 'keyturn-quarantine']);
    const [[queue]] = resourcesOf(forwarding, 'AWS::SQS::Queue') as [[string, unknown]];
    const [[role]] = resourcesOf(forwarding, 'AWS::IAM::Role') as [[string, unknown]];
    for (const { Name, EventPattern, Targets } of rules) {
      expect(EventPattern).toEqual(home.find((rule) => rule['Name'] === Name)?.['EventPattern']);
      const [target] = Targets as [Properties];
      expect(textOf(target['Arn'])).toBe('arn:aws:events:eu-central-1:{accountid}:event-bus/default');
      expect(target).toMatchObject({
        RoleArn: { 'Fn::GetAtt': [role, 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
      });
    }
    forwarding.hasResourceProperties('AWS::IAM::Role', {
      Policies: [
        {
          PolicyDocument: { Statement: [{ Action: 'events:PutEvents', Effect: 'Allow', Resource: Match.anyValue() }] },
        },
      ],
    });
    forwarding.resourceCountIs('AWS::IAM::Policy', 0);
  });

  it.each(['cn-north-1', 'us-gov-west-1', 'Frankfurt'])('of %s are not promised', (homeRegion) => {
    expect(() => appOf(registerOf(0), { homeRegion })).toThrow(/homeRegion: is no region of the commercial partition/);
  });

  it('pass cdk-nag, as does all else with everything switched on', () => {
    const app = appOf(registerOf(1), everything);
    for (const pack of nagPacks(app)) {
      expect(pack.validateScope(app).violations).toEqual([]);
    }
  });
});
