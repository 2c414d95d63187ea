import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { administrator } from './deploy.ts';
import type { Deployed } from './global-setup.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Said {
  readonly exitCode: number | null;
  /** What `--json` printed as its last line. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Everything that was printed. */
  readonly text: string;
}

/** The command as an operator runs it, on AWS: its own process, against the emulator and the simulated providers. */
export const operatorOf =
  ({ endpoint, registerFile, origins }: Pick<Deployed, 'endpoint' | 'registerFile' | 'origins'>) =>
  (command: string, stdin = ''): Promise<Said> =>
    new Promise((resolve, reject) => {
      const words = [...command.split(' '), '--register', registerFile, '--json'];
      const child = spawn(process.execPath, ['functions/cli/keyturn.mjs', ...words], {
        cwd: root,
        env: {
          ...process.env,
          ...administrator(endpoint),
          NODE_OPTIONS: '--import ./test/emulator/lambda-surroundings.mjs',
          KEYTURN_SIMULATED_ORIGINS: JSON.stringify(origins),
        },
      });
      let [output, errors] = ['', ''];
      child.stdout.on('data', (chunk) => (output += String(chunk)));
      child.stderr.on('data', (chunk) => (errors += String(chunk)));
      child.once('error', reject);
      child.once('close', (exitCode) => {
        const last = output.trim().split('\n').at(-1) ?? '';
        resolve({ exitCode, json: last.startsWith('{') ? JSON.parse(last) : {}, text: output + errors });
      });
      child.stdin.end(stdin);
    });
