import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { intakeHandler } from '../../functions/aws/intake.ts';
import { webhookHandler } from '../../functions/aws/webhook.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { recorded } from '../triggers/sources/recorded.ts';
import { githubHeaders, memoryIntake, sourceWorld, webhookSecret } from '../triggers/sources/source-world.ts';

let logged: string[];
beforeEach(() => {
  logged = [];
  for (const method of ['info', 'error', 'warn'] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      logged.push(parts.map((part) => JSON.stringify(part)).join(' '));
    });
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the webhook', () => {
  const body = JSON.stringify({ ...recorded('github-webhook'), sender: { login: 'Zoë ☂' } });

  const start = () => {
    const { ports } = sourceWorld();
    const queue = memoryIntake();
    const secretsOf = () => Promise.resolve([new SecretValue(webhookSecret)]);
    return { ...queue, handler: webhookHandler({ clock: ports.clock, intake: queue.intake, secretsOf }) };
  };
  /** A Function URL's request. */
  const urlEvent = (change: object = {}) => ({
    version: '2.0',
    rawPath: '/github',
    rawQueryString: '',
    headers: { ...githubHeaders(body), 'content-length': String(Buffer.byteLength(body)) },
    requestContext: { http: { method: 'POST', path: '/github', sourceIp: '192.0.2.1' } },
    body,
    isBase64Encoded: false,
    ...change,
  });

  it.each([
    ['as text', {}],
    ['in base64', { body: Buffer.from(body).toString('base64'), isBase64Encoded: true }],
  ])('takes the same bytes %s', async (_, change) => {
    const { handler, messages } = start();
    expect(await handler(urlEvent(change))).toMatchObject({ statusCode: 202, body: 'Accepted.' });
    expect(messages()).toHaveLength(1);
  });

  it.each<[string, object, number]>([
    [
      'a header that came twice',
      { headers: { ...githubHeaders(body), 'x-hub-signature-256': 'sha256=0,sha256=0' } },
      401,
    ],
    ['text that says it is base64', { isBase64Encoded: true }, 401],
    ['no body', { body: undefined }, 401],
    ['no request at all', { requestContext: null }, 400],
  ])('refuses %s', async (_, change, statusCode) => {
    const { handler, puts } = start();
    expect(await handler(urlEvent(change))).toMatchObject({ statusCode });
    expect(puts()).toBe(0);
  });

  it('logs how it answered, and nothing of the request', async () => {
    const { handler } = start();
    await handler(urlEvent());
    expect(logged.join('\n')).toContain('Accepted.');
    for (const text of [webhookSecret, 'acme', 'sha256=', '192.0.2.1']) expect(logged.join('\n')).not.toContain(text);
  });
});

describe('the intake', () => {
  const record = (messageId: string, message: unknown) => ({
    messageId,
    body: typeof message === 'string' ? message : JSON.stringify(message),
  });

  it('takes in each message by itself, and gives back those that failed', async () => {
    const { ports } = sourceWorld();
    const accepted: string[] = [];
    const accept = async ({ source }: { readonly source: string }) => {
      if (source === 'okta') throw new Fault('NothingChanged', 'The ledger does not answer.');
      if (source === 'quarantine') throw new Error('sk-proj-canary-0123456789');
      accepted.push(source);
    };
    const http = { send: () => Promise.reject(new Error('not asked')) };
    const handler = intakeHandler({ ...ports, http }, accept);
    const Records = [
      record('1', recorded('aws-health')),
      record('2', recorded('okta')),
      record('3', recorded('guardduty')),
      record('4', 'no JSON'),
      record('5', { ...recorded('bus'), source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' }),
      record('6', recorded('quarantine')),
    ];
    expect(await handler({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '4' }, { itemIdentifier: '6' }],
    });
    expect(accepted).toEqual(['aws-health', 'guardduty']);
    expect(logged.join('\n')).toContain('The ledger does not answer.');
    expect(logged.join('\n')).not.toContain('canary');
  });
});
