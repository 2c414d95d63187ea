import { type ChildProcess, spawn } from 'node:child_process';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process that answers each line of JSON with one. It ends with its stdin, so it never outlives the test. */
export interface LineProcess<Question, Answer> {
  /** @returns null when it was killed before it had answered */
  readonly ask: (question: Question) => Promise<Answer | null>;
  /** `kill -9`; resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Makes a TypeScript program ready to start in a fraction of the time that a loader takes. */
export const bundled = async (program: URL): Promise<string> => {
  const bundler = new URL('../../../functions/cli/bundle.mjs', import.meta.url).href;
  const { bundle }: { readonly bundle: (entry: string) => Promise<string> } = await import(bundler);
  return fileURLToPath(await bundle(relative(root, fileURLToPath(program))));
};

/** @param program a file that ends in `answerLines`, as `bundled` has made it */
export const startLineProcess = <Question, Answer>(program: string): LineProcess<Question, Answer> => {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  // Writing to a process that was killed at this moment: `ended` tells.
  child.stdin.on('error', () => undefined);
  const ended = endOf(child);
  const lines = createInterface({ input: child.stdout });
  return {
    ask: (question) => {
      const answer = new Promise<Answer>((resolve) => {
        lines.once('line', (line) => resolve(JSON.parse(line)));
      });
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return Promise.race([answer, ended.then(mustBeKilled)]);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

const endOf = (child: ChildProcess): Promise<NodeJS.Signals | null> =>
  new Promise((resolve) => child.once('close', (_code, signal) => resolve(signal)));

const mustBeKilled = (signal: NodeJS.Signals | null): null => {
  if (signal !== 'SIGKILL') throw new Error('A process of this test ended by itself; what it said stands above.');
  return null;
};
