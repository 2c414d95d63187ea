import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** @returns how long the process took, in milliseconds, and what it said */
export const runNode = (
  command: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { readonly milliseconds: number; readonly output: string } => {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${command.join(' ')} ended with ${String(status)}: ${stderr}`);
  return { milliseconds: performance.now() - began, output: stdout };
};

/** For a program that prints figures of its own. */
export const letReport = (...command: readonly string[]): void => {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`node ${command.join(' ')} ended with ${String(status)}.`);
};
