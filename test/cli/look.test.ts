import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeWorld, registerText, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

describe('status', () => {
  test('a line for each credential', async () => {
    const { code, stdout } = await world.run('status');
    expect(code).toBe(0);
    const [head, openai, anthropic] = stdout.split('\n');
    expect(head).toMatch(/^CREDENTIAL +KEY +LAST ROTATED +NEXT DUE +OPEN ROTATION +COMPROMISED$/);
    expect(openai).toMatch(/^assistant-openai +key_\w+ +2026-01-01 00:00:\d\dZ +2026-04-01 00:00:\d\dZ +- +-$/);
    expect(anthropic).toMatch(/^support-anthropic +- +never +now +- +-$/);
  });

  test('fits the terminal', async () => {
    const { stdout } = await world.run('status', { typed: '', columns: 60 });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  });

  test('an open rotation, its phase and the compromised key', async () => {
    world.openai.configure({ models: [] });
    const { json } = await world.run('rotate assistant-openai --emergency --yes --json');
    const { rotationId, oldKeyId } = json();
    const { stdout } = await world.run('status assistant-openai');
    expect(stdout).toContain(`ContainedNoReplacement ${rotationId}  ${oldKeyId}`);
    expect(stdout).toContain(`keyturn show ${rotationId} --local`);
    const [credential] = (await world.run('status assistant-openai --json')).json().credentials;
    expect(credential!.rotation).toMatchObject({
      rotationId,
      urgency: 'emergency',
      endedAs: 'ContainedNoReplacement',
      oldKeyId,
    });
    expect(credential!.obligations).toMatchObject([{ keyId: oldKeyId, refusedAt: null }]);
  });

  test('an unknown credential', async () => {
    expect((await world.run('status assistant')).code).toBe(2);
  });
});

describe('show', () => {
  test('the timeline, the proof and the times', async () => {
    const { rotationId } = (await world.run('rotate assistant-openai --json')).json();
    const { code, stdout } = await world.run(`show ${rotationId}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${rotationId}: assistant-openai, Done\n`));
    expect(stdout).toMatch(
      /cut over +2026-01-01 00:00:\d\dZ\nrefused +2026-01-01 00:00:\d\dZ\nproof +key_\w+ serves; key_\w+ was refused 3 times/,
    );
  });

  test('--json has every entry', async () => {
    const { rotationId } = (await world.run('rotate assistant-openai --json')).json();
    const record = (await world.run(`show ${rotationId} --json`)).json();
    expect(record).toMatchObject({ rotationId, credential: 'assistant-openai', outcome: 'Done' });
    expect(record.entries.map(({ step }) => step)).toContain('prove-refused');
    expect(record.oldKeyRefusedAt > record.cutOverAt).toBe(true);
  });

  test('one that has not ended', async () => {
    const { rotationId } = (await world.run('rotate assistant-openai --detach --json')).json();
    expect((await world.run(`show ${rotationId}`)).stderr).toContain('No step of a rotation of that name has run.');
  });

  test('one that nobody knows', async () => {
    expect((await world.run('show nothing')).code).toBe(2);
  });
});

describe('plan', () => {
  test('tells what a rotation would do, and asks the provider for no change', async () => {
    const asked = world.openai.requests.length;
    const { code, stdout } = await world.run('plan assistant-openai');
    expect(code).toBe(0);
    expect(stdout).toMatch(/strategy +overlap\nwould do +make a new key, move to it, wait, revoke the old one\n/);
    expect(stdout).toContain('overlap     10s; 20s while the old key is in use');
    expect(stdout).toContain('assistant-api: up to 2s after the new key is there');
    expect(world.openai.requests.slice(asked).filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('--json', async () => {
    const before = (await world.run('status --json')).json();
    expect((await world.run('plan assistant-openai --json')).json()).toMatchObject({
      decision: 'start',
      strategy: 'overlap',
      currentKeyId: before.credentials[0]!.keyId,
      overlapSeconds: 10,
      windowOpen: true,
      adminKeySet: true,
    });
    expect((await world.run('status --json')).json()).toEqual(before);
  });

  test('a key that a person must make, and an admin key that is missing', async () => {
    const { stdout } = await world.run('plan support-anthropic --store fresh');
    expect(stdout).toContain('keyturn submit support-anthropic');
    expect(stdout).toContain('missing: keyturn admin set anthropic-test --local --store fresh');
  });

  test('a window that is closed', async () => {
    const window = '    window: { days: [mon], from: "02:00", to: "05:00", timeZone: Europe/Berlin }\n';
    world.writeRegister(registerText.replace('    overlap: 10s\n', `    overlap: 10s\n${window}`));
    expect((await world.run('plan assistant-openai')).stdout).toContain('mon 02:00-05:00 Europe/Berlin (closed now');
  });
});

describe('sweep', () => {
  test('revokes a stray after its grace, and not before', async () => {
    const before = (await world.run('status --json')).json().credentials[0]!.keyId;
    world.openai.fail({ kind: 'lost-response', method: 'POST', path: '/api_keys' });
    expect((await world.run('rotate assistant-openai')).code).toBe(0);
    const stray = world.openai.keys().filter(({ refusedAt, id }) => refusedAt === null && id !== before);
    expect(stray).toHaveLength(2);
    expect((await world.run('sweep')).stdout).toContain('younger than the grace');
    const { stdout, code } = await world.run('sweep --grace 1s');
    expect(code).toBe(0);
    expect(stdout).toContain('1 revoked');
    expect(world.openai.keys().filter(({ refusedAt }) => refusedAt === null)).toHaveLength(1);
  });

  test('--dry-run changes nothing', async () => {
    world.openai.fail({ kind: 'lost-response', method: 'POST', path: '/api_keys' });
    await world.run('rotate assistant-openai');
    const ran = await world.run('sweep --grace 1s --dry-run --json');
    expect(ran.json()).toMatchObject({ revoked: 0, dryRun: true, graceSeconds: 1 });
    expect(world.openai.keys().filter(({ refusedAt }) => refusedAt === null)).toHaveLength(2);
  });

  test('a grace that is no time', async () => {
    expect((await world.run('sweep --grace soon')).code).toBe(2);
  });
});

describe('due', () => {
  test('nothing is due', async () => {
    const { stdout, code } = await world.run('due');
    expect(code).toBe(0);
    expect(stdout).toContain('0 started, 1 not due.');
  });

  test('what is due is rotated; a key that only a person can make is asked for', async () => {
    world.clock.advance(91 * 24 * 3600);
    const before = (await world.run('status --json')).json().credentials[0]!.keyId;
    const { stdout, json, code } = await world.run('due --json');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(json().rotations).toMatchObject([{ credential: 'assistant-openai', outcome: 'Done', oldKeyId: before }]);
    expect(json().started).toHaveLength(1);
  });
});
