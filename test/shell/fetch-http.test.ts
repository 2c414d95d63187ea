import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, createServer as createSocketServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpFailure, type HttpRequest } from '../../functions/ports.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const serve = async (
  listener: RequestListener,
): Promise<{ readonly origin: string; readonly seen: IncomingMessage[] }> => {
  const seen: IncomingMessage[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push(incoming);
    listener(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return { origin: `http://127.0.0.1:${address.port}`, seen };
};

/** A port on which nobody listens. */
const deadOrigin = async (): Promise<string> => {
  const server = createSocketServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${address.port}`;
};

const get = (url: string, changed: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: {},
  timeoutSeconds: 5,
  ...changed,
});

const failureOf = async (request: HttpRequest, http = fetchHttp()): Promise<HttpFailure> => {
  const error: unknown = await http.send(request).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HttpFailure);
  return error as HttpFailure;
};

describe('one request', () => {
  it('comes back with status, headers in lower case, and body', async () => {
    const { origin, seen } = await serve((incoming, outgoing) => {
      outgoing.writeHead(202, { 'X-Request-Id': 'req_1' });
      incoming.pipe(outgoing);
    });
    const answer = await fetchHttp().send(
      get(`${origin}/keys?a=1`, { method: 'POST', body: '{"a":1}', headers: { authorization: 'Bearer x' } }),
    );
    expect(answer).toMatchObject({ status: 202, body: '{"a":1}', headers: { 'x-request-id': 'req_1' } });
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/keys?a=1',
      headers: { authorization: 'Bearer x', connection: 'close' },
    });
  });

  it('follows no redirect: a key must not travel on', async () => {
    const { origin, seen } = await serve((_incoming, outgoing) =>
      outgoing.writeHead(307, { location: '/elsewhere' }).end(),
    );
    expect((await fetchHttp().send(get(origin))).status).toBe(307);
    expect(seen).toHaveLength(1);
  });

  it('is not sent again', async () => {
    const { origin, seen } = await serve((_incoming, outgoing) => outgoing.writeHead(503).end());
    expect((await fetchHttp().send(get(origin))).status).toBe(503);
    expect(seen).toHaveLength(1);
  });
});

describe('no complete answer', () => {
  it('nobody listens: surely unsent', async () => {
    const failure = await failureOf(get(await deadOrigin()));
    expect(failure).toMatchObject({ sent: false, message: expect.stringContaining('ECONNREFUSED') });
  });

  it('no such host: surely unsent', async () => {
    expect((await failureOf(get('http://nobody.invalid/'))).sent).toBe(false);
  });

  it('the connection breaks before the answer: may have been sent', async () => {
    const { origin } = await serve((incoming) => incoming.socket.destroy());
    expect((await failureOf(get(origin))).sent).toBe(true);
  });

  it('the connection breaks within the answer', async () => {
    const { origin } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '100' });
      outgoing.write('{"value":"sk-half', () => outgoing.socket?.destroy());
    });
    const failure = await failureOf(get(origin));
    expect(failure.sent).toBe(true);
    expect(failure.message).not.toContain('sk-half');
  });

  it('no answer in time, and half an answer in time', async () => {
    const silent = await serve(() => undefined);
    expect(await failureOf(get(silent.origin, { timeoutSeconds: 0.05 }))).toMatchObject({
      sent: true,
      message: expect.stringContaining('no answer in time'),
    });
    const slow = await serve((_incoming, outgoing) => outgoing.write('half'));
    expect((await failureOf(get(slow.origin, { timeoutSeconds: 0.2 }))).sent).toBe(true);
  });

  it('names the host, and neither path nor query', async () => {
    const origin = await deadOrigin();
    expect((await failureOf(get(`${origin}/keys?key=sk-in-the-query`))).message).not.toMatch(/keys|sk-/);
  });
});

describe('with an origin map', () => {
  it('goes where the map says', async () => {
    const { origin, seen } = await serve((_incoming, outgoing) => outgoing.end('here'));
    const http = fetchHttp({ 'https://api.openai.com': `${origin}/~/api.openai.com` });
    expect((await http.send(get('https://api.openai.com/v1/models?a=b'))).body).toBe('here');
    expect(seen[0]?.url).toBe('/~/api.openai.com/v1/models?a=b');
  });

  it('reaches nothing else', async () => {
    const { origin, seen } = await serve((_incoming, outgoing) => outgoing.end('here'));
    const http = fetchHttp({ 'https://api.openai.com': origin });
    expect((await failureOf(get(origin), http)).sent).toBe(false);
    expect((await failureOf(get('https://api.openai.com.example/'), http)).sent).toBe(false);
    expect(seen).toEqual([]);
  });
});

// Keeps the dead port honest: if something listened there, the tests above would prove nothing.
it('a dead port refuses connections', async () => {
  const { port } = new URL(await deadOrigin());
  const code = await new Promise((resolve) => {
    connect(Number(port), '127.0.0.1').once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(code).toBe('ECONNREFUSED');
});
