import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { awsExecutions } from '../../functions/aws/executions.ts';
import { awsFingerprints } from '../../functions/aws/fingerprints.ts';
import { awsIntake } from '../../functions/aws/intake-queue.ts';
import { awsLedger } from '../../functions/aws/ledger.ts';
import { awsNotices } from '../../functions/aws/notices.ts';
import { awsVault } from '../../functions/aws/vault.ts';
import { incidentId, instant } from '../../functions/domain/identifiers.ts';
import type { Notice } from '../../functions/ports.ts';
import { dedupeIdOf, type IntakeMessage } from '../../functions/triggers/intake.ts';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { createLedgerTable } from '../conformance/ports/create-ledger-table.ts';
import { executionsSuite } from '../conformance/ports/executions-suite.ts';
import { fingerprintsSuite } from '../conformance/ports/fingerprints-suite.ts';
import { ledgerSuite } from '../conformance/ports/ledger-suite.ts';
import { vaultSuite } from '../conformance/ports/vault-suite.ts';
import { account, region } from './deploy.ts';
import { tally } from './tally.ts';

// The suites that the ports of one machine pass, passed by the ports of AWS, through the real clients, on two emulators
// that have no line in common. What AWS documents and MiniStack does otherwise is mended in start_ministack.py, each
// with its source; moto runs as it is.
const deployed = inject('deployed');
const emulators = [
  ['MiniStack', deployed?.hurried ?? ''],
  ['moto', deployed?.moto ?? ''],
] as const;

describe.skipIf(deployed === null).each(emulators)('the ports on %s', (name, endpoint) => {
  const ran = tally();
  const settings = { ...clientOf(endpoint), logger: ran.logger };
  const clients = {
    secrets: new SecretsManagerClient(settings),
    tables: new DynamoDBClient(settings),
    keys: new KMSClient(settings),
    machines: new SFNClient(settings),
    queues: new SQSClient(settings),
    topics: new SNSClient(settings),
    buses: new EventBridgeClient(settings),
  };
  const own = `keyturn-${randomUUID()}`;
  let [keyId, machineArn] = ['', ''];

  beforeAll(async () => {
    await createLedgerTable(clients.tables, own);
    const asKey = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } as const;
    keyId = (await clients.keys.send(new CreateKeyCommand(asKey))).KeyMetadata?.KeyId ?? '';
    const definition = JSON.stringify({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } });
    const roleArn = `arn:aws:iam::${account}:role/keyturn`;
    const machine = new CreateStateMachineCommand({ name: own, definition, roleArn });
    machineArn = (await clients.machines.send(machine)).stateMachineArn ?? '';
  });
  afterAll(() => {
    console.info([`On ${name}, by service, with what was asked and how often:`, ...ran.lines()].join('\n'));
    for (const client of Object.values(clients)) client.destroy();
  });

  vaultSuite('on Secrets Manager', () => awsVault({}, clients.secrets));
  ledgerSuite('on DynamoDB', () => awsLedger(own, clients.tables));
  fingerprintsSuite('on KMS', () => awsFingerprints(keyId, clients.keys));
  executionsSuite('on Step Functions', () => awsExecutions(() => machineArn, clients.machines));

  const createQueue = async (suffix: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await clients.queues.send(new CreateQueueCommand({ QueueName: `${own}-${suffix}`, Attributes }))).QueueUrl ?? '';
  /** What waits there, each of it deleted by its visibility timeout only. */
  const waiting = async (QueueUrl: string): Promise<readonly unknown[]> => {
    const { Messages = [] } = await clients.queues.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 60, WaitTimeSeconds: 1 }),
    );
    return Messages.map(({ Body }) => JSON.parse(Body ?? 'null'));
  };

  describe('intake: on SQS', () => {
    const alert = (number: number): IntakeMessage => ({
      kind: 'github-alert',
      alert: { repository: 'acme/chat', number, seen: 'created', at: instant(0) },
    });

    it('keeps each message once, and none waits for another', async () => {
      const queueUrl = await createQueue('intake.fifo', {
        FifoQueue: 'true',
        ContentBasedDeduplication: 'true',
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      });
      const intake = awsIntake(queueUrl, clients.queues);
      for (const number of [1, 2, 1, 3, 2]) await intake.put(alert(number), dedupeIdOf(alert(number)));
      // The first of its group is on its way; another group's is given out all the same.
      expect([await waiting(queueUrl), await waiting(queueUrl)].flat()).toEqual([alert(1), alert(2), alert(3)]);
    });
  });

  describe('notices: on SNS and EventBridge', () => {
    const notice: Notice = {
      credentialId: null,
      rotationId: null,
      incident: { incidentId: incidentId('inc-20261101-00000001'), audience: 'security lead' },
      severity: 'page',
      contact: 'lead@example.com',
      subject: 'a key leaked',
      text: 'It is stopped.',
    };

    it('reach whom they are for, by the filter that the README shows, and machines', async () => {
      const TopicArn = (await clients.topics.send(new CreateTopicCommand({ Name: own }))).TopicArn ?? '';
      await clients.buses.send(new CreateEventBusCommand({ Name: own }));
      const rule = { Name: own, EventBusName: own };
      await clients.buses.send(new PutRuleCommand({ ...rule, EventPattern: '{"source":["keyturn"]}' }));
      const [lead, owner, machines] = [await createQueue('lead'), await createQueue('owner'), await createQueue('all')];
      const arnOf = (queueUrl: string): string => `arn:aws:sqs:${region}:${queueUrl.split('/').slice(-2).join(':')}`;
      await clients.buses.send(
        new PutTargetsCommand({ Rule: own, EventBusName: own, Targets: [{ Id: '1', Arn: arnOf(machines) }] }),
      );
      for (const [queue, audience] of [
        [lead, 'security lead'],
        [owner, 'owner'],
      ] as const) {
        const Attributes = { FilterPolicy: JSON.stringify({ audience: [audience] }) };
        await clients.topics.send(
          new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arnOf(queue), Attributes }),
        );
      }
      await awsNotices({ topicArn: TopicArn, busName: own }, clients.topics, clients.buses).send(notice);
      expect(await waiting(lead)).toMatchObject([
        { Subject: notice.subject, Message: expect.stringContaining(notice.text) },
      ]);
      expect(await waiting(owner)).toEqual([]);
      expect(await waiting(machines)).toMatchObject([{ source: 'keyturn', detail: notice }]);
    });
  });
});
