import { createRequire } from 'node:module';
import type { JsonObject } from '../domain/json.ts';
import { type Parsed, parseArguments } from './arguments.ts';
import type { Answer, Call } from './call.ts';
import type { Explanation } from './command-error.ts';
import { commandHelp, generalHelp } from './help.ts';
import type { Io } from './io.ts';

/**
 * Runs one command line.
 *
 * @param argv without node and script
 * @returns the exit code: 0 done, 1 it ended otherwise, 2 bad input, 130 interrupted
 */
export const runCommand = async (argv: readonly string[], io: Io): Promise<number> => {
  const asJson = argv.includes('--json');
  let parsed: Parsed;
  try {
    parsed = parseArguments(argv);
  } catch (error) {
    return fail(io, asJson, error);
  }
  switch (parsed.kind) {
    case 'help':
      io.stdout.write(`${parsed.command === null ? generalHelp() : commandHelp(parsed.command)}\n`);
      return 0;
    case 'version':
      io.stdout.write(`${version()}\n`);
      return 0;
    case 'run':
      return runParsed(parsed, io, asJson);
  }
};

const runParsed = async (
  { command, arguments: given }: Extract<Parsed, { kind: 'run' }>,
  io: Io,
  asJson: boolean,
): Promise<number> => {
  const { behindWall, guarded } = await import('../shell/wall.ts');
  let interruption = { what: 'Interrupted.', next: 'Run the same command again.' };
  const progress = asJson ? io.stderr : io.stdout;
  return behindWall(async () => {
    const call: Call = {
      io,
      arguments: given,
      say: (line) => progress.write(`${guarded(line)}\n`),
      isInteractive: io.stdin.isTTY === true && io.stderr.isTTY === true,
      ifInterrupted: (explanation) => {
        interruption = explanation;
      },
    };
    try {
      const run = await command.load();
      const answer = await Promise.race([run(call), whenInterrupted(io.interrupted)]);
      if (answer === 'interrupted') {
        io.stderr.write(`\n${interruption.what}\n${interruption.next}\n`);
        return 130;
      }
      if (asJson) printJson(io, answer, guarded);
      return answer.exitCode;
    } catch (error) {
      return fail(io, asJson, error, guarded);
    }
  });
};

const whenInterrupted = (signal: AbortSignal): Promise<'interrupted'> =>
  new Promise((resolve) => {
    const tell = (): void => resolve('interrupted');
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
  });

const printJson = (io: Io, { json }: Answer, guarded: (text: string) => string): void => {
  io.stdout.write(`${guarded(JSON.stringify(json))}\n`);
};

const fail = async (
  io: Io,
  asJson: boolean,
  error: unknown,
  guarded: (text: string) => string = (text) => text,
): Promise<number> => {
  const { explain } = await import('./explain.ts');
  const { lines, explanation, exitCode } = explain(error);
  io.stderr.write(`${guarded(lines.join('\n'))}\n`);
  if (asJson) io.stdout.write(`${guarded(JSON.stringify({ error: jsonOf(explanation), exitCode }))}\n`);
  return exitCode;
};

const jsonOf = ({ what, why, changed, next }: Explanation): JsonObject => ({ what, why, changed, next });

const version = (): string => {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
};
