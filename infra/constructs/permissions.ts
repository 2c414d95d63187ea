import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StepName } from '../../functions/steps/step.ts';
import { eventSource, ledgerTableName } from './names.ts';

/** Every strategy takes labels and keys back with the same rights. */
const rollBack: readonly Right[] = [
  'write-record',
  'write-journal',
  'list-obligations',
  'admin-secret',
  'read-current',
  'read-old',
  'move-current',
  'clear-labels',
];

/**
 * Who may do what, in one place. A function's role has the rights of its row and nothing else; the second table says
 * what a right is. Tests hold each row to what the function's source calls, and each right to what these calls ask of
 * AWS; `npm run test:aws` holds both to the calls of real runs.
 */
export const rightsOf: { readonly [Name in FunctionName]: readonly Right[] } = {
  contain: ['write-journal', 'write-obligation', 'admin-secret', 'read-current'],
  begin: [
    'write-record',
    'write-journal',
    'read-journal',
    'record-end',
    'write-obligation',
    'admin-secret',
    'read-current',
    'read-new',
    'look-at-runs',
  ],
  'create-key': [
    'write-record',
    'write-journal',
    'write-print',
    'admin-secret',
    'read-new',
    'store-version',
    'fingerprint',
  ],
  stage: ['write-record', 'write-journal', 'move-pending'],
  validate: ['write-record', 'write-journal', 'admin-secret', 'read-pending'],
  'cut-over': ['write-record', 'write-journal', 'pin-old', 'move-current'],
  confirm: ['write-record', 'write-journal', 'admin-secret', 'read-current'],
  'check-usage': ['read-record', 'write-journal', 'admin-secret', 'notices'],
  'disable-old': ['write-record', 'write-journal', 'list-obligations', 'admin-secret', 'read-current'],
  'revoke-old': ['write-record', 'write-journal', 'list-obligations', 'admin-secret', 'read-current'],
  'prove-refused': [
    'write-record',
    'write-journal',
    'list-obligations',
    'write-obligation',
    'admin-secret',
    'read-current',
    'read-old',
  ],
  finish: ['write-record', 'write-journal', 'record-end', 'clear-labels', 'notices'],
  'roll-back': rollBack,
  'record-outcome': [
    'write-record',
    'write-journal',
    'read-journal',
    'record-end',
    'write-obligation',
    'read-current',
    'notices',
  ],
  'two-slot/create-key': [
    'write-record',
    'write-journal',
    'write-print',
    'admin-secret',
    'read-current',
    'read-new',
    'store-version',
    'fingerprint',
  ],
  'two-slot/revoke-old': ['write-record', 'write-journal', 'list-obligations', 'admin-secret', 'read-current'],
  'two-slot/roll-back': rollBack,
  'human-created/create-key': ['write-record', 'write-journal', 'write-print', 'read-new', 'fingerprint'],
  'human-created/roll-back': rollBack,
  'start-due': ['list-records', 'write-journal', 'read-journal', 'start-runs', 'notices', 'undelivered'],
  'sweep-strays': ['list-records', 'write-record', 'admin-secret', 'read-current', 'read-new', 'undelivered'],
  reconcile: [
    'list-records',
    'write-record',
    'write-journal',
    'read-journal',
    'record-end',
    'list-obligations',
    'write-obligation',
    'find-print',
    'write-print',
    'list-incidents',
    'write-incident',
    'admin-secret',
    'read-current',
    'read-pending',
    'read-old',
    'move-current',
    'clear-labels',
    'start-runs',
    'fingerprint',
    'notices',
    'undelivered',
  ],
  webhook: ['webhook-secrets', 'send-intake'],
  intake: [
    'list-records',
    'read-record',
    'list-obligations',
    'write-obligation',
    'find-print',
    'list-incidents',
    'write-incident',
    'admin-secret',
    'describe-admin',
    'read-current',
    'start-runs',
    'fingerprint',
    'notices',
    'source-tokens',
    'receive-intake',
  ],
  escalate: [
    'read-record',
    'list-obligations',
    'write-obligation',
    'list-incidents',
    'write-incident',
    'notices',
    'undelivered',
  ],
  'poll-github': ['read-incident', 'source-tokens', 'send-intake', 'undelivered'],
  'poll-gitguardian': ['read-incident', 'source-tokens', 'send-intake', 'undelivered'],
};

export type FunctionName = StepName | SweepName | 'webhook' | 'intake';
/** What runs on a clock of its own. */
export type SweepName = 'start-due' | 'sweep-strays' | 'reconcile' | 'escalate' | PollName;
export type PollName = 'poll-github' | 'poll-gitguardian';

export type Right =
  | 'read-record'
  | 'write-record'
  | 'list-records'
  | 'write-journal'
  | 'read-journal'
  | 'record-end'
  | 'write-obligation'
  | 'list-obligations'
  | 'write-print'
  | 'find-print'
  | 'read-incident'
  | 'write-incident'
  | 'list-incidents'
  | 'admin-secret'
  | 'describe-admin'
  | 'read-current'
  | 'read-pending'
  | 'read-new'
  | 'read-old'
  | 'store-version'
  | 'move-pending'
  | 'move-current'
  | 'pin-old'
  | 'clear-labels'
  | 'start-runs'
  | 'look-at-runs'
  | 'fingerprint'
  | 'notices'
  | 'webhook-secrets'
  | 'source-tokens'
  | 'send-intake'
  | 'receive-intake'
  | 'undelivered';

/** The ARNs that rights are on: one provider's; of all providers only for who takes in what may name any. */
export interface Places {
  readonly providers: readonly string[];
  readonly ledger: string;
  readonly adminSecrets: string[];
  readonly managedSecrets: string[];
  /** Secrets with a name of their own that the register gives to these providers, known by their tag; null: none. */
  readonly adoptedSecrets: { readonly arn: string; readonly providers: string[] } | null;
  readonly machines: string[];
  readonly executions: string[];
  readonly people: string;
  readonly bus: string;
  readonly webhookSecrets: string;
  readonly sourceTokens: string;
  readonly intakeQueue: string;
  readonly undelivered: string;
  readonly keys: {
    readonly adminSecrets: string;
    readonly managedSecrets: string;
    readonly data: string;
    readonly fingerprints: string;
  };
}

/**
 * The statements of a role that has these rights. Those that differ in nothing but their partitions or labels are one:
 * that is shorter to review, and IAM counts the characters of a role's policies.
 */
export const policyOf = (rights: readonly Right[], places: Places): PolicyStatement[] => {
  const alike = new Map<string, ReadonlySet<unknown>>();
  for (const statement of rights.flatMap((right) => statementsOf[right](places))) {
    const values: unknown[] = [];
    const rest = JSON.stringify(statement.toStatementJson(), (key, value: unknown) =>
      joined.includes(key) ? values.push(value) && [] : value,
    );
    alike.set(rest, new Set([...(alike.get(rest) ?? []), ...values.flat()]));
  }
  return [...alike].map(([rest, values]) =>
    PolicyStatement.fromJson(JSON.parse(rest, (key, value: unknown) => (joined.includes(key) ? [...values] : value))),
  );
};
/** Of each of these a request has one value, so it is allowed by one list as it would be by several. */
const joined = ['dynamodb:LeadingKeys', 'secretsmanager:VersionStage'];

type Conditions = Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;

const allow = (actions: string[], on: string | string[], conditions: Conditions = {}): PolicyStatement =>
  new PolicyStatement({ actions, resources: [on].flat(), conditions });

type Service = 'dynamodb' | 'secretsmanager' | 'sns' | 'sqs';
/** What each service names when it uses a key: the thing that the key encrypts. */
const encrypted: { readonly [Name in Service]: string } = {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html, 2026-11
  dynamodb: 'aws:dynamodb:tableName',
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html, 2026-11
  secretsmanager: 'SecretARN',
  // https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html, 2026-11
  sns: 'aws:sns:topicArn',
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html, 2026-11
  sqs: 'aws:sqs:arn',
};

/** A key, through one service, for one thing that lies there. */
const useKey = (actions: string[], key: string, service: Service, thing: string | string[]): PolicyStatement =>
  allow(actions, key, {
    StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` },
    StringLike: { [`kms:EncryptionContext:${encrypted[service]}`]: thing },
  });

/**
 * Items of the ledger, by the kind that their partition key begins with (functions/aws/ledger.ts). Every request that is
 * allowed here names one partition: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html, 2026-11
 */
const onLedger = ({ ledger, keys }: Places, actions: string[], ...partitions: string[]): PolicyStatement[] => [
  allow(actions, ledger, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } }),
  useKey(['kms:Decrypt'], keys.data, 'dynamodb', ledgerTableName),
];
const get = ['dynamodb:GetItem'];
/** A write whose answer was lost is looked for. */
const put = ['dynamodb:GetItem', 'dynamodb:PutItem'];
const list = ['dynamodb:Query'];

/** On the providers' secrets: those below its name, and those that carry its tag. */
const onSecrets = (places: Places, actions: string[], conditions: Conditions = {}): PolicyStatement[] => {
  const { managedSecrets, adoptedSecrets } = places;
  const named = allow(actions, managedSecrets, conditions);
  if (adoptedSecrets === null) return [named];
  const tag = { StringEquals: { 'aws:ResourceTag/keyturn:provider': adoptedSecrets.providers } };
  return [named, allow(actions, adoptedSecrets.arn, { ...conditions, ...tag })];
};

/**
 * Reads of values are bound to a label, so a role that may read one version cannot read another. A request has several
 * labels at most and one at least, hence ForAnyValue, which also refuses a read that names no label:
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html, 2026-11
 */
const readVersion = (places: Places, ...labels: string[]): PolicyStatement[] => [
  ...onSecrets(places, ['secretsmanager:GetSecretValue'], {
    'ForAnyValue:StringLike': { 'secretsmanager:VersionStage': labels },
  }),
  // When a version cannot be read, where its label is tells why.
  ...onSecrets(places, ['secretsmanager:DescribeSecret']),
  useKey(['kms:Decrypt'], places.keys.managedSecrets, 'secretsmanager', places.managedSecrets),
];

/**
 * Labels are moved one at a time, and a role moves only those of its step.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html, 2026-11
 */
const moveLabels = (places: Places, ...labels: string[]): PolicyStatement[] => [
  ...onSecrets(places, ['secretsmanager:UpdateSecretVersionStage'], {
    'ForAnyValue:StringLike': { 'secretsmanager:VersionStage': labels },
  }),
  ...onSecrets(places, ['secretsmanager:DescribeSecret']),
];

const sendTo = (queue: string, key: string): PolicyStatement[] => [
  allow(['sqs:SendMessage'], queue),
  useKey(['kms:Decrypt', 'kms:GenerateDataKey'], key, 'sqs', queue),
];

/** The text of a secret that is no workload's, as it is now. */
const readText = (secrets: string | string[], key: string): PolicyStatement[] => [
  allow(['secretsmanager:GetSecretValue'], secrets, {
    'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' },
  }),
  useKey(['kms:Decrypt'], key, 'secretsmanager', secrets),
];

/** What each right is. Nobody may delete: not an item of the ledger, not a secret, not a version. */
export const statementsOf: { readonly [Name in Right]: (places: Places) => PolicyStatement[] } = {
  'read-record': (places) => onLedger(places, get, 'credentials#*'),
  'write-record': (places) => onLedger(places, put, 'credentials#*'),
  'list-records': (places) => onLedger(places, list, 'credentials#*'),
  'write-journal': (places) => onLedger(places, put, 'rotation#*'),
  'read-journal': (places) => onLedger(places, list, 'rotation#*'),
  'record-end': (places) => onLedger(places, put, 'ends#*'),
  'write-obligation': (places) => onLedger(places, put, 'obligations'),
  'list-obligations': (places) => onLedger(places, list, 'obligations'),
  'write-print': (places) => onLedger(places, put, 'hint#*', 'print#*'),
  'find-print': (places) => [...onLedger(places, get, 'print#*'), ...onLedger(places, list, 'hint#*')],
  'read-incident': (places) => onLedger(places, get, 'incident#*'),
  'write-incident': (places) => onLedger(places, put, 'incident#*', 'incidents'),
  'list-incidents': (places) => [...onLedger(places, get, 'incident#*'), ...onLedger(places, list, 'incidents')],
  'admin-secret': ({ adminSecrets, keys }) => readText(adminSecrets, keys.adminSecrets),
  // Which version of it has leaked; never what it holds.
  'describe-admin': ({ adminSecrets }) => [allow(['secretsmanager:DescribeSecret'], adminSecrets)],
  // What opens a source is kept as what opens a provider is.
  'webhook-secrets': ({ webhookSecrets, keys }) => readText(webhookSecrets, keys.adminSecrets),
  'source-tokens': ({ sourceTokens, keys }) => readText(sourceTokens, keys.adminSecrets),
  'read-current': (places) => readVersion(places, 'AWSCURRENT'),
  'read-pending': (places) => readVersion(places, 'AWSPENDING'),
  'read-new': (places) => readVersion(places, 'keyturn-new-*'),
  // The old version is read under whatever label is left on it.
  'read-old': (places) => readVersion(places, 'AWSPREVIOUS', 'keyturn-*'),
  'store-version': (places) => [
    // The tag is what lets a provider's roles use a secret: no other provider's can be given away.
    allow(['secretsmanager:CreateSecret', 'secretsmanager:TagResource'], places.managedSecrets, {
      StringEquals: { 'aws:RequestTag/keyturn:provider': [...places.providers] },
    }),
    // Looked for before it is made.
    allow(['secretsmanager:DescribeSecret'], places.managedSecrets),
    ...onSecrets(places, ['secretsmanager:PutSecretValue']),
    useKey(['kms:Decrypt', 'kms:GenerateDataKey'], places.keys.managedSecrets, 'secretsmanager', places.managedSecrets),
  ],
  'move-pending': (places) => moveLabels(places, 'AWSPENDING'),
  'move-current': (places) => moveLabels(places, 'AWSCURRENT'),
  'pin-old': (places) => moveLabels(places, 'keyturn-old-*'),
  'clear-labels': (places) => moveLabels(places, 'AWSPENDING', 'AWSPREVIOUS', 'keyturn-*'),
  // A start looks first, whether that run is there already.
  'start-runs': ({ machines, executions }) => [
    allow(['states:StartExecution'], machines),
    allow(['states:DescribeExecution'], executions),
  ],
  'look-at-runs': ({ executions }) => [allow(['states:DescribeExecution'], executions)],
  // Whoever may ask for a fingerprint can tell whether a value is one of ours, and nothing else.
  fingerprint: ({ keys }) => [
    allow(['kms:GenerateMac'], keys.fingerprints, { StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } }),
  ],
  notices: ({ people, bus, keys }) => [
    allow(['sns:Publish'], people),
    useKey(['kms:Decrypt', 'kms:GenerateDataKey'], keys.data, 'sns', people),
    // A request has as many sources as events: each must be ours.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html, 2026-11
    allow(['events:PutEvents'], bus, { 'ForAllValues:StringEquals': { 'events:source': eventSource } }),
  ],
  'send-intake': ({ intakeQueue, keys }) => sendTo(intakeQueue, keys.data),
  // What Lambda does in the function's name: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, 2026-11
  'receive-intake': ({ intakeQueue, keys }) => [
    allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], intakeQueue),
    useKey(['kms:Decrypt'], keys.data, 'sqs', intakeQueue),
  ],
  undelivered: ({ undelivered, keys }) => sendTo(undelivered, keys.data),
};
