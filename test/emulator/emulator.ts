import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

export interface EmulatorOptions {
  /** Where its log and its record of calls go. */
  readonly folder: string;
  /** From the vendors' origins to their simulators. */
  readonly origins: Readonly<Record<string, string>>;
  /** What one second of a Wait or of a retry's interval takes, in seconds. */
  readonly waitScale: number;
}

export interface Emulator {
  readonly endpoint: string;
  /** A line of JSON for each call that was held to a policy. */
  readonly callsFile: string;
  /** From now on every call is held to the policies of who makes it. */
  readonly enforcePolicies: () => void;
  readonly stop: () => Promise<void>;
}

/**
 * The Python of a virtual environment of our own, with MiniStack and moto in it: made once, kept beside the other
 * packages.
 *
 * @returns null where this machine has no Python to make it with
 */
export const installEmulator = (): string | null => {
  const requirements = join(here, 'requirements.txt');
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(root, 'node_modules', '.cache', 'keyturn-emulator', version);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return python;
  if (spawnSync('python3', ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']).status !== 0) return null;
  mkdirSync(folder, { recursive: true });
  execFileSync('python3', ['-m', 'venv', '--clear', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements];
  execFileSync(python, pip, { stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(complete, '');
  return python;
};

/** Starts moto's server on a free port of loopback: a second opinion on what AWS does. It holds no call to a policy. */
export const startMoto = async (python: string, folder: string): Promise<Pick<Emulator, 'endpoint' | 'stop'>> => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const logFile = join(folder, 'moto.log');
  const log = openSync(logFile, 'a');
  const child = spawn(python, [join(here, 'start_moto.py'), String(port)], {
    cwd: folder,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder },
  });
  await untilItAnswers(child, `${endpoint}/moto-api/data.json`, logFile);
  return { endpoint, stop: stopping(child) };
};

/** Starts MiniStack on a free port of loopback, and waits until it answers. */
export const startEmulator = async (python: string, options: EmulatorOptions): Promise<Emulator> => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const callsFile = join(options.folder, 'calls.jsonl');
  writeFileSync(callsFile, '');
  const logFile = join(options.folder, 'emulator.log');
  const log = openSync(logFile, 'a');
  const child = spawn(python, [join(here, 'start_ministack.py'), String(port)], {
    cwd: options.folder,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env['PATH'],
      HOME: options.folder,
      TMPDIR: options.folder,
      GATEWAY_PORT: String(port),
      LAMBDA_EXECUTOR: 'local',
      SFN_WAIT_SCALE: String(options.waitScale),
      // Listeners that nobody here needs.
      IOT_MTLS_ENABLED: 'false',
      SFTP_ENABLED: 'false',
      KEYTURN_CALLS: callsFile,
      KEYTURN_SIMULATED_ORIGINS: JSON.stringify(options.origins),
      NODE_OPTIONS: `--import ${join(here, 'lambda-surroundings.mjs')}`,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
  });
  await untilItAnswers(child, `${endpoint}/_ministack/health`, logFile);
  return { endpoint, callsFile, enforcePolicies: () => child.kill('SIGUSR1'), stop: stopping(child) };
};

const stopping = (child: ChildProcess) => (): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.kill('SIGTERM');
  });

const untilItAnswers = async (child: ChildProcess, address: string, logFile: string): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The emulator ended at once: ${logFile}`);
    try {
      if ((await fetch(address)).ok) return;
    } catch {
      await setTimeout(100);
    }
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('There is no free port.'));
        else resolve(address.port);
      });
    });
  });
