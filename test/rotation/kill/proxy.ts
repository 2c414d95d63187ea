import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';

/**
 * What happens to one request on its way.
 *
 * - `kill-before`: whoever has sent it is killed; it does not pass.
 * - `kill-after`: it passes, and whoever has sent it is killed before the answer arrives.
 * - `cut`: the connection breaks; it does not pass.
 * - `drop`: it passes, and the connection breaks in place of the answer.
 * - `stall`: it passes, and no answer ever comes.
 */
export const faults = ['kill-before', 'kill-after', 'cut', 'drop', 'stall'] as const;
export type Fault = (typeof faults)[number];

/** The n-th request of a run, from 1. */
export type Plan = { readonly fault: Fault; readonly at: number };

export interface ProxyOptions {
  /** Where the provider really is: `http://127.0.0.1:1234`. */
  readonly upstream: string;
  /** Null: everything passes. */
  readonly plan: Plan | null;
  /** Kills the engine; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** Is called before each request passes, and once the provider has done what it asked for. */
  readonly look: () => Promise<void>;
}

export interface Proxy {
  readonly origin: string;
  /** `GET /~/api.openai.com/v1/models`, in the order of their arrival. What differs from run to run is left out. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

type Answer = { readonly incoming: IncomingMessage; readonly body: Buffer };

/** Stands between the engine's process and the provider's, passes everything on, and strikes at one request. */
export const startProxy = async ({ upstream, plan, kill, look }: ProxyOptions): Promise<Proxy> => {
  const requests: string[] = [];

  const strike = async (fault: Fault, { socket }: IncomingMessage): Promise<void> => {
    switch (fault) {
      case 'kill-before':
      case 'kill-after':
        await kill();
        return;
      case 'cut':
      case 'drop':
        socket.destroy();
        return;
      case 'stall':
        return;
    }
  };

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const number = requests.push(nameOf(incoming));
    await look();
    const fault = plan?.at === number ? plan.fault : null;
    const answer = fault === 'kill-before' || fault === 'cut' ? null : await forward(upstream, incoming, body);
    if (incoming.method !== 'GET') await look();
    if (fault !== null) await strike(fault, incoming);
    else outgoing.writeHead(answer?.incoming.statusCode ?? 500, answer?.incoming.headers).end(answer?.body);
  };

  const failures: unknown[] = [];
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch((error: unknown) => {
      failures.push(error);
      incoming.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The proxy has no port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      if (failures.length > 0) throw new AggregateError(failures, 'The proxy could not do its part.');
    },
  };
};

/** The ids of keys, in paths and queries, are new in every run. */
const nameOf = ({ method = '', url = '' }: IncomingMessage): string =>
  `${method} ${url.replaceAll(/(key_|apikey_01|api-keys\/)[\w-]{16,}/g, '$1...')}`;

const bodyOf = async (incoming: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  return Buffer.concat(parts);
};

const forward = (upstream: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = send(`${upstream}${url ?? ''}`, { method, headers, agent: false }, (incoming) => {
      bodyOf(incoming).then((read) => resolve({ incoming, body: read }), reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
