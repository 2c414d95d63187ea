import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Instant, instant } from '../../domain/identifiers.ts';
import type { HttpRequest, HttpResponse } from '../../ports.ts';

/**
 * A vendor, simulated: a real HTTP server on loopback over a world in memory. A definition gives the vendor's routes
 * and forms; this file gives it sockets, faults and a journal.
 */
export interface Simulation<Options, World> {
  /** The provider's id. */
  readonly id: string;
  /** The vendor origins that it stands for, such as `https://api.openai.com`; the first is the default host. */
  readonly origins: (options: Options) => readonly [string, ...string[]];
  readonly defaults: Options;
  /** Keeps the options object itself, not a copy: `configure` changes it. */
  readonly makeWorld: (options: Options, tools: Tools) => World;
  readonly routes: readonly Route<World>[];
  /** The vendor's answer to a path that it does not have (404), when it breaks (500) or throttles (429). */
  readonly failure: (status: number) => Reply;
  /** Every key that the world has ever had. */
  readonly keys: (world: World) => readonly SimulatedKey[];
  /** Makes a key as a person would in the vendor's console. `question` is the definition's own affair. */
  readonly mint: (
    world: World,
    question: Readonly<Record<string, unknown>>,
  ) => { readonly keyId: string; readonly value: string };
}

export interface Tools {
  readonly now: () => Instant;
  /** Unique text of that many characters of that alphabet. */
  readonly random: (alphabet: string, length: number) => string;
}

export interface Route<World> {
  readonly method: string;
  /** `/v1/projects/:project/keys`: a segment with a colon is a parameter. */
  readonly path: string;
  readonly answer: (visit: Visit, world: World) => Reply;
}

export interface Visit {
  readonly method: string;
  /** The vendor's host, such as `api.openai.com`. */
  readonly host: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, a form's fields, or undefined. */
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

/** What a test's judge may know: values included. */
export interface SimulatedKey {
  readonly id: string;
  readonly name: string | null;
  readonly value: string;
  readonly createdAt: Instant;
  readonly lastUsedAt: Instant | null;
  /** From when on the vendor refuses it; null while it lives. May lie ahead: revocation takes its time. */
  readonly refusedAt: Instant | null;
}

/**
 * What goes wrong with the next request that matches.
 *
 * - `lost-response`: the effect happens, the connection breaks.
 * - `dropped-request`: no effect, the connection breaks.
 * - `stall`: the effect happens, no answer ever comes.
 * - `malformed`: the effect happens, half of the answer's body comes.
 * - `status`: no effect; the vendor's own answer of that status (500, 429, ...).
 * - `status-after-effect`: the effect happens all the same.
 */
export type SimulatedFault = z.infer<typeof faultSchema>;

export const faultSchema = z.strictObject({
  kind: z.enum(['lost-response', 'dropped-request', 'stall', 'malformed', 'status', 'status-after-effect']),
  status: z.number().exactOptional(),
  method: z.string().exactOptional(),
  /** Matches where the path contains it. */
  path: z.string().exactOptional(),
  /** How many matching requests pass unharmed before. */
  skip: z.number().exactOptional(),
  /** How many requests it hits; 1 unless told. */
  times: z.number().exactOptional(),
});

export interface JournalLine {
  readonly method: string;
  readonly path: string;
}

export interface Simulator<World> {
  readonly id: string;
  readonly world: World;
  /** Where it listens: `http://127.0.0.1:1234`. */
  readonly origin: string;
  /** For `fetchHttp`: from the vendor's origins to this server. */
  readonly origins: Readonly<Record<string, string>>;
  readonly fail: (fault: SimulatedFault) => void;
  /** Takes back the faults that have not struck yet. */
  readonly heal: () => void;
  /** Changes options while it runs; a world reads them at every request. */
  readonly configure: (change: Readonly<Record<string, unknown>>) => void;
  /** Everything that was asked, oldest first. */
  readonly requests: readonly JournalLine[];
  readonly keys: () => readonly SimulatedKey[];
  readonly mint: (question?: Readonly<Record<string, unknown>>) => { readonly keyId: string; readonly value: string };
  readonly close: () => Promise<void>;
}

export interface SimulatorOptions<Options> {
  readonly now?: () => Instant;
  readonly random?: Tools['random'];
  readonly options?: Partial<Options>;
}

/** Listens on a free port of 127.0.0.1 until `close`. */
export const startSimulator = async <Options extends object, World>(
  simulation: Simulation<Options, World>,
  { now = () => instant(Date.now()), random = randomText, options = {} }: SimulatorOptions<Options> = {},
): Promise<Simulator<World>> => {
  const chosen: Options = { ...simulation.defaults, ...options };
  const world = simulation.makeWorld(chosen, { now, random });
  const vendorOrigins = simulation.origins(chosen);
  const requests: JournalLine[] = [];
  let faults: PendingFault[] = [];

  const server = createServer((incoming, outgoing) => {
    void serve(incoming, outgoing);
  });

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const visit = await visitOf(incoming, new URL(vendorOrigins[0]).host);
    if (visit === null) return;
    requests.push({ method: visit.method, path: visit.path });
    const fault = takeFault(faults, visit);
    const hasEffect = fault?.kind !== 'dropped-request' && fault?.kind !== 'status';
    const reply = hasEffect ? route(simulation, world, visit) : null;
    switch (fault?.kind) {
      case 'lost-response':
      case 'dropped-request':
        incoming.socket.destroy();
        return;
      case 'stall':
        return;
      case 'status':
      case 'status-after-effect':
        write(outgoing, simulation.failure(fault.status ?? 500));
        return;
      case 'malformed':
        outgoing.writeHead(reply?.status ?? 200, { 'content-type': 'application/json' });
        outgoing.end(firstHalf(textOf(reply ?? { status: 200 })));
        return;
      case undefined:
        write(outgoing, reply ?? simulation.failure(500));
    }
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The simulator has no port.');
  const origin = `http://127.0.0.1:${address.port}`;

  return {
    id: simulation.id,
    world,
    origin,
    origins: Object.fromEntries(vendorOrigins.map((vendor) => [vendor, `${origin}${hostMark}${new URL(vendor).host}`])),
    fail: (fault) => {
      faults.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
    },
    heal: () => {
      faults = [];
    },
    configure: (change) => {
      Object.assign(chosen, change);
    },
    requests,
    keys: () => simulation.keys(world),
    mint: (question = {}) => simulation.mint(world, question),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
};

/** The same vendor without a socket, a fault or a journal: for worlds that live for a few milliseconds. */
export const answerInMemory = <Options, World>(
  simulation: Simulation<Options, World>,
  world: World,
  { method, url: text, headers, body = '' }: HttpRequest,
): HttpResponse => {
  const url = new URL(text);
  const reply = route(simulation, world, {
    method,
    host: url.host,
    path: url.pathname,
    parameters: {},
    query: url.searchParams,
    headers,
    body: bodyOf(body, headers['content-type'] ?? ''),
  });
  return { status: reply.status, headers: reply.headers ?? {}, body: textOf(reply) };
};

/** One server stands for several hosts of a vendor: the origin map writes the host before the path. */
const hostMark = '/~/';

type PendingFault = { readonly fault: SimulatedFault; skip: number; left: number };

const takeFault = (faults: readonly PendingFault[], visit: Visit): SimulatedFault | null => {
  for (const pending of faults) {
    const { method, path } = pending.fault;
    if (pending.left === 0) continue;
    if (method !== undefined && method !== visit.method) continue;
    if (path !== undefined && !visit.path.includes(path)) continue;
    if (pending.skip > 0) {
      pending.skip -= 1;
      continue;
    }
    pending.left -= 1;
    return pending.fault;
  }
  return null;
};

const route = <Options, World>(simulation: Simulation<Options, World>, world: World, visit: Visit): Reply => {
  const given = visit.path.split('/');
  for (const candidate of simulation.routes) {
    if (candidate.method !== visit.method) continue;
    const parameters = match(candidate.path, given);
    if (parameters !== null) return candidate.answer({ ...visit, parameters }, world);
  }
  return simulation.failure(404);
};

const match = (pattern: string, given: readonly string[]): Record<string, string> | null => {
  const wanted = pattern.split('/');
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const text = given[index] ?? '';
    if (segment.startsWith(':')) parameters[segment.slice(1)] = decodeURIComponent(text);
    else if (segment !== text) return null;
  }
  return parameters;
};

/** Null when the client left before it had said everything. */
const visitOf = async (incoming: IncomingMessage, defaultHost: string): Promise<Visit | null> => {
  incoming.setEncoding('utf8');
  let text = '';
  try {
    for await (const part of incoming) text += String(part);
  } catch {
    return null;
  }
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const marked = url.pathname.startsWith(hostMark) ? url.pathname.slice(hostMark.length) : null;
  const slash = marked?.indexOf('/') ?? -1;
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    method: incoming.method ?? 'GET',
    host: marked === null ? defaultHost : marked.slice(0, slash === -1 ? undefined : slash),
    path: marked === null ? url.pathname : slash === -1 ? '/' : marked.slice(slash),
    parameters: {},
    query: url.searchParams,
    headers,
    body: bodyOf(text, headers['content-type'] ?? ''),
  };
};

const bodyOf = (text: string, contentType: string): unknown => {
  if (text === '') return undefined;
  if (contentType.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const textOf = (reply: Reply): string => reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json));

const firstHalf = (text: string): string => text.slice(0, Math.floor(text.length / 2));

const write = (outgoing: ServerResponse, reply: Reply): void => {
  const type = reply.json === undefined ? 'text/plain' : 'application/json';
  const text = textOf(reply);
  outgoing.writeHead(reply.status, { ...(text === '' ? {} : { 'content-type': type }), ...reply.headers });
  outgoing.end(text);
};

const randomText = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
