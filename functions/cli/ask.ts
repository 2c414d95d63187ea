import type { Call } from './call.ts';
import { CommandError } from './command-error.ts';

/**
 * Lets a person confirm what the lines before have said. Without a terminal there is nobody to ask: `--yes` must say it.
 *
 * @throws CommandError unless it is confirmed
 */
export const askToGoOn = async (call: Call, question: string): Promise<void> => {
  if (call.arguments.switches.has('yes')) return;
  if (!call.isInteractive) {
    throw new CommandError({
      what: 'This needs a confirmation.',
      why: `There is no terminal to ask at: ${question}`,
      next: 'Run the same command again with --yes.',
    });
  }
  const answer = await readLine(call, `${question} Type yes to go on: `);
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new CommandError({
    what: 'Not confirmed.',
    why: 'The answer was not yes.',
    next: 'Run the same command again when you want it.',
  });
};

const readLine = ({ io }: Call, prompt: string): Promise<string> =>
  new Promise((resolve) => {
    const { stdin, stderr } = io;
    let text = '';
    const end = (): void => {
      stdin.off('data', take);
      stdin.off('end', end);
      stdin.pause();
      resolve(text.split(/[\r\n]/)[0] ?? '');
    };
    const take = (chunk: Buffer | string): void => {
      text += chunk.toString();
      if (/[\r\n]/.test(text)) end();
    };
    stderr.write(prompt);
    stdin.on('data', take);
    stdin.on('end', end);
    stdin.resume();
  });
