import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { arn, machineName, thisAccountOnly } from './names.ts';
import { ownRole } from './own-role.ts';

export interface RotationMachineProps {
  readonly provider: string;
  /** The committed ASL, as it is. */
  readonly aslText: string;
  /** What stands for each `${...}` of the text. */
  readonly functions: ReadonlyMap<string, Lambda>;
  readonly logKey: IKey;
  readonly logRetention: RetentionDays;
}

/** The provider's workflow: the same bytes that run on one machine, with ARNs for the names of its steps. */
export class RotationMachine extends Construct {
  readonly machine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    { provider, aslText, functions, logKey, logRetention }: RotationMachineProps,
  ) {
    super(scope, id);

    const logGroup = new LogGroup(this, 'Log', {
      // Step Functions' log groups need this prefix, or the account's one resource policy for them grows too long:
      // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html, 2026-11
      logGroupName: `/aws/vendedlogs/states/${machineName(provider)}`,
      encryptionKey: logKey,
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const lambdas = [...functions.values()];
    const role = ownRole(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          ...thisAccountOnly,
          ArnLike: { 'aws:SourceArn': arn(this, 'states', 'stateMachine', machineName(provider)) },
        },
      }),
      inlinePolicies: {
        steps: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: lambdas.map(({ functionArn }) => functionArn),
            }),
          ],
        }),
        logs: new PolicyDocument({
          statements: [
            // None of these has a resource: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, 2026-11
            new PolicyStatement({
              actions: [
                'logs:CreateLogDelivery',
                'logs:DeleteLogDelivery',
                'logs:DescribeLogGroups',
                'logs:DescribeResourcePolicies',
                'logs:GetLogDelivery',
                'logs:ListLogDeliveries',
                'logs:PutResourcePolicy',
                'logs:UpdateLogDelivery',
                'xray:GetSamplingRules',
                'xray:GetSamplingTargets',
                'xray:PutTelemetryRecords',
                'xray:PutTraceSegments',
              ],
              resources: ['*'],
            }),
          ],
        }),
      },
    });
    acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', 'Log delivery and trace segments have no resources to name.');

    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: machineName(provider),
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(aslText),
      definitionSubstitutions: Object.fromEntries([...functions].map(([name, lambda]) => [name, lambda.functionArn])),
      role: role.withoutPolicyUpdates(),
      tracingEnabled: true,
      // The path of every execution, never its data: a state's input would be one more place to leak from.
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
    });
    this.machine.node.addDependency(role);
  }
}
