import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { awsExecutions } from '../../functions/aws/executions.ts';
import { awsFingerprints } from '../../functions/aws/fingerprints.ts';
import { awsIntake } from '../../functions/aws/intake-queue.ts';
import { awsLedger } from '../../functions/aws/ledger.ts';
import { awsNotices } from '../../functions/aws/notices.ts';
import { awsVault } from '../../functions/aws/vault.ts';
import {
  credentialId,
  fingerprint,
  incidentId,
  rotationId,
  secretName,
  versionId,
} from '../../functions/domain/identifiers.ts';
import { current, newLabel, oldLabel, pending, previous } from '../../functions/domain/labels.ts';
import { emptyRecord } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type Places, type Right, statementsOf } from '../../infra/constructs/permissions.ts';
import { type Received, type StubService, stubService } from '../aws/stub-service.ts';
import { at, entryOf, incidentOf, obligationOf, payloadOf, printOf, requestOf } from '../conformance/ports/samples.ts';
import { type Call, rightsOfCalls } from './rights-of-calls.ts';

/** An operation, and what the request is about where a policy looks at that: a partition, a label, a tag, a source. */
type Asked = { readonly operation: string; readonly about: string };

const places: Places = {
  providers: ['openai'],
  ledger: 'ledger',
  adminSecrets: ['admin'],
  managedSecrets: ['managed'],
  adoptedSecrets: null,
  machines: ['machine'],
  executions: ['execution'],
  people: 'people',
  bus: 'bus',
  webhookSecrets: 'webhook',
  sourceTokens: 'token',
  intakeQueue: 'queue',
  undelivered: 'undelivered',
  keys: { adminSecrets: 'key', managedSecrets: 'key', data: 'key', fingerprints: 'key' },
};

const statementForm = z.object({
  Action: z.union([z.string(), z.array(z.string())]),
  Condition: z.optional(z.record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())])))),
});

/** What a right lets through, but for the keys that services use in the caller's name. */
const grantedBy = (right: Right): readonly Asked[] =>
  statementsOf[right](places).flatMap((statement) => {
    const { Action, Condition = {} } = statementForm.parse(statement.toStatementJson());
    const bounds = Object.values(Condition).flatMap((keys) => Object.entries(keys));
    if (bounds.some(([key]) => key === 'kms:ViaService')) return [];
    const about = bounds.flatMap(([, values]) => values);
    return [Action].flat().flatMap((action) => {
      const operation = action.replace(/^\w+:/, '');
      return about.length === 0 ? [{ operation, about: '*' }] : about.map((bound) => ({ operation, about: bound }));
    });
  });

const lets = (granted: Asked, asked: Asked): boolean =>
  granted.operation === asked.operation &&
  (granted.about.endsWith('*') ? asked.about.startsWith(granted.about.slice(0, -1)) : asked.about === granted.about);

const named = z.object({ S: z.string() });
const requestForm = z.object({
  Key: z.optional(z.object({ pk: named })),
  Item: z.optional(z.object({ pk: named })),
  ExpressionAttributeValues: z.optional(z.object({ ':pk': z.optional(named) })),
  VersionStage: z.optional(z.string()),
  Tags: z.optional(z.array(z.object({ Key: z.string(), Value: z.string() }))),
  Entries: z.optional(z.array(z.object({ Source: z.string() }))),
  MacAlgorithm: z.optional(z.string()),
});

const askedBy = ({ operation, body }: Received): readonly Asked[] => {
  const request = requestForm.parse(body.startsWith('{') ? JSON.parse(body) : {});
  const about = [
    (request.Key ?? request.Item)?.pk.S,
    request.ExpressionAttributeValues?.[':pk']?.S,
    request.VersionStage,
    request.Tags?.find(({ Key }) => Key === 'keyturn:provider')?.Value,
    request.Entries?.[0]?.Source,
    request.MacAlgorithm,
  ].find((one) => one !== undefined);
  // Whoever makes a secret with tags must be allowed to tag it.
  return [operation, ...(request.Tags === undefined ? [] : ['TagResource'])].map((one) => ({
    operation: one,
    about: about ?? '',
  }));
};

/** Refuses what can be refused and finds nothing, so that each call also asks what it asks then. */
const unfavourable: Readonly<Record<string, { readonly status: number; readonly body: object }>> = {
  PutItem: { status: 400, body: { __type: 'ConditionalCheckFailedException' } },
  Query: {
    status: 200,
    body: { Items: [{ revision: { N: '1' }, writer: { S: 'another' }, text: { S: 'inc-20261101-00000001' } }] },
  },
  GetSecretValue: { status: 400, body: { __type: 'ResourceNotFoundException' } },
  DescribeSecret: { status: 400, body: { __type: 'ResourceNotFoundException' } },
  UpdateSecretVersionStage: { status: 400, body: { __type: 'InvalidParameterException' } },
  DescribeExecution: { status: 400, body: { __type: 'ExecutionDoesNotExist' } },
};

const portsOn = ({ client }: StubService) => ({
  vault: awsVault({ kmsKeyId: 'key' }, new SecretsManagerClient(client)),
  ledger: awsLedger('ledger', new DynamoDBClient(client)),
  executions: awsExecutions(() => 'arn:stateMachine:machine', new SFNClient(client)),
  fingerprints: awsFingerprints('key', new KMSClient(client)),
  intake: awsIntake(`${client.endpoint}/queue`, new SQSClient({ ...client, md5: false })),
  notices: awsNotices({ topicArn: 'people', busName: 'bus' }, new SNSClient(client), new EventBridgeClient(client)),
});
type TestPorts = ReturnType<typeof portsOn>;

const credential = credentialId('chat');
const secret = secretName('keyturn/openai/chat');
const run = rotationId('r-1');
const [one, other] = [versionId('1'.repeat(32)), versionId('2'.repeat(32))];
const alert = { repository: 'acme/app', number: 1, seen: 'listed', at: at(1) } as const;
const move = (label: string) => (ports: TestPorts) => ports.vault.moveLabel(secret, label, { from: one, to: other });
const read = (label: string) => (ports: TestPorts) => ports.vault.read(secret, one, label);
const readText = ({ vault }: TestPorts) => vault.readAdmin(secretName('keyturn/admin/openai/a'));

const calls: { readonly [Name in Call]: readonly ((ports: TestPorts) => Promise<unknown>)[] } = {
  'ledger.read': [({ ledger }) => ledger.read(credential)],
  'ledger.replace': [({ ledger }) => ledger.replace(emptyRecord(credential), 1)],
  'ledger.all': [({ ledger }) => ledger.all()],
  'ledger.append': [({ ledger }) => ledger.append(entryOf('r-1', credential, 1, 'begin'))],
  'ledger.append of an end': [({ ledger }) => ledger.append(entryOf('r-1', credential, 1, 'end'))],
  'ledger.entries': [({ ledger }) => ledger.entries(run)],
  'ledger.putObligation': [({ ledger }) => ledger.putObligation(obligationOf('key'))],
  'ledger.obligations': [({ ledger }) => ledger.obligations('all')],
  'ledger.putPrint': [({ ledger }) => ledger.putPrint(printOf('key'))],
  'ledger.findPrints': [
    ({ ledger }) => ledger.findPrints({ fingerprint: fingerprint('print') }),
    ({ ledger }) => ledger.findPrints({ hint: 'hint' }),
  ],
  'ledger.incident': [({ ledger }) => ledger.incident(incidentId('inc-1'))],
  'ledger.replaceIncident': [({ ledger }) => ledger.replaceIncident(incidentOf('inc-1', 1), 0)],
  'ledger.incidents': [({ ledger }) => ledger.incidents(null)],
  'vault.describe': [({ vault }) => vault.describe(secret)],
  'vault.describe of an admin secret': [({ vault }) => vault.describe(secret)],
  'vault.read under current': [read(current)],
  'vault.read under pending': [read(pending)],
  'vault.read under newLabel': [read(newLabel(run))],
  'vault.read under label': [read(previous), read(oldLabel(run))],
  'vault.moveLabel current': [move(current)],
  'vault.moveLabel pending': [move(pending)],
  'vault.moveLabel oldLabel': [move(oldLabel(run))],
  'vault.moveLabel label': [move(pending), move(previous), move(newLabel(run))],
  'vault.create': [({ vault }) => vault.create(secret, { 'keyturn:provider': 'openai' })],
  'vault.store': [({ vault }) => vault.store(secret, one, newLabel(run), payloadOf('value'))],
  'vault.readAdmin': [readText],
  connect: [readText],
  secretsOf: [readText],
  'executions.start': [({ executions }) => executions.start(requestOf('r-1'))],
  'executions.look': [({ executions }) => executions.look({ rotationId: run, provider: 'openai' })],
  'fingerprints.of': [({ fingerprints }) => fingerprints.of(new SecretValue('value'))],
  'notices.send': [
    ({ notices }) =>
      notices.send({
        credentialId: credential,
        rotationId: run,
        severity: 'information',
        contact: 'team@example.com',
        subject: 'subject',
        text: 'text',
      }),
  ],
  'intake.put': [({ intake }) => intake.put({ kind: 'github-alert', alert }, 'id')],
};
const names = Object.keys(calls) as Call[];

/** What a call asks, however it ends. */
const asking = async (name: Call): Promise<readonly Asked[]> => {
  const service = await stubService([
    (received) => unfavourable[received.at(-1)?.operation ?? ''] ?? { status: 200, body: {} },
  ]);
  for (const call of calls[name]) await call(portsOn(service)).catch(() => undefined);
  return service.received.flatMap(askedBy);
};

/** What a role has that makes the call. Only whoever moves or reads looks at labels; how a run ended is in its journal too. */
const rightsFor = (name: Call): readonly Right[] => {
  const need = rightsOfCalls[name];
  if (need === 'see-labels') return ['move-pending'];
  return need === 'record-end' ? [need, 'write-journal'] : [need];
};

it.each(names)('%s asks for nothing but what its right lets through', async (name) => {
  const granted = rightsFor(name).flatMap(grantedBy);
  const asked = await asking(name);
  expect(asked).not.toEqual([]);
  expect(asked.filter((one) => !granted.some((grant) => lets(grant, one)))).toEqual([]);
});

/** What Lambda does in a function's name: it is asked by no call of ours. */
const byLambda: readonly string[] = ['receive-intake', 'undelivered'];
const rights = (Object.keys(statementsOf) as Right[]).filter((right) => !byLambda.includes(right));

it.each(rights)('%s lets nothing through that no call asks for', async (right) => {
  const using = names.filter((name) => rightsOfCalls[name] === right);
  const asked = (await Promise.all(using.map(asking))).flat();
  expect(grantedBy(right).filter((grant) => !asked.some((one) => lets(grant, one)))).toEqual([]);
});
