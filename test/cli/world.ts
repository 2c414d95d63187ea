import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Io } from '../../functions/cli/io.ts';
import { runCommand } from '../../functions/cli/run-command.ts';
import { instant } from '../../functions/domain/identifiers.ts';
import { openLocal } from '../../functions/local/ports.ts';
import { type AllSimulators, startAll } from '../../functions/local/simulated/all.ts';
import type { Simulator } from '../../functions/local/simulated/server.ts';
import type { Ports } from '../../functions/ports.ts';
import { providers } from '../../functions/providers/index.ts';
import { parseRegister } from '../../functions/register/load.ts';
import { type ManualClock, manualClock } from '../support/manual-clock.ts';

export const adminKeys = {
  openai: 'sk-admin-canary7Qm2xV9pL4sT8wZ1rB6k',
  anthropic: 'sk-ant-admin01-canaryH3nY5cD8fJ2gK7aWqPz',
} as const;

export const registerText = `accounts:
  - { id: openai-test, provider: openai, environment: test, settings: { projectId: proj_test } }
  - { id: anthropic-test, provider: anthropic, environment: test, settings: { workspaceId: wrkspc_01Test } }
credentials:
  - id: assistant-openai
    account: openai-test
    settings: { serviceAccountId: svc_acct_test }
    service: assistant
    purpose: chat
    environment: test
    owner: { name: Test team, contact: test-team@example.com }
    tier: service
    overlap: 10s
    maximumOverlap: 20s
    consumers: [{ name: assistant-api, cacheTtl: 2s }]
    expects: { models: [gpt-5.5] }
  - id: support-anthropic
    account: anthropic-test
    settings: { usageDelaySeconds: 1 }
    service: support
    purpose: triage
    environment: test
    owner: { name: Test team, contact: test-team@example.com }
    tier: service
    overlap: 70s
    consumers: [{ name: triage-worker, cacheTtl: 2s }]
    expects: { models: [claude-sonnet-4-5] }
`;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout. */
  readonly json: () => Printed;
}

/** What `--json` prints, as far as a test takes it apart. */
export interface Printed {
  readonly rotationId: string;
  readonly outcome: string;
  readonly oldKeyId: string;
  readonly newKeyId: string;
  readonly cutOverAt: string;
  readonly oldKeyRefusedAt: string;
  readonly entries: readonly { readonly step: string }[];
  readonly rotations: readonly unknown[];
  readonly started: readonly unknown[];
  readonly credentials: readonly {
    readonly keyId: string;
    readonly rotation: unknown;
    readonly obligations: readonly unknown[];
  }[];
}

export interface RunOptions {
  readonly stdin?: string;
  /** What is typed at a terminal; without it there is none. */
  readonly typed?: string;
  /** Ctrl-D after what is typed. */
  readonly endOfInput?: boolean;
  readonly columns?: number;
  readonly interrupted?: AbortSignal;
  /** Called with every piece of output. */
  readonly onOutput?: (text: string) => void;
}

export interface World {
  readonly folder: string;
  readonly store: string;
  readonly clock: ManualClock;
  readonly simulators: AllSimulators;
  readonly openai: Simulator<unknown>;
  readonly anthropic: Simulator<unknown>;
  /** Runs `keyturn <line> --local`. */
  readonly run: (line: string, options?: RunOptions) => Promise<Ran>;
  /** Both admin keys are stored and the OpenAI credential has a first key. */
  readonly setUp: () => Promise<void>;
  readonly ports: <T>(work: (ports: Ports) => Promise<T>) => Promise<T>;
  readonly writeRegister: (text: string) => void;
  /** Everything that any command has printed. */
  readonly printed: () => string;
  /** Every secret of the simulated worlds. */
  readonly canaries: () => readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Simulated providers, a folder, and the command run in this process, on a clock that only sleeping moves.
 * @param start its time, in milliseconds since 1970
 */
export const makeWorld = async (start?: number): Promise<World> => {
  const clock = manualClock(start);
  const now = () => instant(clock.now());
  const simulators = await startAll(
    {
      openai: { adminKey: adminKeys.openai, projectId: 'proj_test', serviceAccountId: 'svc_acct_test' },
      anthropic: { adminKey: adminKeys.anthropic, workspaceId: 'wrkspc_01Test', usageLagSeconds: 1 },
    },
    now,
  );
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-cli-'));
  const store = join(folder, '.keyturn');
  mkdirSync(store);
  writeFileSync(join(store, 'local.json'), JSON.stringify({ origins: simulators.origins }));
  const writeRegister = (text: string): void => writeFileSync(join(folder, 'credentials.yaml'), text);
  writeRegister(registerText);
  const { openai, anthropic } = simulators.simulators;
  if (openai === undefined || anthropic === undefined) throw new Error('A simulator is missing.');
  const ids = Array.from({ length: 1000 }, (_, index) => `id-${index}`);
  let printed = '';

  const run = async (line: string, options: RunOptions = {}): Promise<Ran> => {
    const { io, output } = makeIo(options, folder, clock, () => ids.shift() ?? 'none');
    const code = await runCommand([...line.split(' '), '--local'], io);
    printed += output.stdout + output.stderr;
    return { code, ...output, json: () => JSON.parse(output.stdout.trimEnd().split('\n').at(-1) ?? '') as Printed };
  };

  return {
    folder,
    store,
    clock,
    simulators,
    openai,
    anthropic,
    run,
    setUp: async () => {
      await run('admin set openai-test', { stdin: adminKeys.openai });
      await run('admin set anthropic-test', { stdin: adminKeys.anthropic });
      await run('rotate assistant-openai');
    },
    ports: async (work) => {
      const { credentials } = parseRegister(registerText, 'credentials.yaml', { providers });
      const local = openLocal({
        folder: store,
        credentials,
        origins: simulators.origins,
        clock: clockOf(clock),
        engineClock: clock,
      });
      try {
        return await work(local.ports);
      } finally {
        local.close();
      }
    },
    writeRegister,
    printed: () => printed,
    canaries: () => [
      ...Object.values(adminKeys),
      ...Object.values(simulators.simulators).flatMap((simulator) => simulator.keys().map(({ value }) => value)),
    ],
    close: async () => {
      await simulators.close();
      rmSync(folder, { recursive: true });
    },
  };
};

const clockOf = (clock: ManualClock): Io['clock'] => ({
  now: () => instant(clock.now()),
  sleep: async (seconds) => clock.advance(seconds),
});

export const makeIo = (
  { stdin = '', typed, endOfInput = false, columns, interrupted, onOutput }: RunOptions,
  folder: string,
  clock: ManualClock,
  newId: () => string,
): { readonly io: Io; readonly output: { stdout: string; stderr: string; rawModes: boolean[] } } => {
  const output = { stdout: '', stderr: '', rawModes: [] as boolean[] };
  const isTTY = typed !== undefined;
  const input = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (mode: boolean) => output.rawModes.push(mode),
  });
  if (typed === undefined) input.end(stdin);
  else if (endOfInput) input.end(typed);
  else input.write(typed);
  const sink = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns,
    write: (text: string) => {
      output[name] += text;
      onOutput?.(text);
    },
  });
  const io: Io = {
    stdin: input,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    workingDirectory: folder,
    clock: clockOf(clock),
    engineClock: clock,
    newId,
    random: () => 0.5,
    interrupted: interrupted ?? new AbortController().signal,
  };
  return { io, output };
};
