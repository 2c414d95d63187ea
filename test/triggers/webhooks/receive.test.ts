import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../functions/domain/fault.ts';
import { instant, milliseconds } from '../../../functions/domain/identifiers.ts';
import type { WebhookRequest } from '../../../functions/triggers/webhooks/receive.ts';
import { recorded } from '../sources/recorded.ts';
import {
  gitguardianHeaders,
  githubHeaders,
  listening,
  memoryIntake,
  newerWebhookSecret,
  receiver,
  signatureToken,
  sourceWorld,
  webhookSecret,
} from '../sources/source-world.ts';

const githubBody = JSON.stringify(recorded('github-webhook'));

const start = async () => {
  const world = sourceWorld();
  await world.store('keyturn/sources/github/webhook', webhookSecret);
  await world.store('keyturn/sources/gitguardian/webhook', signatureToken);
  const queue = memoryIntake();
  return { ...world, ...receiver(world, queue), messages: queue.messages };
};
let world: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  world = await start();
});

const signed = (body: string | Uint8Array, change: Partial<WebhookRequest> = {}): WebhookRequest => ({
  method: 'POST',
  path: '/github',
  headers: Object.entries(githubHeaders(body)),
  body: Buffer.from(body),
  ...change,
});
const withHeaders = (change: Readonly<Record<string, string | undefined>>, body = githubBody) =>
  signed(body, {
    headers: Object.entries({ ...githubHeaders(body), ...change }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  });

describe('over HTTP', () => {
  it('keeps what GitHub signed', async () => {
    const origin = await listening(world.receive);
    const body = githubBody;
    const answer = await fetch(`${origin}/github`, { method: 'POST', body, headers: githubHeaders(body) });
    expect([answer.status, await answer.text()]).toEqual([202, 'Accepted.']);
    expect(world.messages()).toEqual([
      {
        kind: 'github-alert',
        alert: { repository: 'acme/chat', number: 42, seen: 'created', at: '2026-11-20T10:00:03.000Z' },
      },
    ]);
  });

  it('keeps what GitGuardian signed', async () => {
    world.setNow(instant(Date.parse('2026-11-20T07:45:33Z')));
    const origin = await listening(world.receive);
    const body = JSON.stringify(recorded('gitguardian-webhook'));
    const headers = gitguardianHeaders(body, '2026-11-20T07:45:32.930965Z');
    const answer = await fetch(`${origin}/gitguardian`, { method: 'POST', body, headers });
    expect([answer.status, await answer.text()]).toEqual([202, 'Accepted.']);
    expect(world.messages()).toEqual([
      {
        kind: 'report',
        report: {
          source: 'gitguardian',
          dedupeKey: '31542 open',
          reference: 'https://dashboard.gitguardian.com/workspace/1/incidents/31542',
          reason: 'GitGuardian found a secret (openai_apikey); open',
          reportedAt: '2026-11-20T07:45:31.666Z',
          leak: {
            kind: 'leak-hash',
            leakHash: '05975add34ddc9a38a0fb57c7d3e676ffed57080516fc16bf8d8f14308fedb86',
          },
        },
      },
    ]);
  });

  it('refuses a signature that is there twice, as it came', async () => {
    const origin = await listening(world.receive);
    const headers = new Headers(githubHeaders(githubBody));
    headers.append('x-hub-signature-256', githubHeaders(githubBody)['x-hub-signature-256'] ?? '');
    const answer = await fetch(`${origin}/github`, { method: 'POST', body: githubBody, headers });
    expect(answer.status).toBe(401);
    expect(world.messages()).toEqual([]);
  });
});

describe('before the signature holds', () => {
  it.each<[string, () => WebhookRequest, number]>([
    ['forged', () => withHeaders(githubHeaders(githubBody, 'a guess of the webhook secret')), 401],
    ['without a signature', () => withHeaders({ 'x-hub-signature-256': undefined }), 401],
    ['signed the old way', () => withHeaders({ 'x-hub-signature-256': undefined, 'x-hub-signature': 'sha1=0' }), 401],
    [
      'signed twice',
      () => signed(githubBody, { headers: [...signed(githubBody).headers, ...signed(githubBody).headers] }),
      415,
    ],
    [
      'with two signatures, of which one holds',
      () => signed(githubBody, { headers: [...signed(githubBody).headers, ['X-Hub-Signature-256', 'sha256=0']] }),
      401,
    ],
    [
      'written anew, with the same meaning',
      () => signed(githubBody, { body: Buffer.from(JSON.stringify(JSON.parse(githubBody), null, 1)) }),
      401,
    ],
    ['in another encoding', () => signed(githubBody, { body: Buffer.from(githubBody, 'utf16le') }), 401],
    ['with nothing in it', () => signed(githubBody, { body: new Uint8Array() }), 401],
    ["signed with GitGuardian's token", () => withHeaders(githubHeaders(githubBody, signatureToken)), 401],
    ["signed for GitHub and sent to GitGuardian's door", () => signed(githubBody, { path: '/gitguardian' }), 401],
    ['as a form', () => withHeaders({ 'content-type': 'application/x-www-form-urlencoded' }), 415],
    ['without a content type', () => withHeaders({ 'content-type': undefined }), 415],
    ['by GET', () => signed(githubBody, { method: 'GET' }), 405],
    ['to another door', () => signed(githubBody, { path: '/github/' }), 404],
    ['to no door', () => signed(githubBody, { path: '/__proto__' }), 404],
    ['too long', () => signed(Buffer.alloc(1024 * 1024 + 1, ' ')), 413],
    ['too long by what it says', () => withHeaders({ 'content-length': '1048577' }), 413],
    [
      'too long, and chunked',
      () => signed(Buffer.alloc(1024 * 1024 + 1, ' '), { headers: [['content-type', 'application/json']] }),
      413,
    ],
  ])('%s: refused', async (_, request, status) => {
    expect(await world.receive(request())).toMatchObject({ status });
    expect(world.puts()).toBe(0);
    expect(world.vaultReads()).toBe(status === 401 ? 1 : 0);
  });

  it('any other byte in the body, or in the signature, is refused, and no port is called but for the secret, once', async () => {
    const body = Buffer.from(githubBody);
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), async (place, difference) => {
        const changed = Buffer.from(body);
        changed[place] = (changed[place] ?? 0) ^ difference;
        expect(await world.receive(signed(body, { body: changed }))).toMatchObject({ status: 401 });
      }),
    );
    const signature = githubHeaders(githubBody)['x-hub-signature-256'] ?? '';
    await fc.assert(
      fc.asyncProperty(
        fc.nat(signature.length - 1),
        fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 }),
        async (place, other) => {
          fc.pre(signature[place] !== other);
          const changed = `${signature.slice(0, place)}${other}${signature.slice(place + 1)}`;
          expect(await world.receive(withHeaders({ 'x-hub-signature-256': changed }))).toMatchObject({ status: 401 });
        },
      ),
    );
    expect(world.vaultReads()).toBe(1);
    expect(world.puts()).toBe(0);
  });

  it('answers 503 when the secret cannot be read, and reads it again only after a moment', async () => {
    const empty = sourceWorld();
    const { receive, vaultReads, puts } = receiver(empty);
    for (let request = 0; request < 100; request += 1) {
      expect(await receive(signed(githubBody))).toMatchObject({ status: 503 });
    }
    expect(vaultReads()).toBe(1);
    await empty.store('keyturn/sources/github/webhook', webhookSecret);
    empty.setNow(instant(milliseconds(empty.ports.clock.now()) + 5_000));
    expect(await receive(signed(githubBody))).toMatchObject({ status: 202 });
    expect([vaultReads(), puts()]).toEqual([2, 1]);
  });

  it.each(['', ' \n ', 'short', `${webhookSecret}\n${newerWebhookSecret}\n${signatureToken}`])(
    'takes %j for no webhook secret',
    async (text) => {
      await world.store('keyturn/sources/github/webhook', text);
      expect(await world.receive(signed(githubBody))).toMatchObject({ status: 503 });
    },
  );
});

describe('the webhook secret', () => {
  it('is replaced without losing a delivery: two at a time, each read again after five minutes', async () => {
    const older = signed(githubBody);
    const newer = withHeaders(githubHeaders(githubBody, newerWebhookSecret));
    const statuses = async () => [(await world.receive(older)).status, (await world.receive(newer)).status];
    const wait = () => world.setNow(instant(milliseconds(world.ports.clock.now()) + 300_000));
    expect(await statuses()).toEqual([202, 401]);
    await world.store('keyturn/sources/github/webhook', `${newerWebhookSecret}\n${webhookSecret}\n`);
    expect(await statuses()).toEqual([202, 401]);
    wait();
    expect(await statuses()).toEqual([202, 202]);
    await world.store('keyturn/sources/github/webhook', newerWebhookSecret);
    wait();
    expect(await statuses()).toEqual([401, 202]);
  });
});

describe('after the signature holds', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it.each<[string, string | Buffer]>([
    ['no JSON', 'Hello, World!'],
    ['half of it', githubBody.slice(0, 400)],
    ['nested 200,000 deep', deep(200_000)],
    ['nested 65 deep in a field that nobody reads', githubBody.replace(/}$/, `,"more":${deep(64)}}`)],
    ['no UTF-8', Buffer.from('{"action":"\xff\xfe"}', 'latin1')],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number for an action', '{"action":1}'],
    ['an alert that lacks its number', githubBody.replace('"number":42', '"number":null')],
    ['an alert with a number that no URL has', githubBody.replace('"number":42', '"number":-1')],
    [
      'a repository that leads out of the API',
      githubBody.replace('"full_name":"acme/chat"', '"full_name":"acme/../../user"'),
    ],
    ['a repository named ..', githubBody.replace('"full_name":"acme/chat"', '"full_name":"acme/.."')],
    ['a repository with a question', githubBody.replace('"full_name":"acme/chat"', '"full_name":"acme/chat?x"')],
    ['a time that is none', githubBody.replace('"2026-11-20T10:00:03Z"', '"the day after"')],
  ])('%s: 400, and nothing is kept', async (_, body) => {
    const answer = await world.receive(signed(body));
    expect(answer.status).toBe(400);
    expect(world.puts()).toBe(0);
  });

  it('takes brackets in a text for text', async () => {
    const body = githubBody.replace(/}$/, `,"more":${JSON.stringify('\\"[{'.repeat(200))}}`);
    expect(await world.receive(signed(body))).toMatchObject({ status: 202 });
  });

  it.each([
    ['the fields in __proto__', `{"__proto__":${githubBody}}`, 400],
    ['the fields in a constructor', `{"constructor":{"prototype":${githubBody}}}`, 400],
    [
      'a prototype beside the fields',
      githubBody.replace(/^{/, '{"__proto__":{"polluted":true,"action":"resolved"},'),
      202,
    ],
  ])('%s: changes nothing but itself', async (_, body, status) => {
    expect(await world.receive(signed(body))).toMatchObject({ status });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get({}, 'action')).toBeUndefined();
    expect(JSON.stringify(world.messages())).not.toContain('polluted');
  });

  it.each([
    ['a ping', withHeaders({ 'x-github-event': 'ping' }, '{"zen":"Design for failure."}')],
    ['another event', withHeaders({ 'x-github-event': 'push' })],
    ['no event', withHeaders({ 'x-github-event': undefined })],
    ['an action that tells of no leak', signed(githubBody.replace('"created"', '"resolved"'))],
    ['an action of the future', signed(githubBody.replace('"created"', '"contemplated"'))],
  ])('%s: understood and not kept', async (_, request) => {
    expect(await world.receive(request)).toMatchObject({ status: 200, body: expect.stringMatching(/^Ignored: /) });
    expect(world.puts()).toBe(0);
  });

  it.each(['created', 'publicly_leaked', 'reopened', 'validated'])('the action %s is kept', async (action) => {
    const body = githubBody.replace('"created"', `"${action}"`);
    expect(await world.receive(signed(body))).toMatchObject({ status: 202 });
    expect(world.messages()).toMatchObject([{ alert: { seen: action } }]);
  });

  it('answers 503 when it cannot be kept', async () => {
    const put = () => Promise.reject(new Fault('OutcomeUnknown', 'The queue does not answer.'));
    const { receive } = receiver(world, { intake: { put }, puts: () => 0 });
    expect(await receive(signed(githubBody))).toMatchObject({ status: 503 });
  });

  it('a replay is one message, also when its delivery id, which nobody signed, is another', async () => {
    for (const delivery of ['72d3162e', '0000-1', '0000-2']) {
      expect(await world.receive(withHeaders({ 'x-github-delivery': delivery }))).toMatchObject({ status: 202 });
    }
    expect(world.puts()).toBe(3);
    expect(world.messages()).toHaveLength(1);
  });

  it('a replay to GitGuardian’s door is refused after five minutes', async () => {
    const body = JSON.stringify(recorded('gitguardian-webhook'));
    const timestamp = world.ports.clock.now();
    const request = signed(body, {
      path: '/gitguardian',
      headers: Object.entries(gitguardianHeaders(body, timestamp)),
    });
    expect(await world.receive(request)).toMatchObject({ status: 202 });
    world.setNow(instant(milliseconds(timestamp) + 300_001));
    expect(await world.receive(request)).toMatchObject({ status: 401 });
  });

  it('GitGuardian’s test message, which quotes a secret, is ignored and not kept', async () => {
    const body = JSON.stringify(recorded('gitguardian-test-message'));
    const headers = Object.entries(gitguardianHeaders(body, world.ports.clock.now()));
    const answer = await world.receive(signed(body, { path: '/gitguardian', headers }));
    expect(answer).toEqual({ status: 200, body: 'Ignored: not an event of an incident.' });
    expect(world.puts()).toBe(0);
  });

  it('ten thousand signed events of a hundred alerts: one read of the secret, a hundred messages', async () => {
    const events = Array.from({ length: 10_000 }, (_, index) =>
      githubBody.replace('"number":42', `"number":${1 + (index % 100)}`),
    );
    const answers = await Promise.all(events.map((body) => world.receive(signed(body))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(world.vaultReads()).toBe(1);
    expect(world.puts()).toBe(10_000);
    expect(world.messages()).toHaveLength(100);
  });

  it('no answer quotes the request', async () => {
    const canary = 'sk-proj-canary0123456789abcdefghij';
    const bodies = [
      `{"action":"${canary}"}`,
      `{"action":"created","${canary}":1}`,
      githubBody.replace('acme/chat"', `${canary} "`),
      canary,
    ];
    for (const body of bodies) {
      const answer = await world.receive(withHeaders({ ...githubHeaders(body) }, body));
      expect(answer.body).not.toContain('canary');
    }
  });
});
