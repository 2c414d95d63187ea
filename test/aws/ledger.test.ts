import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { awsLedger } from '../../functions/aws/ledger.ts';
import { credentialId, rotationId } from '../../functions/domain/identifiers.ts';
import { emptyRecord } from '../../functions/domain/rotation.ts';
import { entryOf, incidentOf, printOf } from '../conformance/ports/samples.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const credential = credentialId('chat');
const ok: Reply = { status: 200, body: {} };
const conflict = failure(400, 'ConditionalCheckFailedException');

const ledgerThat = async (replies: readonly Reply[], maxAttempts = 1) => {
  const { client, received } = await stubService(replies, maxAttempts);
  return { ledger: awsLedger('ledger', new DynamoDBClient(client)), received };
};

describe('a write whose answer was lost', () => {
  it('is known by its writer when the second try finds it done', async () => {
    const written: Reply = (received) => ({ status: 200, body: { Item: JSON.parse(received[0]?.body ?? '').Item } });
    const { ledger, received } = await ledgerThat(['lost', conflict, written], 2);
    expect(await ledger.replace(emptyRecord(credential), 0)).toBe(true);
    expect(received).toHaveLength(3);
    expect(received[1]?.body).toBe(received[0]?.body);
  });

  it('is not taken for our own when another has written', async () => {
    const other = { status: 200, body: { Item: { revision: { N: '1' }, writer: { S: 'other' }, text: { S: 'x' } } } };
    const { ledger } = await ledgerThat(['lost', conflict, other], 2);
    expect(await ledger.replace(emptyRecord(credential), 0)).toBe(false);
  });

  it('is unknown when no try was answered', async () => {
    const { ledger } = await ledgerThat(['lost']);
    const writing = ledger.replace(emptyRecord(credential), 0);
    await expect(writing).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  });

  it('adds no second entry to the journal', async () => {
    const entry = entryOf('r-1', credential, 1, 'begin');
    const stored = { form: 1, is: entry };
    const present = {
      status: 200,
      body: { Item: { revision: { N: '1' }, writer: { S: 'ours' }, text: { S: JSON.stringify(stored) } } },
    };
    const { ledger, received } = await ledgerThat([conflict, present]);
    await ledger.append(entry);
    expect(received.map(({ operation }) => operation)).toEqual(['PutItem', 'GetItem', 'GetItem']);
  });
});

describe('a record of several items, written half', () => {
  const otherWriter = { revision: { N: '1' }, writer: { S: 'other' }, text: { S: 'x' } };
  const present: Reply = { status: 200, body: { Item: otherWriter } };
  const keysOf = (received: readonly { readonly operation: string; readonly body: string }[]) =>
    received
      .filter(({ operation }) => operation === 'PutItem')
      .map(({ body }) => (JSON.parse(body) as { Item: Record<'pk' | 'sk', { S: string }> }).Item.pk.S);

  it('is a print that the next try completes', async () => {
    const print = printOf('key-abcd');
    const { ledger, received } = await ledgerThat([conflict, present, ok]);
    await ledger.putPrint(print);
    expect(keysOf(received)).toEqual([`print#${print.fingerprint}`, `print#${print.leakHash}`, 'hint#abcd']);
  });

  it('is an incident that is listed first, so that none is ever missing from the list', async () => {
    const incident = incidentOf('inc-20261101-00000001', 1);
    const { ledger, received } = await ledgerThat([conflict, present, ok]);
    expect(await ledger.replaceIncident(incident, 0)).toBe(true);
    expect(keysOf(received)).toEqual(['incidents', 'incident#inc-20261101-00000001']);
    await ledger.replaceIncident(incident, 1);
    expect(keysOf(received)).toHaveLength(3);
  });

  it('is an incident that is listed and was never written: it is passed over', async () => {
    const listed = { ...otherWriter, text: { S: 'inc-20261101-00000001' } };
    const { ledger } = await ledgerThat([{ status: 200, body: { Items: [listed] } }, ok]);
    expect(await ledger.incidents(null)).toEqual([]);
  });

  it('is an incident whose answer was lost: it is known by its writer', async () => {
    const written: Reply = (received) => ({ status: 200, body: { Item: JSON.parse(received[1]?.body ?? '').Item } });
    const { ledger } = await ledgerThat([ok, 'lost', conflict, written], 2);
    expect(await ledger.replaceIncident(incidentOf('inc-20261101-00000001', 1), 0)).toBe(true);
  });
});

describe('the ledger on DynamoDB', () => {
  it.each([
    ['read', 'NothingChanged', failure(500, 'InternalServerError')],
    ['read', 'NothingChanged', failure(400, 'ProvisionedThroughputExceededException')],
    ['read', 'NeedsPerson', failure(400, 'AccessDeniedException')],
    ['read', 'NeedsPerson', failure(400, 'ResourceNotFoundException')],
    ['replace', 'OutcomeUnknown', failure(400, 'ThrottlingException')],
    ['replace', 'NeedsPerson', failure(400, 'ValidationException')],
  ] as const)('%s says %s', async (call, name, reply) => {
    const { ledger } = await ledgerThat([reply]);
    const calling = call === 'read' ? ledger.read(credential) : ledger.replace(emptyRecord(credential), 0);
    await expect(calling).rejects.toMatchObject({ name });
  });

  it('reads consistently, always', async () => {
    const { ledger, received } = await ledgerThat([ok]);
    await ledger.read(credential);
    await ledger.entries(rotationId('r-1'));
    await ledger.obligations('open');
    await ledger.all();
    await ledger.findPrints({ hint: 'abcd' });
    await ledger.incidents(null);
    for (const { body } of received) expect(JSON.parse(body)).toMatchObject({ ConsistentRead: true });
  });

  it('refuses a record of a form that it does not know', async () => {
    const text = JSON.stringify({ form: 2, is: emptyRecord(credential) });
    const item = { revision: { N: '1' }, writer: { S: 'w' }, text: { S: text } };
    const { ledger } = await ledgerThat([{ status: 200, body: { Item: item } }]);
    await expect(ledger.read(credential)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });
});
