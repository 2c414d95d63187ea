import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { awsNotices } from '../../functions/aws/notices.ts';
import { credentialId, incidentId, rotationId } from '../../functions/domain/identifiers.ts';
import type { Notice } from '../../functions/ports.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const notice: Notice = {
  credentialId: credentialId('chat'),
  rotationId: rotationId('r-1'),
  severity: 'page',
  contact: 'team@example.com',
  subject: `chat – needs a person\n${'long '.repeat(40)}`,
  text: 'When it is mended: keyturn resume r-1',
};
const published: Reply = {
  status: 200,
  body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
};
const taken: Reply = { status: 200, body: { FailedEntryCount: 0, Entries: [{ EventId: '1' }] } };

const noticesThat = async (snsReply: Reply, busReply: Reply) => {
  const [sns, bus] = [await stubService([snsReply]), await stubService([busReply])];
  const topicArn = 'arn:aws:sns:eu-central-1:123456789012:keyturn-people';
  const clients = [new SNSClient(sns.client), new EventBridgeClient(bus.client)] as const;
  return { notices: awsNotices({ topicArn, busName: 'keyturn' }, ...clients), sns, bus };
};

it('tells people, in a subject that SNS takes, and machines', async () => {
  const { notices, sns, bus } = await noticesThat(published, taken);
  await notices.send(notice);
  const form = new URLSearchParams(sns.received[0]?.body);
  expect(form.get('Subject')).toMatch(/^chat \? needs a person\?long [\x20-\x7e]*$/);
  expect(form.get('Subject')).toHaveLength(100);
  expect(form.get('Message')).toContain('keyturn resume r-1');
  expect(form.get('Message')).toContain('team@example.com');
  const { Entries } = JSON.parse(bus.received[0]?.body ?? '') as { Entries: { Detail: string; Source: string }[] };
  expect(Entries[0]).toMatchObject({ Source: 'keyturn', EventBusName: 'keyturn' });
  expect(JSON.parse(Entries[0]?.Detail ?? '')).toEqual(notice);
});

const publishedOf = async (told: Notice) => {
  const { notices, sns } = await noticesThat(published, taken);
  await notices.send(told);
  const form = new URLSearchParams(sns.received[0]?.body);
  const { https, default: text } = JSON.parse(form.get('Message') ?? '') as { https: string; default: string };
  const names = [...form].flatMap(([field, value]) => {
    const entry = /^MessageAttributes\.entry\.(\d+)\.Name$/.exec(field)?.[1];
    return entry === undefined
      ? []
      : [`${value}=${form.get(`MessageAttributes.entry.${entry}.Value.StringValue`) ?? ''}`];
  });
  return { form, text, chat: JSON.parse(https) as unknown, attributes: names };
};

const ofIncident: Notice = {
  ...notice,
  credentialId: null,
  rotationId: null,
  incident: { incidentId: incidentId('inc-20261121-0000000a'), audience: 'security lead' },
  contact: 'security lead',
  subject: 'inc-20261121-0000000a is being handled',
  text: 'Why: <!channel> <https://evil.example|look> & `rm`\n- chat: key_1',
  next: 'keyturn incident inc-20261121-0000000a',
};

it('gives chat its own form, one thread for each incident, and everybody else plain text', async () => {
  const { form, text, chat } = await publishedOf(ofIncident);
  expect(form.get('MessageStructure')).toBe('json');
  expect(text).toBe(`${ofIncident.text}\n\nNext: ${ofIncident.next ?? ''}\n\nFor: security lead\n`);
  expect(chat).toEqual({
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: ':rotating_light: inc-20261121-0000000a is being handled',
      description: "Why: &lt;!channel&gt; &lt;https://evil.example|look&gt; &amp; 'rm'\n- chat: key_1",
      nextSteps: ['`keyturn incident inc-20261121-0000000a`'],
      keywords: ['page', 'security lead'],
    },
    metadata: {
      threadId: 'inc-20261121-0000000a',
      summary: 'inc-20261121-0000000a is being handled',
      eventType: 'keyturn-incident',
      enableCustomActions: false,
    },
  });
});

it('lets a subscription choose by severity, credential, audience and incident', async () => {
  expect((await publishedOf(notice)).attributes).toEqual(['severity=page', 'credential=chat']);
  expect((await publishedOf(ofIncident)).attributes).toEqual([
    'severity=page',
    'audience=security lead',
    'incident=inc-20261121-0000000a',
  ]);
});

it('cuts what a chat message cannot hold, and never the plain text', async () => {
  const { text, chat } = await publishedOf({ ...notice, text: 'x'.repeat(5000) });
  expect(text).toContain('x'.repeat(5000));
  expect(chat).toMatchObject({ content: { description: `${'x'.repeat(2999)}…` }, metadata: { threadId: 'r-1' } });
});

it.each([
  ['SNS fails', failure(500, 'InternalError'), taken, 'OutcomeUnknown'],
  ['the bus fails', published, failure(500, 'InternalException'), 'OutcomeUnknown'],
  [
    'the bus takes no entry',
    published,
    { status: 200, body: { FailedEntryCount: 1, Entries: [{}] } },
    'OutcomeUnknown',
  ],
  ['the bus is denied', published, failure(400, 'AccessDeniedException'), 'NeedsPerson'],
] as const)('tries both and says so when %s', async (_, snsReply, busReply, name) => {
  const { notices, sns, bus } = await noticesThat(snsReply, busReply);
  await expect(notices.send(notice)).rejects.toMatchObject({ name });
  expect([sns.received.length, bus.received.length]).toEqual([1, 1]);
});
