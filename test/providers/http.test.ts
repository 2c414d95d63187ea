import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { Fault } from '../../functions/domain/fault.ts';
import { type Http, HttpFailure, type HttpRequest, type HttpResponse } from '../../functions/ports.ts';
import { ask, probeAdmin, type Request, send, type Vendor } from '../../functions/providers/http.ts';

const vendor: Vendor = {
  title: 'Vendor',
  code: (body) => z.object({ code: z.string() }).safeParse(body).data?.code ?? null,
  requestIdHeader: 'x-request-id',
  personMust: { no_money: 'Add credit.' },
};

const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Http['send'] =>
  () =>
    Promise.resolve({ status, body, headers } satisfies HttpResponse);

const failing =
  (sent: boolean): Http['send'] =>
  () =>
    Promise.reject(new HttpFailure('sk-echoed', sent));

const request = (repeatable: boolean): Request => ({
  what: 'Vendor: create a key',
  method: 'POST',
  url: 'https://vendor.example/keys',
  headers: { authorization: 'Bearer sk-admin-1' },
  json: { name: 'a' },
  repeatable,
});

const read = z.object({ id: z.string(), keys: z.optional(z.array(z.object({ value: z.string() }))) });

const outcome = async (transport: Http['send'], repeatable: boolean): Promise<string> => {
  try {
    const { id } = await ask({ send: transport }, vendor, { ...request(repeatable), read });
    return `answer ${id}`;
  } catch (error) {
    return error instanceof Fault ? error.name : String(error);
  }
};

describe('an answer becomes a fault', () => {
  it.each([
    // what came back, when it may be repeated, when it may not
    ['an answer', answering(200, '{"id":"1"}'), 'answer 1', 'answer 1'],
    ['nothing was sent', failing(false), 'NothingChanged', 'NothingChanged'],
    ['no answer', failing(true), 'NothingChanged', 'OutcomeUnknown'],
    ['500', answering(500), 'NothingChanged', 'OutcomeUnknown'],
    ['503 with a body', answering(503, '<html>'), 'NothingChanged', 'OutcomeUnknown'],
    ['408', answering(408), 'NothingChanged', 'OutcomeUnknown'],
    ['a redirect', answering(302), 'NothingChanged', 'OutcomeUnknown'],
    ['a choice', answering(300, '{"id":"1"}'), 'NothingChanged', 'OutcomeUnknown'],
    ['a status that is none', answering(199, '{"id":"1"}'), 'NothingChanged', 'OutcomeUnknown'],
    ['half an answer', answering(200, '{"id":"'), 'NothingChanged', 'OutcomeUnknown'],
    ['an answer of another form', answering(200, '{"key":"1"}'), 'NothingChanged', 'OutcomeUnknown'],
    ['an empty answer', answering(204), 'NothingChanged', 'OutcomeUnknown'],
    ['429', answering(429, '{"code":"slow_down"}'), 'NothingChanged', 'NothingChanged'],
    ['429 without money', answering(429, '{"code":"no_money"}'), 'NeedsPerson', 'NeedsPerson'],
    ['403 without money', answering(403, '{"code":"no_money"}'), 'NeedsPerson', 'NeedsPerson'],
    ['401', answering(401), 'NeedsPerson', 'NeedsPerson'],
    ['403', answering(403, '{"code":"region"}'), 'NeedsPerson', 'NeedsPerson'],
    ['400', answering(400, '{"code":"bad_name"}'), 'Refused', 'Refused'],
    ['400 with a code that every object has', answering(400, '{"code":"constructor"}'), 'Refused', 'Refused'],
    ['404', answering(404), 'Refused', 'Refused'],
    ['409', answering(409), 'Refused', 'Refused'],
  ])('%s', async (_case, transport, whenRepeatable, whenNot) => {
    expect(await outcome(transport, true)).toBe(whenRepeatable);
    expect(await outcome(transport, false)).toBe(whenNot);
  });

  it('says what failed, why, and what next', async () => {
    const transport = answering(403, '{"code":"region"}', { 'x-request-id': 'req_1' });
    await expect(ask({ send: transport }, vendor, { ...request(false), read })).rejects.toThrow(
      'Vendor: create a key: the admin key was turned down: Vendor answered HTTP 403 region (request req_1); ' +
        'nothing was changed. Check the admin key and its permissions; replace it with `keyturn admin set`.',
    );
  });

  it.each([
    ['{"id":1,"keys":[{"value":2}]}', 'id, keys.0.value'],
    ['no JSON', 'the whole'],
    ['', 'the whole'],
  ])('says where an answer is not of the vendor’s form: %s', async (body, where) => {
    await expect(ask({ send: answering(200, body) }, vendor, { ...request(true), read })).rejects.toThrow(
      `Vendor answered HTTP 200 in a form that is not its own (at: ${where})`,
    );
  });

  it.each(['my req_1', 'req_1 of mine', 'r'.repeat(65), ''])('quotes no request id like %j', async (id) => {
    const transport = answering(400, '', { 'x-request-id': id });
    await expect(ask({ send: transport }, vendor, { ...request(true), read })).rejects.toThrow(
      /Vendor answered HTTP 400; nothing was changed\.$/,
    );
  });

  it('lets the adapter know better, but not of an answer that never came', async () => {
    const known = ({ status }: { readonly status: number }) => (status === 404 ? null : undefined);
    const asked = { ...request(false), read, known };
    expect(await ask({ send: answering(404) }, vendor, asked)).toBeNull();
    await expect(ask({ send: failing(true) }, vendor, asked)).rejects.toThrow(Fault);
  });

  it('drops what a vendor or a transport says beside its code', async () => {
    const secret = 'sk-svcacct-echoed0123';
    const transports = [
      answering(400, `{"code":"${secret}","message":"${secret}"}`, { 'x-request-id': `req ${secret}!` }),
      answering(200, `{"id":"1","keys":[{"value":1,"x":"${secret}"}],"${secret}":1}`),
      answering(500, secret),
      answering(200, secret),
      failing(true),
    ];
    for (const transport of transports) {
      const error: unknown = await ask({ send: transport }, vendor, { ...request(false), read }).catch(
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(Fault);
      expect(inspect(error, { depth: 10 })).not.toMatch(/echoed|sk-admin-1/);
    }
  });

  it('is blind to nothing else: a fault of our own comes through', async () => {
    const broken = { send: () => Promise.reject(new TypeError('ours')) };
    await expect(ask(broken, vendor, { ...request(true), read })).rejects.toThrow(TypeError);
  });
});

describe('the admin secret', () => {
  it.each([
    ['no answer', failing(true), { kind: 'unclear', evidence: 'Vendor gave no complete answer' }],
    ['success', answering(200), { kind: 'accepted', findings: [] }],
    ['death', answering(401, '{"code":"dead"}'), { kind: 'refused', evidence: 'Vendor answered HTTP 401 dead' }],
    ['anything else', answering(401), { kind: 'unclear', evidence: 'Vendor answered HTTP 401' }],
  ])('after %s', async (_case, transport, verdict) => {
    const probe = { method: 'GET', url: 'https://vendor.example/keys', headers: {} } as const;
    const isDead = ({ code }: { readonly code: string | null }) => code === 'dead';
    expect(await probeAdmin({ send: transport }, vendor, probe, isDead)).toEqual(verdict);
  });
});

describe('a request', () => {
  const sentAs = async (changed: Partial<Request>): Promise<HttpRequest> => {
    const all: HttpRequest[] = [];
    const http: Http = {
      send: (sent) => {
        all.push(sent);
        return Promise.resolve({ status: 200, body: '', headers: {} });
      },
    };
    const { method, url, headers } = request(true);
    await send(http, vendor, { method, url, headers, ...changed });
    const [only] = all;
    if (only === undefined) throw new TypeError('Nothing was sent.');
    return only;
  };

  it('carries JSON, a form, or nothing', async () => {
    const json = await sentAs({ json: { a: 1, b: undefined } });
    expect([json.body, json.headers['content-type']]).toEqual(['{"a":1}', 'application/json']);
    const form = await sentAs({ form: { a: '1 2' } });
    expect([form.body, form.headers['content-type']]).toEqual(['a=1+2', 'application/x-www-form-urlencoded']);
    const bare = await sentAs({});
    expect(bare).toEqual({
      method: 'POST',
      url: 'https://vendor.example/keys',
      headers: { accept: 'application/json', authorization: 'Bearer sk-admin-1' },
      timeoutSeconds: 15,
    });
  });
});
