import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeWorld, registerText, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(async () => {
  await world.close();
});

const everyCommand = [
  'plan assistant-openai',
  'rotate assistant-openai',
  'status',
  'show x',
  'resume x',
  'approve x --yes',
  'sweep',
  'due',
];

describe('a register that cannot be used', () => {
  test.each(everyCommand)('%s: malformed', async (line) => {
    world.writeRegister('accounts: [\n  { id: one');
    const { code, stderr, stdout } = await world.run(line);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/credentials\.yaml:\d+:\d+ yaml: /);
    expect(stderr).toContain('Nothing was changed.');
    expect(stderr).not.toContain('    at ');
  });

  test('breaks the policy: file, line, rule and reason', async () => {
    world.writeRegister(registerText.replace('overlap: 10s', 'overlap: 1s'));
    const { code, stderr } = await world.run('rotate assistant-openai');
    expect(code).toBe(2);
    expect(stderr).toMatch(/credentials\.yaml:\d+:\d+ [a-z-]+: .*because .*;/);
    expect(world.openai.requests).toEqual([]);
  });

  test('an unknown provider, and settings that do not fit', async () => {
    world.writeRegister(registerText.replace('provider: openai', 'provider: opnai'));
    expect((await world.run('status')).stderr).toMatch(/credentials\.yaml:2:\d+ .*opnai/);
    world.writeRegister(registerText.replace('serviceAccountId: svc_acct_test', 'serviceAcountId: x'));
    const { code, stderr } = await world.run('rotate assistant-openai');
    expect(code).toBe(2);
    expect(stderr).toMatch(/credentials\.yaml:\d+:\d+ settings: /);
  });

  test('is not there', async () => {
    const { code, stderr } = await world.run('status --register elsewhere.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('There is no register elsewhere.yaml here.');
  });

  test('--json says it on stdout as well', async () => {
    world.writeRegister('accounts: [\n  { id: one');
    const ran = await world.run('status --json');
    expect(ran.json()).toMatchObject({ exitCode: 2, error: { what: expect.stringContaining('credentials.yaml:') } });
  });
});

describe('a store that cannot be used is reported and left as it is', () => {
  const contents = (): readonly string[] =>
    ['keyturn.db', 'vault.key']
      .map((name) => join(world.store, name))
      .filter((path) => existsSync(path) && statSync(path).isFile())
      .map((path) => `${path} ${readFileSync(path).toString('hex')}`);

  const damages: readonly (readonly [string, (database: string) => void])[] = [
    ['overwritten', (database) => writeFileSync(database, 'this was a database')],
    [
      'with pages overwritten, of which SQLite says much',
      (database) => {
        const bytes = readFileSync(database);
        writeFileSync(database, bytes.fill(0x5a, 8192));
      },
    ],
    ['cut short', (database) => truncateSync(database, 5000)],
    ['empty', (database) => truncateSync(database, 0)],
    ['gone, with its key still there', (database) => rmSync(database)],
    [
      'a folder',
      (database) => {
        rmSync(database);
        mkdirSync(database);
      },
    ],
  ];

  test.each(damages)('%s', async (_, damage) => {
    await world.setUp();
    damage(join(world.store, 'keyturn.db'));
    const before = contents();
    for (const line of everyCommand) {
      const { code, stderr } = await world.run(line);
      expect([line, code]).toEqual([line, 2]);
      expect(stderr).toContain('  changed: Nothing was changed.');
      expect(stderr.trimEnd().split('\n')).toHaveLength(4);
    }
    expect(contents()).toEqual(before);
  });

  test('local.json that is not in its form', async () => {
    writeFileSync(join(world.store, 'local.json'), '{"origin": 1}');
    const { code, stderr } = await world.run('status');
    expect(code).toBe(2);
    expect(stderr).toContain('local.json is not in its form.');
  });
});
