import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { expect, it } from 'vitest';
import { awsAccessLog, maximumPages } from '../../functions/aws/access-log.ts';
import { instant, secretName } from '../../functions/domain/identifiers.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const now = Date.UTC(2026, 10, 21, 9);
const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:';
const chat = secretName('keyturn/openai/chat');

/** An event as CloudTrail shows it, so many hours ago. */
const event = (hoursAgo: number, secretId: string, change: object = {}) => {
  const at = now - hoursAgo * 3_600_000;
  return {
    EventName: 'GetSecretValue',
    EventTime: at / 1000,
    CloudTrailEvent: JSON.stringify({
      eventSource: 'secretsmanager.amazonaws.com',
      eventName: 'GetSecretValue',
      eventTime: new Date(at).toISOString().replace('.000', ''),
      requestParameters: { secretId },
      userIdentity: { type: 'IAMUser', userName: 'alice', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
      ...change,
    }),
  };
};
const page = (events: readonly object[], token?: string): Reply => ({
  status: 200,
  body: { Events: events, ...(token !== undefined && { NextToken: token }) },
});

const logThat = async (...replies: Reply[]) => {
  const { client, received } = await stubService(replies);
  const slept: number[] = [];
  const clock = {
    now: () => instant(now),
    sleep: (seconds: number) => {
      slept.push(seconds);
      return Promise.resolve();
    },
  };
  return { log: awsAccessLog(clock, new CloudTrailClient(client)), received, slept };
};
const bodies = (received: readonly { readonly body: string }[]): unknown[] =>
  received.map(({ body }) => JSON.parse(body) as unknown);
const alice = 'arn:aws:iam::123456789012:user/alice';
const hoursAgo = (hours: number) => instant(now - hours * 3_600_000);

it.each([
  ['AKIAIOSFODNN7EXAMPLE', { AttributeKey: 'AccessKeyId', AttributeValue: 'AKIAIOSFODNN7EXAMPLE' }],
  [alice, { AttributeKey: 'Username', AttributeValue: 'alice' }],
  // The user name of a role's events is its session's.
  ['arn:aws:iam::123456789012:role/app', { AttributeKey: 'EventName', AttributeValue: 'GetSecretValue' }],
  ['app', { AttributeKey: 'EventName', AttributeValue: 'GetSecretValue' }],
])('asks for the events of %s, 90 days back', async (principal, attribute) => {
  const { log, received } = await logThat(page([]));
  const { since } = await log.readsOf(principal);
  expect(since).toBe('2026-08-23T09:00:00.000Z');
  expect(bodies(received)).toEqual([
    { LookupAttributes: [attribute], MaxResults: 50, StartTime: Date.parse('2026-08-23T09:00:00Z') / 1000 },
  ]);
});

it.each([
  ['its name', chat, 'keyturn/openai/chat'],
  ['its ARN', chat, `${arn}keyturn/openai/chat-AbC123`],
  ['its ARN without the last six characters', chat, `${arn}keyturn/openai/chat`],
  ['its name, where the register has the ARN', secretName(`${arn}keyturn/openai/chat-AbC123`), 'keyturn/openai/chat'],
])('knows a secret by %s', async (_, secret, secretId) => {
  const { log } = await logThat(page([event(1, secretId), event(5, secretId)]));
  expect((await log.readsOf(alice)).lastRead(secret)).toBe(hoursAgo(1));
});

it.each([
  ['another secret', event(1, 'keyturn/openai/chat-two')],
  ['another secret, whose name ends like an ARN', event(1, `${chat}-AbC123`)],
  ['another secret by its ARN', event(1, `${arn}keyturn/openai/chat-two-AbC123`)],
  ['one that was refused', event(1, chat, { errorCode: 'AccessDenied' })],
  ['another operation', event(1, chat, { eventName: 'DescribeSecret' })],
  ['another service', event(1, chat, { eventSource: 'ssm.amazonaws.com' })],
  ['another user', event(1, chat, { userIdentity: { userName: 'bob' } })],
  ['what is no JSON', { EventTime: now / 1000, CloudTrailEvent: '{' }],
])('takes no notice of %s', async (_, one) => {
  const { log } = await logThat(page([one]));
  expect((await log.readsOf(alice)).lastRead(chat)).toBeNull();
});

it.each([
  'arn:aws:iam::123456789012:role/service/app',
  'arn:aws:sts::123456789012:assumed-role/app/another-session',
  'app',
])('knows the sessions of a role by who issued them: %s', async (principal) => {
  const userIdentity = { type: 'AssumedRole', sessionContext: { sessionIssuer: { type: 'Role', userName: 'app' } } };
  const { log } = await logThat(page([event(1, chat), event(2, chat, { userIdentity })]));
  expect((await log.readsOf(principal)).lastRead(chat)).toBe(hoursAgo(2));
});

it('knows an access key, whoever holds it', async () => {
  const another = { userIdentity: { userName: 'alice', accessKeyId: 'AKIAANOTHER7EXAMPLE0' } };
  const { log } = await logThat(page([event(1, chat, another), event(2, chat)]));
  expect((await log.readsOf('AKIAIOSFODNN7EXAMPLE')).lastRead(chat)).toBe(hoursAgo(2));
});

it('reads to the last page, two requests a second', async () => {
  const { log, received, slept } = await logThat(page([event(1, 'other')], 'two'), page([event(2, chat)]));
  expect(await log.readsOf(alice)).toMatchObject({ since: '2026-08-23T09:00:00.000Z' });
  expect(bodies(received)).toMatchObject([{}, { NextToken: 'two' }]);
  expect(slept).toEqual([0.5]);
});

it('says how far back it looked when there is more than a person can wait for', async () => {
  const { log, received } = await logThat(page([event(7, 'other')], 'more'));
  expect((await log.readsOf(alice)).since).toBe(hoursAgo(7));
  expect(received).toHaveLength(maximumPages);
});

it.each([
  ['NeedsPerson', failure(400, 'AccessDeniedException')],
  ['NothingChanged', failure(400, 'ThrottlingException')],
  ['NothingChanged', 'lost'],
] as const)('says %s for %j: who could not look knows nothing', async (name, reply) => {
  const { log } = await logThat(reply);
  await expect(log.readsOf(alice)).rejects.toMatchObject({ name });
});
