import { parseArgs } from 'node:util';
import { holdsKey } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import { CommandError } from './command-error.ts';
import { type CommandSpec, commands, commonOptions, type OptionSpec } from './commands.ts';

export type Parsed =
  | { readonly kind: 'help'; readonly command: CommandSpec | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly command: CommandSpec; readonly arguments: Arguments };

export interface Arguments {
  readonly positionals: readonly string[];
  readonly switches: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Reads the command line. What looks like a key is never repeated in a message.
 *
 * @throws CommandError for whatever it does not understand
 */
export const parseArguments = (argv: readonly string[]): Parsed => {
  const { command, rest } = findCommand(argv);
  if (command === null) {
    if (argv.includes('--version')) return { kind: 'version' };
    if (argv.length === 0 || argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') {
      return { kind: 'help', command: null };
    }
    throw unknownCommand(argv);
  }
  if (rest.includes('--help') || rest.includes('-h')) return { kind: 'help', command };
  return { kind: 'run', command, arguments: parseFor(command, rest) };
};

const findCommand = (
  argv: readonly string[],
): { readonly command: CommandSpec | null; readonly rest: readonly string[] } => {
  // `keyturn --local status` is understood as well: switches may stand before the command, options with a value not.
  const first = argv.findIndex((word) => !word.startsWith('-'));
  for (const command of first === -1 ? [] : commands) {
    const words = command.name.split(' ');
    if (words.some((word, index) => argv[first + index] !== word)) continue;
    return { command, rest: [...argv.slice(0, first), ...argv.slice(first + words.length)] };
  }
  return { command: null, rest: argv };
};

const unknownCommand = (argv: readonly string[]): CommandError => {
  const word = argv.find((part) => !part.startsWith('-')) ?? argv[0] ?? '';
  const names = commands.map(({ name }) => name);
  const near = nearest(word, names) ?? names.find((name) => name.startsWith(`${word} `)) ?? null;
  return new CommandError({
    what: `There is no command ${shown(word)}.`,
    why: `The commands are ${names.join(', ')}.`,
    next: near === null ? 'keyturn --help' : `Perhaps you meant: keyturn ${near}`,
  });
};

const parseFor = (command: CommandSpec, rest: readonly string[]): Arguments => {
  const options = { ...commonOptions, ...command.options };
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(
      Object.entries(options).map(
        ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
      ),
    ),
    strict: false,
    tokens: true,
  });
  const positionals: string[] = [];
  const switches = new Set<string>();
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) throw unknownOption(command, token.rawName, token.value, options);
    if (option.value === undefined) {
      if (token.value !== undefined) throw misused(command, `--${token.name} takes no value`);
      switches.add(token.name);
    } else {
      if (token.value === undefined || token.value === '') throw misused(command, `--${token.name} needs a value`);
      if (holdsKey(token.value)) throw keyInArgument(command);
      values.set(token.name, token.value);
    }
  }
  checkPositionals(command, positionals);
  return { positionals, switches, values };
};

const checkPositionals = (command: CommandSpec, positionals: readonly string[]): void => {
  const extra = positionals.length > command.positionals.length;
  if (positionals.some(holdsKey) || (extra && command.secret !== undefined)) throw keyInArgument(command);
  if (extra) throw misused(command, `${shown(positionals[command.positionals.length] ?? '')} is one word too many`);
  const missing = command.positionals.slice(positionals.length).find(({ optional }) => optional !== true);
  if (missing !== undefined) throw misused(command, `the ${missing.name} is missing`);
};

const unknownOption = (
  command: CommandSpec,
  name: string,
  value: string | undefined,
  options: Readonly<Record<string, OptionSpec>>,
): CommandError => {
  if (holdsKey(`${name} ${value ?? ''}`)) return keyInArgument(command);
  const near = nearest(name.replace(/^-+/, ''), Object.keys(options));
  return new CommandError({
    what: `keyturn ${command.name} has no option ${shown(name)}.`,
    why: near === null ? 'Its help lists the options it has.' : `Perhaps you meant --${near}.`,
    next: `keyturn ${command.name} --help`,
  });
};

const misused = (command: CommandSpec, why: string): CommandError =>
  new CommandError({
    what: `keyturn ${command.name} could not be understood.`,
    why: `${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
    next: `keyturn ${command.name} --help`,
  });

/** Whoever can list processes has read it by now. */
const keyInArgument = (command: CommandSpec): CommandError =>
  new CommandError({
    what: `keyturn ${command.name} takes no key as an argument.`,
    why: 'What you gave is now in the history of your shell, and was visible in the list of processes.',
    changed: 'Nothing was changed, and nothing of it was stored or sent.',
    next:
      command.secret === undefined
        ? `Treat that key as leaked and rotate it. Then: keyturn ${command.name} --help`
        : `Treat ${command.secret} you gave as leaked: make another one. Then give it at the prompt: keyturn ${command.name} ${command.positionals.map(({ name }) => `<${name}>`).join(' ')}`,
  });

/** A word of the command line in a message; a long one may be a key of a form that nobody knows. */
const shown = (word: string): string =>
  word.length <= 40 && !holdsKey(word) ? `"${word}"` : `of ${word.length} characters`;
