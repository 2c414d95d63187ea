import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsExecutions } from '../../functions/aws/executions.ts';
import { awsFingerprints } from '../../functions/aws/fingerprints.ts';
import { awsIntake } from '../../functions/aws/intake-queue.ts';
import { awsLedger } from '../../functions/aws/ledger.ts';
import { awsNotices } from '../../functions/aws/notices.ts';
import { awsVault } from '../../functions/aws/vault.ts';
import { credentialId, instant, keyId, rotationId, secretName, versionId } from '../../functions/domain/identifiers.ts';
import { emptyRecord } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { StubService } from '../aws/stub-service.ts';

type Asked = (client: StubService['client']) => Promise<unknown>;

const value = new SecretValue('sk-asked');
const secret = secretName('keyturn/openai/chat');
const machineArn = 'arn:aws:states:eu-central-1:123456789012:stateMachine:keyturn-openai';

/** One question to each service by its port, to be asked of the sources and of a bundle of them. */
export const asked = {
  'ledger.read': (client) => awsLedger('keyturn-ledger', new DynamoDBClient(client)).read(credentialId('chat')),
  'ledger.replace': (client) =>
    awsLedger('keyturn-ledger', new DynamoDBClient(client)).replace(emptyRecord(credentialId('chat')), 3),
  'vault.describe': (client) => awsVault({}, new SecretsManagerClient(client)).describe(secret),
  'vault.store': (client) =>
    awsVault({}, new SecretsManagerClient(client)).store(secret, versionId('v-1'), 'keyturn-new-r-1', {
      apiKey: value,
      keyId: keyId('key-1'),
      rotationId: rotationId('r-1'),
    }),
  'fingerprints.of': (client) => awsFingerprints('key-1', new KMSClient(client)).of(value),
  'executions.look': (client) =>
    awsExecutions(() => machineArn, new SFNClient(client)).look({ rotationId: rotationId('r-1'), provider: 'openai' }),
  'notices.send': (client) =>
    awsNotices(
      { topicArn: 'arn:aws:sns:eu-central-1:123456789012:keyturn-people', busName: 'keyturn' },
      new SNSClient(client),
      new EventBridgeClient(client),
    ).send({
      credentialId: null,
      rotationId: null,
      severity: 'information',
      contact: 'team@example.com',
      subject: 'Nothing',
      text: 'Nothing happened.',
    }),
  'intake.put': (client) =>
    awsIntake(`${client.endpoint}/123456789012/keyturn-intake.fifo`, new SQSClient(client)).put(
      {
        kind: 'github-alert',
        alert: { repository: 'acme/app', number: 1, seen: 'listed', at: instant(0) },
      },
      'one',
    ),
} as const satisfies Readonly<Record<string, Asked>>;
