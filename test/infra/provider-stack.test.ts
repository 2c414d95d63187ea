import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { strategyOf } from '../../functions/providers/connect.ts';
import { providerOf } from '../../functions/providers/index.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitutions } from '../../workflows/substitutions.ts';
import { toAsl } from '../../workflows/to-asl.ts';
import { appOf, providerIds, registerOf, resourcesOf, stackOf } from './synthesised.ts';

let stacks: ReadonlyMap<string, Template>;

beforeAll(() => {
  const app = appOf(registerOf(1));
  stacks = new Map(providerIds.map((provider) => [provider, stackOf(app, provider)]));
});

const one = (template: Template, type: string): Record<string, unknown> => {
  const found = resourcesOf(template, type);
  expect(found).toHaveLength(1);
  return found[0]![1].Properties;
};

const functionsOf = (template: Template): ReadonlyMap<string, Record<string, unknown>> =>
  new Map(resourcesOf(template, 'AWS::Lambda::Function').map(([id, { Properties }]) => [id, Properties]));

describe.each(providerIds)('the stack of %s', (provider) => {
  const strategy = strategyOf(providerOf(provider));
  const flow = flows[strategy];
  const template = (): Template => {
    const found = stacks.get(provider);
    if (found === undefined) throw new TypeError(`There is no stack of ${provider}.`);
    return found;
  };

  it('runs the committed ASL, which is the generated one, byte for byte', () => {
    const committed = readFileSync(new URL(`../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');
    expect(committed).toBe(toAsl(flow));
    expect(one(template(), 'AWS::StepFunctions::StateMachine')['DefinitionString']).toBe(committed);
  });

  it('gives every step of the flow its function, and the machine the right to invoke exactly these', () => {
    const machine = one(template(), 'AWS::StepFunctions::StateMachine');
    const arns = machine['DefinitionSubstitutions'] as Record<string, { 'Fn::GetAtt': [string, string] }>;
    const asked = [...String(machine['DefinitionString']).matchAll(/\$\{([A-Za-z0-9]+)\}/g)].map(([, key]) => key);
    expect(Object.keys(arns).toSorted()).toEqual([...new Set(asked)].toSorted());
    const functions = functionsOf(template());
    for (const [state, step] of Object.entries(substitutions(flow))) {
      const lambda = functions.get(arns[state]!['Fn::GetAtt'][0])!;
      expect(lambda['FunctionName']).toBe(`keyturn-${provider}-${step.replace(/^.*\//, '')}`);
      expect(lambda['Environment']).toMatchObject({
        Variables: { KEYTURN_STEP: step, KEYTURN_PROVIDER: provider },
      });
    }
    const role =
      template().toJSON().Resources[(machine['RoleArn'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]].Properties;
    const invocations = role.Policies.flatMap((policy: { PolicyDocument: { Statement: { Action: string }[] } }) =>
      policy.PolicyDocument.Statement.filter(({ Action }) => Action.includes('lambda:')),
    );
    expect(invocations).toEqual([
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: expect.arrayContaining(Object.values(arns)) },
    ]);
    expect(invocations[0].Resource).toHaveLength(Object.keys(arns).length);
  });

  it('logs the path of every execution and never its data', () => {
    const machine = one(template(), 'AWS::StepFunctions::StateMachine');
    expect(machine['LoggingConfiguration']).toMatchObject({ IncludeExecutionData: false, Level: 'ALL' });
    expect(machine['TracingConfiguration']).toEqual({ Enabled: true });
    expect(machine['StateMachineType']).toBe('STANDARD');
  });

  it('ends every function before its state gives up on it, and both before a roll-back begins', () => {
    const machine = one(template(), 'AWS::StepFunctions::StateMachine');
    const arns = machine['DefinitionSubstitutions'] as Record<string, { 'Fn::GetAtt': [string, string] }>;
    const { States } = JSON.parse(String(machine['DefinitionString'])) as {
      States: Record<string, { Type: string; TimeoutSeconds: number }>;
    };
    const tasks = Object.entries(States).filter(([, { Type }]) => Type === 'Task');
    expect(tasks.length).toBeGreaterThan(10);
    for (const [name, { TimeoutSeconds }] of tasks) {
      const lambda = functionsOf(template()).get(arns[name]!['Fn::GetAtt'][0])!;
      expect(lambda['Timeout']).toBeLessThan(TimeoutSeconds);
      expect(TimeoutSeconds).toBeLessThan(300);
    }
  });

  it('has functions of one make: Node 24, arm64, a role and the log of their own provider', () => {
    const functions = [...functionsOf(template()).values()];
    expect(functions).toHaveLength(Object.keys(substitutions(flow)).length + 3);
    for (const lambda of functions) {
      expect(lambda).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        MemorySize: 512,
        LoggingConfig: { LogFormat: 'JSON' },
      });
    }
    const roles = functions.map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(functions.length);
    template().resourceCountIs('AWS::IAM::Policy', 0);
    template().allResourcesProperties('AWS::Logs::LogGroup', {
      KmsKeyId: Match.anyValue(),
      RetentionInDays: 400,
    });
  });

  it('wakes every sweep, and loses no call that fails', () => {
    const schedules = resourcesOf(template(), 'AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties);
    expect(schedules.map(({ Name }) => Name).toSorted()).toEqual([
      `keyturn-${provider}-reconcile`,
      `keyturn-${provider}-start-due`,
      `keyturn-${provider}-sweep-strays`,
    ]);
    const [queue] = resourcesOf(template(), 'AWS::SQS::Queue').map(([id]) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
    for (const { Name, Target, FlexibleTimeWindow } of schedules) {
      const seconds = Name === `keyturn-${provider}-reconcile` ? 300 : 900;
      expect(Target).toMatchObject({
        DeadLetterConfig: { Arn: queue },
        RetryPolicy: { MaximumEventAgeInSeconds: seconds, MaximumRetryAttempts: 3 },
      });
      expect(FlexibleTimeWindow).toMatchObject({ Mode: 'FLEXIBLE' });
    }
    const invocations = resourcesOf(template(), 'AWS::Lambda::EventInvokeConfig').map(
      ([, { Properties }]) => Properties,
    );
    for (const { DestinationConfig } of invocations) {
      expect(DestinationConfig).toEqual({ OnFailure: { Destination: queue } });
    }
    const ages = invocations.map(({ MaximumEventAgeInSeconds }) => Number(MaximumEventAgeInSeconds));
    expect(ages.toSorted((left, right) => left - right)).toEqual([300, 900, 900]);
    template().allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: Match.anyValue() });
  });

  it('tells people when something fails, or does not happen', () => {
    const alarms = resourcesOf(template(), 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    expect(alarms.map(({ AlarmName }) => String(AlarmName).replace(`keyturn-${provider}-`, '')).toSorted()).toEqual([
      'credential-overdue',
      'current-refused',
      'emergencies-held-back',
      'reconcile-failed',
      'reconcile-silent',
      'rotation-aborted',
      'rotation-failed',
      'rotation-timed-out',
      'rotations-held-back',
      'start-due-failed',
      'start-due-silent',
      'strays-left',
      'sweep-strays-failed',
      'sweep-strays-silent',
      'undelivered',
    ]);
    for (const { AlarmActions } of alarms) expect(AlarmActions).toHaveLength(1);
  });

  it('goes by what its own sweeps counted last: between two of them nothing is missing', () => {
    const counted = resourcesOf(template(), 'AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => Properties)
      .filter(({ Namespace }) => Namespace === 'Keyturn');
    expect(
      counted
        .map(({ MetricName, Statistic, Threshold, Period, EvaluationPeriods }) =>
          [MetricName, Statistic, Threshold, Period, EvaluationPeriods].join(' '),
        )
        .toSorted(),
    ).toEqual([
      'CurrentKeysRefused Maximum 1 1800 1',
      'EmergenciesHeldBack Maximum 1 300 1',
      // Eight days: a week's window, and one more.
      'OldestDueCredential Maximum 691200 300 1',
      'RotationsHeldBack Minimum 1 3600 6',
      'StraysLeft Minimum 1 3600 3',
    ]);
    for (const { Dimensions, TreatMissingData } of counted) {
      expect(TreatMissingData).toBe('ignore');
      expect(Dimensions).toEqual([
        { Name: 'provider', Value: provider },
        { Name: 'service', Value: 'keyturn' },
      ]);
    }
  });

  it('lets a service act for this account only', () => {
    for (const [, { Properties }] of resourcesOf(template(), 'AWS::IAM::Role')) {
      const { Statement } = Properties['AssumeRolePolicyDocument'] as {
        Statement: [{ Principal: { Service: string }; Condition?: object }];
      };
      // Lambda fills no source condition in; only this account can pass a role of this account to a function.
      if (Statement[0].Principal.Service === 'lambda.amazonaws.com') continue;
      expect(Statement[0].Condition).toMatchObject({
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnLike: { 'aws:SourceArn': expect.anything() },
      });
    }
    template().resourceCountIs('AWS::Lambda::Permission', 0);
  });
});
