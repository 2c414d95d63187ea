import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key, type KeyProps, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { arn, sqsArn, thisAccountOnly } from './names.ts';

/** What the account's administrators may do with a key: everything but to use it. This is also the way to recover it. */
const administration = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

const encryption = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const reading = ['kms:Decrypt', 'kms:ReEncryptFrom'];
const writing = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptTo'];

/**
 * One key for each class of data, so that a right to one class is no right to another. A principal needs both: the
 * right in its own policy, which names the secret as well, and the service that its class of data lies in. None of the
 * keys can be used directly, but the one that takes fingerprints: it encrypts nothing and opens nothing.
 */
export class Keys extends Construct {
  readonly adminSecrets: Key;
  readonly managedSecrets: Key;
  readonly data: Key;
  readonly audit: Key;
  readonly fingerprints: Key;

  constructor(scope: Construct, id: string, { operatorRoles }: Pick<Settings, 'operatorRoles'>) {
    super(scope, id);

    this.adminSecrets = this.key('AdminSecrets', 'admin-secrets', 'Admin keys of provider accounts', [
      this.through('secretsmanager'),
      ...this.denyOthers(operatorRoles, [...reading, ...writing]),
    ]);
    // Whoever may read a workload's secret is that workload's affair: its consumers are no list of ours.
    this.managedSecrets = this.key('ManagedSecrets', 'managed-secrets', 'Keys of workloads', [
      this.through('secretsmanager'),
      ...this.denyOthers(operatorRoles, writing),
    ]);
    this.data = this.key('Data', 'data', 'Ledger, notices, undelivered calls and logs', [
      this.through('dynamodb', 'sns', 'sqs'),
      // DynamoDB works with a grant that is made when the table is:
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html, 2026-11
      new PolicyStatement({
        sid: 'GrantForTheTable',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: {
          StringEquals: { 'kms:ViaService': `dynamodb.${Aws.REGION}.amazonaws.com` },
          Bool: { 'kms:GrantIsForAWSResource': 'true' },
        },
      }),
      new PolicyStatement({
        sid: 'LogGroups',
        principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
        actions: encryption,
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': [
              arn(this, 'logs', 'log-group', '/keyturn/*'),
              arn(this, 'logs', 'log-group', '/aws/vendedlogs/states/keyturn-*'),
            ],
          },
        },
      }),
      // EventBridge writes into queues as itself. The queue's own policy says for which rules, and SQS names the queue:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html, 2026-11
      new PolicyStatement({
        sid: 'EventsIntoOurQueues',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:sqs:arn': sqsArn(this, 'keyturn-*') } },
      }),
      // An alarm that may not use the topic's key goes off unheard.
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: {
          ...thisAccountOnly,
          ArnLike: { 'aws:SourceArn': arn(this, 'cloudwatch', 'alarm', 'keyturn-*') },
        },
      }),
    ]);
    this.audit = this.key('Audit', 'audit', 'The audit bucket', [this.through('s3')]);
    this.fingerprints = this.key(
      'Fingerprints',
      'fingerprints',
      'Which key a leaked value is',
      [
        new PolicyStatement({
          sid: 'OnlyFingerprints',
          principals: [new AccountRootPrincipal()],
          actions: ['kms:DescribeKey', 'kms:GenerateMac'],
          resources: ['*'],
        }),
      ],
      // Every print ever taken must stay comparable, and KMS rotates no HMAC key by itself:
      // https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html, 2026-11
      { keySpec: KeySpec.HMAC_256, keyUsage: KeyUsage.GENERATE_VERIFY_MAC, enableKeyRotation: false },
    );
  }

  private key(
    id: string,
    alias: string,
    description: string,
    uses: PolicyStatement[],
    kind: Pick<KeyProps, 'keySpec' | 'keyUsage' | 'enableKeyRotation'> = { enableKeyRotation: true },
  ): Key {
    return new Key(this, id, {
      ...kind,
      alias: `keyturn/${alias}`,
      description: `Keyturn: ${description}`,
      removalPolicy: RemovalPolicy.RETAIN,
      // In a key's policy `*` is the key itself.
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'Administration',
            principals: [new AccountRootPrincipal()],
            actions: administration,
            resources: ['*'],
          }),
          ...uses,
        ],
      }),
    });
  }

  /**
   * To all but Keyturn's own roles and those of its operators, whatever rights they have been given elsewhere. It is here
   * and not in a policy of each secret, because a role that writes such policies could let itself or anybody in. It denies
   * the use of a key and not its administration, so that nobody is locked out for good.
   */
  private denyOthers(operatorRoles: readonly string[], actions: string[]): PolicyStatement[] {
    if (operatorRoles.length === 0) return [];
    const ours = Stack.of(this).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: 'keyturn-*' });
    return [
      new PolicyStatement({
        sid: 'NobodyElse',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: ['*'],
        conditions: { ArnNotLike: { 'aws:PrincipalArn': [ours, ...operatorRoles] } },
      }),
    ];
  }

  private through(...services: string[]): PolicyStatement {
    return new PolicyStatement({
      sid: 'OnlyThroughItsServices',
      principals: [new AccountRootPrincipal()],
      actions: encryption,
      resources: ['*'],
      conditions: {
        StringEquals: { 'kms:ViaService': services.map((service) => `${service}.${Aws.REGION}.amazonaws.com`) },
      },
    });
  }
}
