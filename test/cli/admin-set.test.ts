import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { secretName } from '../../functions/domain/identifiers.ts';
import { adminKeys, makeWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const stored = (): Promise<string | undefined> =>
  world.ports(async ({ vault }) => (await vault.readAdmin(secretName('keyturn/admin/openai/openai-test')))?.expose());

describe('admin set', () => {
  test('stores what the provider accepts, from stdin', async () => {
    const { code, stdout } = await world.run('admin set openai-test', { stdin: `${adminKeys.openai}\n` });
    expect(code).toBe(0);
    expect(stdout).toContain('OpenAI accepts it.');
    expect(await stored()).toBe(adminKeys.openai);
  });

  test('is not fooled by quotes and white space', async () => {
    await world.run('admin set openai-test', { stdin: `\uFEFF  "${adminKeys.openai}" \r\n` });
    expect(await stored()).toBe(adminKeys.openai);
  });

  test('reads a hidden prompt at a terminal, with backspace', async () => {
    const { code, stdout, stderr } = await world.run('admin set openai-test', {
      typed: `${adminKeys.openai}x\u007f\r`,
    });
    expect(code).toBe(0);
    expect(stderr).toBe('Admin key of openai-test (it is not shown): \n');
    expect(stdout).toContain('is stored');
    expect(await stored()).toBe(adminKeys.openai);
  });

  test('the terminal shows nothing meanwhile, and shows again after', async () => {
    const ran = await world.run('admin set openai-test', { typed: `${adminKeys.openai}\r` });
    expect(ran).toMatchObject({ rawModes: [true, false] });
  });

  test('Ctrl-C at the prompt changes nothing', async () => {
    const { code, stderr } = await world.run('admin set openai-test', { typed: 'sk-admin\u0003' });
    expect(code).toBe(2);
    expect(stderr).toContain('Cancelled.');
    expect(await stored()).toBeUndefined();
  });

  test('so does a terminal that goes away', async () => {
    const { code } = await world.run('admin set openai-test', { typed: '', endOfInput: true });
    expect(code).toBe(2);
    expect(await stored()).toBeUndefined();
  });

  test('JSON may be pasted over several lines', async () => {
    const pasted = '{\r\n  "clientId": "one",\r\n  "clientSecret": "two"\r\n}\r';
    const { stderr } = await world.run('admin set openai-test', { typed: pasted });
    expect(stderr).toContain('This is not an admin key of OpenAI.');
  });

  test.each([
    ['nothing', '', 'nothing was given'],
    ['another form', 'sk-proj-canaryNotAnAdminKey0123456789', 'This is not an admin key of OpenAI.'],
    ['far too much', 'x'.repeat(70_000), 'too long'],
  ])('%s is bad input, and is not sent', async (_, stdin, says) => {
    const { code, stderr } = await world.run('admin set openai-test', { stdin });
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('canaryNotAnAdminKey');
    expect(await stored()).toBeUndefined();
    expect(world.openai.requests).toEqual([]);
  });

  test('a key that is turned down is not stored, and the one before stays', async () => {
    await world.run('admin set openai-test', { stdin: adminKeys.openai });
    const { code, stderr } = await world.run('admin set openai-test', { stdin: 'sk-admin-canaryWrong0123456789' });
    expect(code).toBe(2);
    expect(stderr).toContain('OpenAI does not accept the admin key.');
    expect(stderr).not.toContain('canaryWrong');
    expect(stderr.trimEnd().split('\n')).toHaveLength(4);
    expect(stderr).toMatch(/then: keyturn admin set openai-test --local$/m);
    expect(await stored()).toBe(adminKeys.openai);
  });

  test('a provider that does not answer is not a rejection', async () => {
    world.openai.fail({ kind: 'lost-response' });
    const { code, stderr } = await world.run('admin set openai-test', { stdin: adminKeys.openai });
    expect(code).toBe(2);
    expect(stderr).toContain('OpenAI could not be asked');
    expect(await stored()).toBeUndefined();
  });

  test('an account that is not there, with the nearest', async () => {
    const { code, stderr } = await world.run('admin set openai-tset', { stdin: adminKeys.openai });
    expect(code).toBe(2);
    expect(stderr).toContain('Perhaps you meant openai-test.');
  });

  test('--json', async () => {
    const ran = await world.run('admin set openai-test --json', { stdin: adminKeys.openai });
    expect(ran.json()).toEqual({
      account: 'openai-test',
      adminSecret: 'keyturn/admin/openai/openai-test',
      checked: true,
    });
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(1);
  });
});
