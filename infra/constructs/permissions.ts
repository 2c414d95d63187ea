import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StepName } from '../../functions/steps/step.ts';
import { eventSource } from './names.ts';

/**
 * Who may do what, in one place. A function's role has the rights of its row and nothing else; the second table says
 * what a right is. A test holds each row to the ports that the function's source uses.
 */
export const rightsOf: { readonly [Name in FunctionName]: readonly Right[] } = {
  contain: ['ledger', 'admin-secret', 'read-current'],
  begin: ['ledger', 'admin-secret', 'read-current', 'look-at-runs'],
  'create-key': ['ledger', 'admin-secret', 'read-new', 'store-version', 'fingerprint'],
  stage: ['ledger', 'move-labels'],
  validate: ['ledger', 'admin-secret', 'read-pending'],
  'cut-over': ['ledger', 'move-labels'],
  confirm: ['ledger', 'admin-secret', 'read-current'],
  'check-usage': ['ledger', 'admin-secret', 'notices'],
  'disable-old': ['ledger', 'admin-secret', 'read-current'],
  'revoke-old': ['ledger', 'admin-secret', 'read-current'],
  'prove-refused': ['ledger', 'admin-secret', 'read-current', 'read-old'],
  finish: ['ledger', 'move-labels', 'notices'],
  'roll-back': ['ledger', 'admin-secret', 'read-current', 'read-old', 'move-labels'],
  'record-outcome': ['ledger', 'read-current', 'notices'],
  'two-slot/create-key': ['ledger', 'admin-secret', 'read-current', 'read-new', 'store-version', 'fingerprint'],
  'two-slot/revoke-old': ['ledger', 'admin-secret', 'read-current'],
  'two-slot/roll-back': ['ledger', 'admin-secret', 'read-current', 'read-old', 'move-labels'],
  'human-created/create-key': ['ledger', 'read-new', 'fingerprint'],
  'human-created/roll-back': ['ledger', 'admin-secret', 'read-current', 'read-old', 'move-labels'],
  'start-due': ['ledger', 'start-runs', 'look-at-runs', 'notices', 'undelivered'],
  'sweep-strays': ['ledger', 'admin-secret', 'read-current', 'read-new', 'undelivered'],
  reconcile: [
    'ledger',
    'admin-secret',
    'read-current',
    'read-pending',
    'read-old',
    'move-labels',
    'start-runs',
    'look-at-runs',
    'fingerprint',
    'notices',
    'undelivered',
  ],
  webhook: ['webhook-secrets', 'send-intake'],
  intake: [
    'ledger',
    'admin-secret',
    'describe-admin',
    'read-current',
    'start-runs',
    'look-at-runs',
    'fingerprint',
    'notices',
    'source-tokens',
    'receive-intake',
  ],
  escalate: ['ledger', 'notices', 'undelivered'],
  'poll-github': ['ledger', 'source-tokens', 'send-intake', 'undelivered'],
  'poll-gitguardian': ['ledger', 'source-tokens', 'send-intake', 'undelivered'],
};

export type FunctionName = StepName | SweepName | 'webhook' | 'intake';
/** What runs on a clock of its own. */
export type SweepName = 'start-due' | 'sweep-strays' | 'reconcile' | 'escalate' | PollName;
export type PollName = 'poll-github' | 'poll-gitguardian';

export type Right =
  | 'ledger'
  | 'admin-secret'
  | 'describe-admin'
  | 'read-current'
  | 'read-pending'
  | 'read-new'
  | 'read-old'
  | 'store-version'
  | 'move-labels'
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

type Conditions = Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;

const allow = (actions: string[], on: string | string[], conditions: Conditions = {}): PolicyStatement =>
  new PolicyStatement({ actions, resources: [on].flat(), conditions });

/** A service's key, through that service only. */
const useKey = (actions: string[], key: string, service: string, secrets?: string | string[]): PolicyStatement =>
  allow(actions, key, {
    StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` },
    ...(secrets === undefined ? {} : { StringLike: { 'kms:EncryptionContext:SecretARN': secrets } }),
  });

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

const sendTo = (queue: string, key: string): PolicyStatement[] => [
  allow(['sqs:SendMessage'], queue),
  useKey(['kms:Decrypt', 'kms:GenerateDataKey'], key, 'sqs'),
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
  ledger: ({ ledger, keys }) => [
    allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], ledger),
    useKey(['kms:Decrypt'], keys.data, 'dynamodb'),
  ],
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
    allow(['secretsmanager:CreateSecret', 'secretsmanager:TagResource'], places.managedSecrets),
    ...onSecrets(places, ['secretsmanager:PutSecretValue']),
    useKey(['kms:Decrypt', 'kms:GenerateDataKey'], places.keys.managedSecrets, 'secretsmanager', places.managedSecrets),
  ],
  'move-labels': (places) =>
    onSecrets(places, ['secretsmanager:DescribeSecret', 'secretsmanager:UpdateSecretVersionStage']),
  'start-runs': ({ machines }) => [allow(['states:StartExecution'], machines)],
  'look-at-runs': ({ executions }) => [allow(['states:DescribeExecution'], executions)],
  // Whoever may ask for a fingerprint can tell whether a value is one of ours, and nothing else.
  fingerprint: ({ keys }) => [
    allow(['kms:GenerateMac'], keys.fingerprints, { StringEquals: { 'kms:MacAlgorithm': 'HMAC_SHA_256' } }),
  ],
  notices: ({ people, bus, keys }) => [
    allow(['sns:Publish'], people),
    useKey(['kms:Decrypt', 'kms:GenerateDataKey'], keys.data, 'sns'),
    // A request has as many sources as events: each must be ours.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html, 2026-11
    allow(['events:PutEvents'], bus, { 'ForAllValues:StringEquals': { 'events:source': eventSource } }),
  ],
  'send-intake': ({ intakeQueue, keys }) => sendTo(intakeQueue, keys.data),
  // What Lambda does in the function's name: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html, 2026-11
  'receive-intake': ({ intakeQueue, keys }) => [
    allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], intakeQueue),
    useKey(['kms:Decrypt'], keys.data, 'sqs'),
  ],
  undelivered: ({ undelivered, keys }) => sendTo(undelivered, keys.data),
};
