import { StringDecoder } from 'node:string_decoder';
import { SecretValue } from '../domain/secret-value.ts';
import type { Call } from './call.ts';
import { CommandError } from './command-error.ts';

/** An admin secret may be a JSON document; nothing that is a secret is longer than this. */
const longestSecret = 65_536;

/**
 * Reads a secret from a hidden prompt on a terminal, else all of stdin. White space and one pair of quotes around it
 * are not part of it.
 *
 * @param what for the prompt: `Admin key of openai-production`
 * @throws CommandError when there is nothing, or far too much
 */
export const readSecret = async (call: Call, what: string): Promise<SecretValue> => {
  const { stdin, stderr } = call.io;
  // Whatever stdout and stderr are: what is typed at a terminal must not be shown.
  const isTyped = stdin.isTTY === true;
  const text = isTyped ? await readHidden(call, `${what} (it is not shown): `) : await readAll(call);
  if (isTyped) stderr.write('\n');
  stdin.pause();
  const secret = trim(text);
  if (secret === '') {
    throw new CommandError({
      what: `${what}: nothing was given.`,
      why: 'It is read from a hidden prompt on a terminal, else from stdin, and that was empty.',
      next: 'Run the command in a terminal and paste it, or: <something that prints it> | keyturn ...',
    });
  }
  return new SecretValue(secret);
};

const trim = (text: string): string => {
  const bare = text.replace(/^\uFEFF/, '').trim();
  return (/^(["'`])([^"'`]*)\1$/.exec(bare)?.[2] ?? bare).trim();
};

const tooLong = (longest = longestSecret): CommandError =>
  new CommandError({
    what: 'What was given is too long.',
    why: `It may have at most ${longest} characters.`,
    next: longest === longestSecret ? 'Give the key alone, and not a file that holds it.' : 'Give it in parts.',
  });

/** @throws CommandError when it is longer than that many characters */
export const readAll = async ({ io }: Call, longest = longestSecret): Promise<string> => {
  const decoder = new StringDecoder('utf8');
  let text = '';
  for await (const chunk of io.stdin) {
    text += typeof chunk === 'string' ? chunk : Buffer.isBuffer(chunk) ? decoder.write(chunk) : '';
    if (text.length > longest) throw tooLong(longest);
  }
  return text + decoder.end();
};

const enter = ['\r', '\n'];
const backspace = ['\u007f', '\b'];
const endOfInput = '\u0004';
const interrupt = '\u0003';

const readHidden = ({ io }: Call, prompt: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { stdin, stderr } = io;
    const decoder = new StringDecoder('utf8');
    let text = '';
    const end = (): void => {
      stdin.off('data', take);
      stdin.off('end', hangUp);
      stdin.setRawMode?.(false);
    };
    const hangUp = (): void => {
      end();
      resolve(text);
    };
    const take = (chunk: Buffer | string): void => {
      for (const character of typeof chunk === 'string' ? chunk : decoder.write(chunk)) {
        if (character === interrupt) {
          end();
          reject(cancelled());
          return;
        }
        if (backspace.includes(character)) text = text.slice(0, -1);
        else if (character !== endOfInput && !enter.includes(character)) text += character;
        // JSON that was pasted has line ends within; it is over when it is whole.
        else if (character === endOfInput || !isBegunJson(text)) {
          end();
          resolve(text);
          return;
        } else text += '\n';
        if (text.length > longestSecret) {
          end();
          reject(tooLong());
          return;
        }
      }
    };
    stderr.write(prompt);
    // Raw mode: the terminal shows nothing of what is typed.
    stdin.setRawMode?.(true);
    stdin.on('data', take);
    stdin.on('end', hangUp);
    stdin.resume();
  });

const isBegunJson = (text: string): boolean => {
  if (!text.trimStart().startsWith('{')) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
};

const cancelled = (): CommandError =>
  new CommandError({
    what: 'Cancelled.',
    why: 'Ctrl-C was pressed at the prompt.',
    next: 'Run the same command again.',
  });
