import { Duration, Stack, Token } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type Code,
  type ILayerVersion,
  Function as Lambda,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { adminSecrets, functionName, machineName, managedSecrets, sourceTokens, webhookSecrets } from './names.ts';
import { ownRole } from './own-role.ts';
import { type FunctionName, type Places, policyOf, type Right, rightsOf } from './permissions.ts';

export interface LambdaFunctionProps {
  /** The part of the deployment that it belongs to: a provider, or `intake`. */
  readonly part: string;
  /** The row of the permission table. */
  readonly rightsOf: FunctionName;
  /** The last part of the function's name. */
  readonly name: string;
  readonly code: Code;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly layers: ILayerVersion[];
  readonly logGroup: ILogGroup;
  readonly places: Places;
  /** So many at once, and no other function can take their place. Null: as many as the account lets. */
  readonly reservedConcurrency?: number;
}

/** A Lambda with a role of its own, which has exactly the rights of its row in the permission table. */
export class LambdaFunction extends Construct {
  readonly lambda: Lambda;

  constructor(scope: Construct, id: string, props: LambdaFunctionProps) {
    super(scope, id);

    const role = ownRole(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        rights: new PolicyDocument({ statements: policyOf(rightsOf[props.rightsOf], props.places) }),
        logs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [props.logGroup.logGroupArn],
            }),
            // X-Ray has no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html, 2026-11
            new PolicyStatement({ actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] }),
          ],
        }),
      },
    });
    this.lambda = new Lambda(this, 'Function', {
      functionName: functionName(props.part, props.name),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code,
      layers: props.layers,
      // A step holds little, but its share of the processor comes with the memory, and its start needs that.
      memorySize: 512,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: props.environment,
      loggingFormat: LoggingFormat.JSON,
      logGroup: props.logGroup,
      tracing: Tracing.ACTIVE,
      ...(props.reservedConcurrency && { reservedConcurrentExecutions: props.reservedConcurrency }),
      // The table says what the role may do; nothing may be added to it behind its back.
      role: role.withoutPolicyUpdates(),
    });

    acknowledge(
      this.lambda,
      'NIST.800.53.R5-LambdaInsideVPC',
      'It calls vendors on the internet and AWS where it is public, and nothing can call it by network. In a VPC a leaked key would live as long as the NAT gateway is down.',
    );
    if (props.reservedConcurrency === undefined) {
      acknowledge(
        this.lambda,
        'NIST.800.53.R5-LambdaConcurrency',
        'How many run at once is limited where runs are started. A reservation would be taken from all others in the account, and a step that is throttled leaves a leaked key alive.',
      );
    }
    acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', 'Trace segments: X-Ray has no resources to name.');
    acknowledge(
      role,
      'Serverless-LambdaStarPermissions',
      'Each of its wildcards is acknowledged under AwsSolutions-IAM5.',
    );
    const { partition, region } = Stack.of(this);
    const arnOf = (service: string, resource: string) =>
      `arn:${asFound(partition, 'Partition')}:${service}:${asFound(region, 'Region')}:<AWS::AccountId>:${resource}`;
    for (const { rights, service, resource, reason } of wildcards(props.places)) {
      if (!rightsOf[props.rightsOf].some((right) => rights.includes(right))) continue;
      acknowledge(role, `AwsSolutions-IAM5[Resource::${arnOf(service, resource)}]`, reason);
    }
  }
}

/** As cdk-nag writes it: what is open until the deployment stands in angle brackets. */
const asFound = (value: string, name: string): string => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);

type Wildcard = {
  readonly rights: readonly Right[];
  readonly service: string;
  readonly resource: string;
  readonly reason: string;
};

const onSecrets: readonly Right[] = [
  'read-current',
  'read-pending',
  'read-new',
  'read-old',
  'store-version',
  'move-pending',
  'move-current',
  'pin-old',
  'clear-labels',
];

/** Every resource with a wildcard, the rights that bring it, and why it has one. */
const wildcards = ({ providers, adoptedSecrets }: Places): readonly Wildcard[] => [
  ...providers.flatMap(wildcardsOf),
  ...(adoptedSecrets === null
    ? []
    : [
        {
          rights: onSecrets,
          service: 'secretsmanager',
          resource: 'secret:*',
          reason: 'Only those that carry the tag of this provider: secrets with a name of their own, which are data.',
        },
      ]),
  {
    rights: ['webhook-secrets'],
    service: 'secretsmanager',
    resource: `secret:${webhookSecrets}`,
    reason: 'One for each source that sends webhooks; the ARN of a secret ends in letters that nobody knows before.',
  },
  {
    rights: ['source-tokens'],
    service: 'secretsmanager',
    resource: `secret:${sourceTokens}`,
    reason: 'One for each source that is asked; the ARN of a secret ends in letters that nobody knows before.',
  },
];

const wildcardsOf = (provider: string): readonly Wildcard[] => [
  {
    rights: ['admin-secret', 'describe-admin'],
    service: 'secretsmanager',
    resource: `secret:${adminSecrets(provider)}`,
    reason: 'The accounts of this provider are data, and the ARN of a secret ends in letters that nobody knows before.',
  },
  {
    rights: onSecrets,
    service: 'secretsmanager',
    resource: `secret:${managedSecrets(provider)}`,
    reason:
      'The credentials of this provider are data, and the ARN of a secret ends in letters that nobody knows before.',
  },
  {
    rights: ['start-runs', 'look-at-runs'],
    service: 'states',
    resource: `execution:${machineName(provider)}:*`,
    reason: 'The runs of this provider: an execution is named when it starts.',
  },
];
