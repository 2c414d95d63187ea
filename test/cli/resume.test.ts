import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Instant } from '../../functions/domain/identifiers.ts';
import type { OpenAiWorld } from '../../functions/local/simulated/openai.ts';
import { adminKeys, makeWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const keyNow = async (): Promise<string> => (await world.run('status --json')).json().credentials[0]!.keyId;

/** The old key is used on and on, so that the rotation stops at the longest overlap. */
const stopAtBusyOldKey = async (): Promise<{ readonly rotation: string; readonly oldKey: string }> => {
  const oldKey = await keyNow();
  const ran = await world.run('rotate assistant-openai --json', {
    onOutput: (text) => {
      const key = (world.openai.world as OpenAiWorld).keysById.get(oldKey);
      if (text.includes('Overlap') && key) key.lastUsedAt = '2026-02-01T00:00:00.000Z' as Instant;
    },
  });
  expect(ran.code).toBe(1);
  expect(ran.json()).toMatchObject({ outcome: 'CutOverOldLive', oldKeyId: oldKey, newKeyId: await keyNow() });
  return { rotation: ran.json().rotationId, oldKey };
};

const stopForWantOfAdminKey = async (): Promise<string> => {
  const { rotationId } = (await world.run('rotate assistant-openai --detach --json')).json();
  world.openai.configure({ adminKey: 'sk-admin-canaryAnother0123456789' });
  const { code, stdout } = await world.run('resume');
  expect(code).toBe(1);
  expect(stdout).toContain('Escalated: a person is needed.');
  return rotationId;
};

describe('approve', () => {
  test('lets the old key die although it is in use', async () => {
    const { rotation, oldKey } = await stopAtBusyOldKey();
    const { code, stdout } = await world.run(`approve ${rotation} --yes`);
    expect(stdout).toContain(`Approving means: ${oldKey} may die although it is in use.`);
    expect(stdout).toContain(`the old one ${oldKey} was seen refused at`);
    expect(code).toBe(0);
  });

  test('is not done without a confirmation', async () => {
    const { rotation, oldKey } = await stopAtBusyOldKey();
    expect((await world.run(`approve ${rotation}`)).code).toBe(2);
    expect((await world.run(`approve ${rotation}`, { typed: 'n\n' })).code).toBe(2);
    expect(world.openai.keys().find(({ id }) => id === oldKey)?.refusedAt).toBeNull();
  });
});

describe('resume', () => {
  test('a busy old key keeps a resumed rotation waiting as before', async () => {
    const { rotation, oldKey } = await stopAtBusyOldKey();
    const { code, stdout } = await world.run(`resume ${rotation}`);
    expect(code).toBe(1);
    expect(stdout).toContain('CutOverOldLive');
    expect(world.openai.keys().find(({ id }) => id === oldKey)?.refusedAt).toBeNull();
  });

  test('what stopped for want of an admin key goes on when there is one', async () => {
    const before = await keyNow();
    const rotation = await stopForWantOfAdminKey();
    const tooEarly = await world.run(`resume ${rotation}`);
    expect(tooEarly.code).toBe(2);
    expect(tooEarly.stderr).toContain('keyturn admin set openai-test --local');
    world.openai.configure({ adminKey: adminKeys.openai });
    const { code, stdout } = await world.run(`resume ${rotation}`);
    expect(stdout).toContain('Done:');
    expect(code).toBe(0);
    expect(await keyNow()).not.toBe(before);
  });

  test('nothing was running: the stopped ones are named', async () => {
    const rotation = await stopForWantOfAdminKey();
    const { code, stderr } = await world.run('resume');
    expect(code).toBe(2);
    expect(stderr).toContain(`${rotation} (Escalated)`);
  });

  test('nothing to resume of a rotation that is done', async () => {
    const { rotationId } = (await world.run('rotate assistant-openai --json')).json();
    for (const command of ['resume', 'approve']) {
      const { code, stderr } = await world.run(`${command} ${rotationId} --yes`);
      expect(code).toBe(2);
      expect(stderr).toContain(`There is nothing to resume of ${rotationId}.`);
      expect(stderr).toMatch(/It ended Done at 2026-01-01/);
    }
  });

  test('a rotation that nobody knows, with the nearest', async () => {
    const { rotationId } = (await world.run('rotate assistant-openai --json')).json();
    const { code, stderr } = await world.run(`resume ${rotationId.slice(0, -1)}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`Perhaps you meant ${rotationId}.`);
  });

  test('a credential in place of a rotation', async () => {
    const { stderr } = await world.run('resume assistant-openai');
    expect(stderr).toContain('That is a credential; a rotation has an id of its own.');
  });

  test('an emergency goes on as an emergency, for the same key', async () => {
    const leaked = await keyNow();
    const { rotationId } = (await world.run('rotate assistant-openai --emergency --yes --detach --json')).json();
    world.openai.configure({ models: [] });
    expect((await world.run('resume')).stdout).toContain('ContainedNoReplacement');
    world.openai.configure({ models: ['gpt-5.5'] });
    const { code, json } = await world.run(`resume ${rotationId} --json`);
    expect(json()).toMatchObject({ urgency: 'emergency', outcome: 'Done', oldKeyId: leaked });
    expect(code).toBe(0);
  });
});
