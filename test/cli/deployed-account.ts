import type { DeclaredRegister } from '../../functions/register/register.ts';
import { substitute } from '../../workflows/substitutions.ts';
import { stubService } from '../aws/stub-service.ts';
import { appOf, type Resource, resourcesOf, stackOf, textOf } from '../infra/synthesised.ts';

const arnOf = (service: string, name: string): string => `arn:aws:${service}:eu-central-1:123456789012:${name}`;

export const topicArn = arnOf('sns', 'keyturn-people');

export interface AlarmThere {
  AlarmName: string;
  AlarmDescription: string;
  ActionsEnabled: boolean;
  AlarmActions: string[];
  StateValue: string;
  /** Seconds since 1970. */
  StateUpdatedTimestamp: number;
}

/** What a test may alter before it looks. */
export interface Account {
  /** Definitions by the state machine's name. */
  readonly machines: Map<string, string>;
  readonly alarms: Map<string, AlarmThere>;
  /** Messages by the queue's name. */
  readonly queues: Map<string, number>;
  /** Null: there is no such topic. */
  subscriptions: { readonly arn: string; readonly filter?: string }[] | null;
  /** The labels of the one version that each secret has. */
  readonly secrets: Map<string, string[]>;
  /** The error that an operation is answered with, by its name; `*` is every operation. */
  readonly failing: Map<string, string>;
}

/** The account as `cdk deploy` leaves it: read from the templates, an hour ago, and somebody has subscribed. */
export const accountOf = (
  register: DeclaredRegister,
  context: Record<string, unknown>,
  deployedAt: number,
): Account => {
  const app = appOf(register, context);
  const parts = [...new Set(register.accounts.map(({ provider }) => provider)), 'intake'];
  const all = (type: string): (readonly [part: string, id: string, resource: Resource])[] =>
    parts.flatMap((part) => resourcesOf(stackOf(app, part), type).map(([id, it]) => [part, id, it] as const));
  const functionNames = new Map(
    all('AWS::Lambda::Function').map(([part, id, { Properties }]) => [
      `${part} ${id}`,
      String(Properties['FunctionName']),
    ]),
  );
  const definitionOf = (part: string, { Properties }: Resource): string => {
    const values = Object.entries(Properties['DefinitionSubstitutions'] as Record<string, unknown>).map(
      ([key, value]) => {
        const [, id = ''] = /^\{(\w+)/.exec(textOf(value)) ?? [];
        return [key, arnOf('lambda', `function:${functionNames.get(`${part} ${id}`) ?? id}`)];
      },
    );
    return substitute(String(Properties['DefinitionString']), Object.fromEntries(values));
  };
  return {
    machines: new Map(
      all('AWS::StepFunctions::StateMachine').map(([part, , machine]) => [
        String(machine.Properties['StateMachineName']),
        definitionOf(part, machine),
      ]),
    ),
    alarms: new Map(
      all('AWS::CloudWatch::Alarm').map(([, , { Properties }]) => [
        String(Properties['AlarmName']),
        {
          AlarmName: String(Properties['AlarmName']),
          AlarmDescription: textOf(Properties['AlarmDescription']),
          ActionsEnabled: true,
          AlarmActions: (Properties['AlarmActions'] as unknown[]).map((action) =>
            textOf(action).includes('People') ? topicArn : textOf(action),
          ),
          StateValue: 'OK',
          StateUpdatedTimestamp: deployedAt / 1000,
        },
      ]),
    ),
    queues: new Map(all('AWS::SQS::Queue').map(([, , { Properties }]) => [String(Properties['QueueName']), 0])),
    subscriptions: [{ arn: `${topicArn}:one` }],
    secrets: new Map([
      ...register.accounts.map(({ adminSecret }) => [adminSecret, ['AWSCURRENT']] as [string, string[]]),
      ...register.credentials.map(({ secret }) => [secret, ['AWSCURRENT']] as [string, string[]]),
    ]),
    // As for an operator: the functions alone may read admin secrets.
    failing: new Map([['GetSecretValue', 'AccessDeniedException']]),
  };
};

/** AWS on loopback, with that account in it. @returns its address */
export const serve = async (account: Account): Promise<string> => {
  const { client } = await stubService([
    (received) => {
      const { operation = '', body = '' } = received.at(-1) ?? {};
      const error = account.failing.get('*') ?? account.failing.get(operation);
      if (error !== undefined) return failed(operation, error);
      const answer = answers[operation];
      return answer === undefined ? failed(operation, 'UnknownOperation') : answer(account, body, client.endpoint);
    },
  ]);
  return client.endpoint;
};

type Answer = { readonly status: number; readonly body: string | object };

const ok = (body: string | object): Answer => ({ status: 200, body });

const failed = (operation: string, name: string): Answer =>
  isQuery(operation)
    ? { status: 400, body: `<ErrorResponse><Error><Code>${name}</Code><Message>no</Message></Error></ErrorResponse>` }
    : { status: 400, body: { __type: `com.amazonaws#${name}`, message: 'said by the service' } };

/** SNS still speaks XML. */
const isQuery = (operation: string): boolean => operation.includes('Subscription');

const xml = (operation: string, inner: string): Answer =>
  ok(`<${operation}Response><${operation}Result>${inner}</${operation}Result></${operation}Response>`);

const jsonOf = (body: string): Readonly<Record<string, string>> => JSON.parse(body) as Record<string, string>;

const answers: Readonly<Record<string, (account: Account, body: string, endpoint: string) => Answer>> = {
  Query: () => ok({ Items: [], Count: 0 }),
  GetItem: () => ok({}),
  GenerateMac: () => ok({ Mac: Buffer.alloc(32, 1).toString('base64') }),
  DescribeSecret: ({ secrets }, body) => {
    const labels = secrets.get(jsonOf(body)['SecretId'] ?? '');
    return labels === undefined
      ? failed('DescribeSecret', 'ResourceNotFoundException')
      : ok({ VersionIdsToStages: { 'version-1': labels } });
  },
  ListSecretVersionIds: () =>
    ok({ Versions: [{ VersionId: 'version-1', VersionStages: ['AWSCURRENT'], CreatedDate: 1_764_547_200 }] }),
  ListStateMachines: ({ machines }) =>
    ok({
      stateMachines: [...machines.keys()].map((name) => ({
        name,
        stateMachineArn: arnOf('states', `stateMachine:${name}`),
        type: 'STANDARD',
        creationDate: 1,
      })),
    }),
  DescribeStateMachine: ({ machines }, body) =>
    ok({ definition: machines.get(jsonOf(body)['stateMachineArn']?.split(':').at(-1) ?? '') ?? '' }),
  // Two pages, as an account with many alarms answers.
  DescribeAlarms: ({ alarms }, body) => {
    const all = [...alarms.values()];
    const half = Math.ceil(all.length / 2);
    return ok(
      jsonOf(body)['NextToken'] === undefined
        ? { MetricAlarms: all.slice(0, half), NextToken: 'more' }
        : { MetricAlarms: all.slice(half) },
    );
  },
  ListSubscriptionsByTopic: ({ subscriptions }) =>
    subscriptions === null
      ? failed('ListSubscriptionsByTopic', 'NotFound')
      : xml(
          'ListSubscriptionsByTopic',
          `<Subscriptions>${subscriptions
            .map(({ arn }) => `<member><Protocol>email</Protocol><SubscriptionArn>${arn}</SubscriptionArn></member>`)
            .join('')}</Subscriptions>`,
        ),
  GetSubscriptionAttributes: ({ subscriptions }, body) => {
    const arn = new URLSearchParams(body).get('SubscriptionArn');
    const filter = subscriptions?.find((one) => one.arn === arn)?.filter;
    const entry = filter === undefined ? '' : `<entry><key>FilterPolicy</key><value>${filter}</value></entry>`;
    return xml('GetSubscriptionAttributes', `<Attributes>${entry}</Attributes>`);
  },
  GetQueueUrl: ({ queues }, body, endpoint) => {
    const name = jsonOf(body)['QueueName'] ?? '';
    return queues.has(name)
      ? ok({ QueueUrl: `${endpoint}/123456789012/${name}` })
      : failed('GetQueueUrl', 'QueueDoesNotExist');
  },
  GetQueueAttributes: ({ queues }, body) =>
    ok({
      Attributes: {
        ApproximateNumberOfMessages: String(queues.get(jsonOf(body)['QueueUrl']?.split('/').at(-1) ?? '') ?? 0),
      },
    }),
};
