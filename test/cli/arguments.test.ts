import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../functions/cli/arguments.ts';
import { CommandError } from '../../functions/cli/command-error.ts';
import { commands } from '../../functions/cli/commands.ts';
import { runCommand } from '../../functions/cli/run-command.ts';
import { manualClock } from '../support/manual-clock.ts';
import { makeIo } from './world.ts';

const leaked = 'sk-proj-abcdefghijklmnopqrstuvwxyz012345';

const run = async (...argv: string[]) => {
  const { io, output } = makeIo({}, '/nowhere', manualClock(), () => 'id');
  return { code: await runCommand(argv, io), ...output };
};

const errorOf = (...argv: string[]): CommandError => {
  try {
    parseArguments(argv);
  } catch (error) {
    if (error instanceof CommandError) return error;
  }
  throw new Error(`${argv.join(' ')} was understood`);
};

describe('help', () => {
  test.each([[[]], [['--help']], [['help']], [['-h']]])('%j tells all commands', async (argv) => {
    const { code, stdout, stderr } = await run(...argv);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const { name, summary } of commands) {
      expect(stdout).toContain(`  ${name} `);
      expect(stdout).toContain(summary);
    }
  });

  test.each(commands.map(({ name }) => name))('keyturn %s --help tells its options', async (name) => {
    const { code, stdout } = await run(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: keyturn ${name}`);
    expect(stdout).toContain('--json');
  });

  test('no line is wider than a terminal', async () => {
    const texts = await Promise.all([run('--help'), ...commands.map(({ name }) => run(...name.split(' '), '--help'))]);
    const lines = texts.flatMap(({ stdout }) => stdout.split('\n'));
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  test('--version tells the version of package.json', async () => {
    const { stdout, code } = await run('--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(code).toBe(0);
  });
});

describe('what is not understood', () => {
  test('a command that nobody knows, with the nearest', () => {
    expect(errorOf('rotat', 'x').explanation.next).toBe('Perhaps you meant: keyturn rotate');
  });

  test('half a command', () => {
    expect(errorOf('admin').explanation.next).toBe('Perhaps you meant: keyturn admin set');
  });

  test('an option that the command has not, with the nearest', () => {
    expect(errorOf('rotate', 'x', '--emergancy').explanation.why).toBe('Perhaps you meant --emergency.');
    expect(errorOf('show', 'x', '--emergency').explanation.what).toContain('no option "--emergency"');
  });

  test.each([
    [['rotate'], 'The credential is missing.'],
    [['rotate', 'x', 'y'], '"y" is one word too many.'],
    [['rotate', 'x', '--reason'], '--reason needs a value.'],
    [['rotate', 'x', '--emergency=yes'], '--emergency takes no value.'],
  ])('%j', (argv, why) => {
    const { explanation, exitCode } = errorOf(...argv);
    expect(explanation.why).toBe(why);
    expect(exitCode).toBe(2);
  });

  test('four lines on stderr, none on stdout', async () => {
    const { code, stdout, stderr } = await run('rotat');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toHaveLength(4);
    expect(stderr).toContain('Nothing was changed.');
  });

  test('with --json the last line of stdout says it too', async () => {
    const { stdout } = await run('rotat', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 2, error: { what: 'There is no command "rotat".' } });
  });
});

describe('a key in an argument', () => {
  test.each([
    [['admin', 'set', 'openai-test', leaked]],
    [['admin', 'set', 'openai-test', 'anything-at-all']],
    [['admin', 'set', 'openai-test', `--value=${leaked}`]],
    [['submit', 'support-anthropic', leaked]],
    [['rotate', leaked]],
    [['rotate', 'x', '--emergency', '--key', leaked]],
    [['rotate', 'x', '--reason', `it is ${leaked}`]],
    [[leaked]],
  ])('%j is refused and not repeated', async (argv) => {
    const { code, stdout, stderr } = await run(...argv, '--local');
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(leaked);
    expect(stdout + stderr).not.toContain('anything-at-all');
    if (argv[0] !== leaked) expect(stderr).toContain('takes no key as an argument.');
  });

  test('says why, and that the key must be replaced', () => {
    const { why, next, changed } = errorOf('admin', 'set', 'openai-test', leaked).explanation;
    expect(why).toContain('history of your shell');
    expect(next).toContain('as leaked');
    expect(changed).toContain('nothing of it was stored or sent');
  });
});

test('switches may stand before the command', () => {
  const parsed = parseArguments(['--local', 'status', '--json']);
  expect(parsed.kind === 'run' && [parsed.command.name, ...parsed.arguments.switches]).toEqual([
    'status',
    'local',
    'json',
  ]);
});
