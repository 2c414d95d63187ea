import { createServer, type IncomingMessage } from 'node:http';
import type { Instant } from '../../domain/identifiers.ts';
import { simulatedAnthropic } from './anthropic.ts';
import { simulatedAzureOpenai } from './azure-openai.ts';
import { simulatedOpenai } from './openai.ts';
import { simulatedPinecone } from './pinecone.ts';
import { faultSchema, type Simulation, type Simulator, startSimulator } from './server.ts';

export type AllOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface AllSimulators {
  readonly simulators: Readonly<Record<string, Simulator<unknown>>>;
  /** Of all of them, for `fetchHttp`. */
  readonly origins: Readonly<Record<string, string>>;
  /** Where tests in another process read and alter the worlds; see `serveControl`. */
  readonly control: string;
  readonly close: () => Promise<void>;
}

/**
 * Starts every simulated provider, and a control endpoint beside them.
 * @param options by provider id, what differs from its defaults
 */
export const startAll = async (options: AllOptions = {}, now?: () => Instant): Promise<AllSimulators> => {
  const start = <Options extends object, World>(
    simulation: Simulation<Options, World>,
  ): Promise<Simulator<unknown>> => {
    const chosen: Partial<Options> = {};
    Object.assign(chosen, options[simulation.id]);
    return startSimulator(simulation, { options: chosen, ...(now && { now }) });
  };
  const started = await Promise.all([
    start(simulatedOpenai),
    start(simulatedPinecone),
    start(simulatedAnthropic),
    start(simulatedAzureOpenai),
  ]);
  const simulators = Object.fromEntries(started.map((simulator) => [simulator.id, simulator]));
  const control = await serveControl(simulators);
  return {
    simulators,
    origins: Object.fromEntries(started.flatMap(({ origins }) => Object.entries(origins))),
    control: control.origin,
    close: async () => {
      await Promise.all([...started.map(({ close }) => close()), control.close()]);
    },
  };
};

/**
 * - `GET /openai`: `{ keys, requests }`
 * - `PATCH /openai/options`: changes options
 * - `POST /openai/faults`: a `SimulatedFault`; `DELETE`: takes back what has not struck
 * - `POST /openai/keys`: makes a key as a person would; answers `{ keyId, value }`
 */
const serveControl = async (
  simulators: Readonly<Record<string, Simulator<unknown>>>,
): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> => {
  const answer = async (incoming: IncomingMessage): Promise<{ readonly status: number; readonly json?: unknown }> => {
    const [, id = '', part = ''] = (incoming.url ?? '').split('/');
    const simulator = simulators[id];
    if (simulator === undefined) return { status: 404 };
    const { keys, requests, configure, fail, heal, mint } = simulator;
    switch (`${incoming.method ?? ''} ${part}`) {
      case 'GET ':
        return { status: 200, json: { keys: keys(), requests } };
      case 'PATCH options':
        configure(Object.assign({}, await jsonOf(incoming)));
        return { status: 204 };
      case 'POST faults':
        fail(faultSchema.parse(await jsonOf(incoming)));
        return { status: 204 };
      case 'DELETE faults':
        heal();
        return { status: 204 };
      case 'POST keys':
        return { status: 200, json: mint(Object.assign({}, await jsonOf(incoming))) };
      default:
        return { status: 404 };
    }
  };
  const server = createServer((incoming, outgoing) => {
    answer(incoming).then(
      ({ status, json }) => {
        outgoing.writeHead(status, { 'content-type': 'application/json' });
        outgoing.end(json === undefined ? '' : JSON.stringify(json));
      },
      () => {
        outgoing.writeHead(400).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The control endpoint has no port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
};

const jsonOf = async (incoming: IncomingMessage): Promise<unknown> => {
  incoming.setEncoding('utf8');
  let text = '';
  for await (const part of incoming) text += String(part);
  return text === '' ? {} : JSON.parse(text);
};
