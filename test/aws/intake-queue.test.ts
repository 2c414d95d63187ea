import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { awsIntake } from '../../functions/aws/intake-queue.ts';
import { instant } from '../../functions/domain/identifiers.ts';
import { dedupeIdOf, type IntakeMessage } from '../../functions/triggers/intake.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const message: IntakeMessage = {
  kind: 'github-alert',
  alert: { repository: 'acme/chat', number: 42, seen: 'created', at: instant(0) },
};
const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/keyturn-intake.fifo';

const queueThat = async (...replies: readonly Reply[]) => {
  const service = await stubService(replies);
  // The digest of a body that is not looked at here.
  const client = new SQSClient({ ...service.client, md5: false });
  return { intake: awsIntake(queueUrl, client), received: service.received };
};

it('puts the message, once for SQS, and in the way of no other', async () => {
  const { intake, received } = await queueThat({ status: 200, body: { MessageId: '1' } });
  const dedupeId = dedupeIdOf(message);
  await intake.put(message, dedupeId);
  expect(received[0]?.operation).toBe('SendMessage');
  const sent = JSON.parse(received[0]?.body ?? '');
  expect(sent).toMatchObject({ QueueUrl: queueUrl, MessageGroupId: dedupeId, MessageDeduplicationId: dedupeId });
  expect(JSON.parse(sent.MessageBody)).toEqual(message);
  // What SQS takes for an id: 1 to 128 letters, digits and punctuation.
  expect(dedupeId).toMatch(/^[0-9a-f]{64}$/);
});

it.each([
  ['SQS fails', failure(500, 'InternalError'), 'OutcomeUnknown'],
  ['the answer is lost', 'lost', 'OutcomeUnknown'],
  ['it is denied', failure(403, 'AccessDeniedException'), 'NeedsPerson'],
  ['there is no such queue', failure(400, 'QueueDoesNotExist'), 'NeedsPerson'],
] as const)('says so when %s', async (_, reply, name) => {
  const { intake } = await queueThat(reply);
  await expect(intake.put(message, dedupeIdOf(message))).rejects.toMatchObject({ name });
});
