import { type CommandSpec, commands, commonOptions, type OptionSpec } from './commands.ts';

export const generalHelp = (): string =>
  [
    'keyturn rotates the credentials of AI workloads, and proves that the old key is dead.',
    '',
    'Usage: keyturn <command> [options]',
    '',
    ...columns(commands.map((command) => [usageOf(command), command.summary])),
    '',
    'Options of every command:',
    ...optionLines(commonOptions),
    '  --version         the version',
    '',
    'keyturn <command> --help tells more of one command.',
  ].join('\n');

export const commandHelp = (command: CommandSpec): string =>
  [
    `keyturn ${command.name}: ${command.summary}.`,
    '',
    `Usage: keyturn ${usageOf(command)} [options]`,
    '',
    ...optionLines({ ...command.options, ...commonOptions }),
    ...(command.details.length === 0 ? [] : ['', ...command.details]),
    '',
    'For rehearsals against simulated providers, DIR/local.json may hold',
    '{"origins": {"https://api.openai.com": "http://127.0.0.1:1234"}}; no other origin is then reached.',
  ].join('\n');

const usageOf = ({ name, positionals }: CommandSpec): string =>
  [
    name,
    ...positionals.map((positional) => (positional.optional ? `[<${positional.name}>]` : `<${positional.name}>`)),
  ].join(' ');

const optionLines = (options: Readonly<Record<string, OptionSpec>>): readonly string[] =>
  columns(
    Object.entries(options).map(([name, { value, summary }]) => [
      value === undefined ? `--${name}` : `--${name} ${value}`,
      summary,
    ]),
  );

const columns = (rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.max(16, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};
