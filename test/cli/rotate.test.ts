import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireEngineLock } from '../../functions/local/engine-lock.ts';
import { adminKeys, makeWorld, registerText, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const keyNow = async (): Promise<string> => {
  const { json } = await world.run('status assistant-openai --json');
  return json().credentials[0]!.keyId;
};
const live = (): readonly string[] =>
  world.openai
    .keys()
    .filter(({ refusedAt }) => refusedAt === null)
    .map(({ id }) => id);

describe('rotate', () => {
  test('follows a rotation to Done, one plain line for each step and wait', async () => {
    const before = await keyNow();
    const { code, stdout, stderr } = await world.run('rotate assistant-openai');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const steps = stdout
      .split('\n')
      .flatMap((line) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}(\S+)/.exec(line)?.[1] ?? []);
    expect(steps).toEqual(
      'begin create-key stage validate cut-over confirm Overlap: check-usage disable-old revoke-old prove-refused end finish'.split(
        ' ',
      ),
    );
    expect(stdout).toMatch(/Overlap: waits until 2026-01-01 00:00:\d\dZ; both keys live/);
    expect(stdout).toContain(`Done: the new key ${await keyNow()} serves; the old one ${before} was seen refused at`);
    expect(live()).toEqual([await keyNow()]);
  });

  test('--json: the last line is the record, progress is on stderr', async () => {
    const before = await keyNow();
    const { code, stdout, stderr, json } = await world.run('rotate assistant-openai --json');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain('create-key');
    const record = json();
    expect(record).toEqual({
      rotationId: expect.stringMatching(/^assistant-openai-20260101-[0-9a-f]{8}$/),
      credential: 'assistant-openai',
      provider: 'openai',
      strategy: 'overlap',
      urgency: 'scheduled',
      outcome: 'Done',
      detail: expect.stringContaining('refused 3 times'),
      startedAt: expect.any(String),
      containedAt: null,
      cutOverAt: expect.any(String),
      oldKeyRefusedAt: expect.any(String),
      endedAt: expect.any(String),
      oldKeyId: before,
      newKeyId: await keyNow(),
    });
    expect(Date.parse(record.oldKeyRefusedAt) - Date.parse(record.cutOverAt)).toBeGreaterThanOrEqual(10_000);
  });

  test('--detach starts it; resume drives it on', async () => {
    const before = await keyNow();
    const { code, stdout } = await world.run('rotate assistant-openai --detach');
    expect(code).toBe(0);
    expect(stdout).toContain('keyturn resume assistant-openai-20260101-');
    expect(await keyNow()).toBe(before);
    expect((await world.run('resume')).code).toBe(0);
    expect(await keyNow()).not.toBe(before);
  });

  test('a rotation that does not end well is exit code 1, and says what next', async () => {
    const before = await keyNow();
    world.openai.configure({ models: [] });
    const { code, stdout } = await world.run('rotate assistant-openai');
    expect(code).toBe(1);
    expect(stdout).toContain(`RolledBack: the old key ${before} serves as before`);
    expect(stdout).toMatch(/why: {2}Refused: The new key is not what the register declares/);
    expect(stdout).toMatch(/next: keyturn show assistant-openai-20260101-\w+ --local/);
    expect(live()).toEqual([before]);
  });

  test('while another process drives the engine, it enqueues and follows', async () => {
    const lock = acquireEngineLock(world.store);
    let released = false;
    const { code, stdout } = await world.run('rotate assistant-openai', {
      onOutput: (text) => {
        if (text.includes('started')) queueMicrotask(release);
      },
    });
    function release(): void {
      released = true;
      lock?.release();
    }
    expect(released).toBe(true);
    expect(code).toBe(0);
    expect(stdout).toContain('Done:');
  });
});

describe('rotate --emergency', () => {
  test('contains first, says what breaks, and ends Done', async () => {
    const before = await keyNow();
    const { code, stdout } = await world.run('rotate assistant-openai --emergency --yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`Contain first: key ${before} at OpenAI is stopped at once`);
    expect(stdout).toContain('assistant-api: up to 2s');
    expect(stdout.indexOf('contain   ')).toBeLessThan(stdout.indexOf('create-key'));
    expect(stdout).not.toContain('Overlap');
    expect(live()).toEqual([await keyNow()]);
  });

  test('--replace-first does not contain', async () => {
    const ran = await world.run('rotate assistant-openai --emergency --replace-first --yes --json');
    expect(ran.json()).toMatchObject({ outcome: 'Done', urgency: 'emergency', containedAt: null });
  });

  test('without a terminal it needs --yes, and does nothing', async () => {
    const { code, stderr } = await world.run('rotate assistant-openai --emergency');
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect((await world.run('status --json')).json().credentials[0]!.rotation).toBeNull();
  });

  test('at a terminal it asks', async () => {
    const before = await keyNow();
    const no = await world.run('rotate assistant-openai --emergency', { typed: 'no\n' });
    expect(no.code).toBe(2);
    expect(no.stderr).toContain('Rotate assistant-openai as an emergency? Type yes to go on: ');
    expect((await world.run('rotate assistant-openai --emergency', { typed: '', endOfInput: true })).code).toBe(2);
    expect(await keyNow()).toBe(before);
    expect((await world.run('rotate assistant-openai --emergency', { typed: 'yes\n' })).code).toBe(0);
    expect(await keyNow()).not.toBe(before);
  });

  test('--key that the account does not have is refused: it may be mistyped', async () => {
    const before = await keyNow();
    const { code, stderr } = await world.run(`rotate assistant-openai --emergency --yes --key ${before.slice(0, -1)}_`);
    expect(code).toBe(2);
    expect(stderr).toContain(`Perhaps you meant --key ${before}`);
    expect(live()).toEqual([before]);
  });

  test('--key of a key that does not serve: only that one dies', async () => {
    const serving = await keyNow();
    const { keyId } = world.openai.mint();
    const { code } = await world.run(`rotate assistant-openai --emergency --yes --key ${keyId}`);
    expect(code).toBe(0);
    expect(live()).toEqual([serving]);
  });

  test('a rule that another entry breaks does not stand in the way', async () => {
    world.writeRegister(registerText.replace('overlap: 70s', 'overlap: 1s'));
    expect((await world.run('rotate assistant-openai')).code).toBe(2);
    expect((await world.run('rotate assistant-openai --emergency --yes')).code).toBe(0);
  });
});

describe('bad input to rotate', () => {
  test('an unknown credential, with the nearest; no store is made', async () => {
    const { code, stderr } = await world.run('rotate assistant-openia --store elsewhere');
    expect(code).toBe(2);
    expect(stderr).toContain('Perhaps you meant assistant-openai.');
    expect(existsSync(`${world.folder}/elsewhere`)).toBe(false);
  });

  test('options that do not fit together', async () => {
    for (const line of ['--contain-first', '--key x', '--emergency --contain-first --replace-first']) {
      expect((await world.run(`rotate assistant-openai ${line}`)).code).toBe(2);
    }
  });

  test('a missing admin key, before anything is started', async () => {
    const { code, stderr } = await world.run('rotate assistant-openai --store fresh');
    expect(code).toBe(2);
    expect(stderr).toContain('next:    keyturn admin set openai-test --local --store fresh');
  });

  test('an admin key that is turned down, before anything is started', async () => {
    world.openai.configure({ adminKey: 'sk-admin-canaryAnother0123456789' });
    const { code, stderr } = await world.run('rotate assistant-openai');
    expect(code).toBe(2);
    expect(stderr).toContain('The admin key of openai-test is missing or not accepted.');
    world.openai.configure({ adminKey: adminKeys.openai });
    expect((await world.run('status --json')).json().credentials[0]!.rotation).toBeNull();
  });

  test('a credential whose keys a person makes', async () => {
    const { code, stderr } = await world.run('rotate support-anthropic');
    expect(code).toBe(2);
    expect(stderr).toContain('keyturn submit support-anthropic --local');
  });
});
