import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rotationId, secretName, keyId as toKeyId } from '../../functions/domain/identifiers.ts';
import { isOurs, newLabel } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { adminKeys, makeWorld, type World } from './world.ts';

const secret = secretName('keyturn/anthropic/support-anthropic');

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.run('admin set anthropic-test', { stdin: adminKeys.anthropic });
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const submit = (stdin: string, line = 'submit support-anthropic') => world.run(line, { stdin });
const versions = () => world.ports(async ({ vault }) => (await vault.describe(secret)) ?? []);
const keyNow = async (): Promise<string | null> =>
  (await world.run('status support-anthropic --json')).json().credentials[0]!.keyId;
const isLive = (id: string): boolean => world.anthropic.keys().some((key) => key.id === id && key.refusedAt === null);

describe('submit', () => {
  test('the first key: it is probed, sealed and serves', async () => {
    const { keyId, value } = world.anthropic.mint();
    const { code, stdout } = await submit(`  '${value}'\n`);
    expect(code).toBe(0);
    expect(stdout).toContain(`${keyId} is accepted and sealed.`);
    expect(stdout).toContain(`Done: the first key of support-anthropic serves: ${keyId}.`);
    expect(await keyNow()).toBe(keyId);
  });

  test('the next key: the old one is seen refused', async () => {
    const first = world.anthropic.mint();
    const second = world.anthropic.mint();
    await submit(first.value);
    const { code, json } = await submit(second.value, 'submit support-anthropic --json');
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      strategy: 'human-created',
      outcome: 'Done',
      oldKeyId: first.keyId,
      newKeyId: second.keyId,
    });
    expect([isLive(first.keyId), isLive(second.keyId)]).toEqual([false, true]);
  });

  test('an earlier submission whose run never began loses its label to the corrected paste', async () => {
    await submit(world.anthropic.mint().value);
    const abandoned = rotationId('support-anthropic-20260101-00000000');
    await world.ports(({ vault }) =>
      vault.store(secret, versionToken(abandoned), newLabel(abandoned), {
        apiKey: new SecretValue(world.anthropic.mint().value),
        keyId: null,
        rotationId: abandoned,
      }),
    );
    const right = world.anthropic.mint();
    const { rotationId: submission } = (await submit(right.value, 'submit support-anthropic --detach --json')).json();
    const labels = async () => (await versions()).flatMap((version) => version.labels).filter(isOurs);
    expect(await labels()).toEqual([newLabel(rotationId(submission))]);
    expect((await world.run('resume')).code).toBe(0);
    expect(await keyNow()).toBe(right.keyId);
    expect(await labels()).toEqual([]);
  });

  test('--detach seals and starts it; resume drives it on', async () => {
    const { value, keyId } = world.anthropic.mint();
    const { code } = await submit(value, 'submit support-anthropic --detach');
    expect(code).toBe(0);
    expect((await world.run('resume')).code).toBe(0);
    expect(await keyNow()).toBe(keyId);
  });

  test('sealed and never started: the same key, submitted again, is the first key', async () => {
    const { value, keyId } = world.anthropic.mint();
    const cutOff = rotationId('support-anthropic-20260101-0000000a');
    await world.ports(async ({ vault }) => {
      await vault.create(secret, {});
      await vault.store(secret, versionToken(cutOff), newLabel(cutOff), {
        apiKey: new SecretValue(value),
        keyId: toKeyId(keyId),
        rotationId: cutOff,
      });
    });
    const { code, json } = await submit(value, 'submit support-anthropic --json');
    expect(json()).toMatchObject({ rotationId: cutOff, outcome: 'Done', newKeyId: keyId });
    expect(code).toBe(0);
  });
});

describe('a submission that is turned down changes nothing', () => {
  const cases: readonly (readonly [string, () => string | Promise<string>, string])[] = [
    [
      'a key of another workspace',
      () => world.anthropic.mint({ workspaceId: 'wrkspc_01Other' }).value,
      'This key belongs to another workspace.',
    ],
    [
      'a key that the vendor refuses',
      () => 'sk-ant-api03-canaryMadeUp0123456789',
      'Anthropic does not accept this key.',
    ],
    ['an admin key', () => adminKeys.anthropic, 'This is an admin key.'],
    ['another admin key', () => 'sk-ant-admin01-canarySomeOther', 'This is an admin key.'],
    ['more than a key', () => `export ANTHROPIC_API_KEY=${world.anthropic.mint().value} # paste`, 'This is not a key.'],
    ['nothing', () => '\n', 'nothing was given'],
  ];

  test.each(cases)('%s', async (_, value, says) => {
    await submit(world.anthropic.mint().value);
    const before = [await versions(), await keyNow()];
    const { code, stderr, stdout } = await submit(await value());
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    expect(stderr).toContain('Nothing was changed.');
    expect(stderr).not.toContain('canary');
    expect([await versions(), await keyNow()]).toEqual(before);
  });

  test('the key that serves already', async () => {
    const { value } = world.anthropic.mint();
    await submit(value);
    const { code, stderr } = await submit(value);
    expect(code).toBe(2);
    expect(stderr).toContain('This is the key that serves already.');
  });

  test('a key without a model that the register declares', async () => {
    world.anthropic.configure({ models: ['claude-haiku-4-5-20251001'], aliases: [] });
    const { code, stderr } = await submit(world.anthropic.mint().value);
    expect(code).toBe(2);
    expect(stderr).toContain('This key is not what the register declares.');
    expect(stderr).toContain('claude-sonnet-4-5');
    expect(await versions()).toEqual([]);
  });

  test('when the vendor does not answer', async () => {
    const { value } = world.anthropic.mint();
    world.anthropic.fail({ kind: 'lost-response', times: 5 });
    expect((await submit(value)).code).not.toBe(0);
    expect(await versions()).toEqual([]);
  });

  test('while the credential is being rotated', async () => {
    await submit(world.anthropic.mint().value);
    await submit(world.anthropic.mint().value, 'submit support-anthropic --detach');
    const before = await versions();
    const { code, stderr } = await submit(world.anthropic.mint().value);
    expect(code).toBe(2);
    expect(stderr).toContain('support-anthropic is being rotated at this moment.');
    expect(await versions()).toEqual(before);
  });

  test('a credential whose keys Keyturn makes', async () => {
    const { code, stderr } = await submit('x', 'submit assistant-openai');
    expect(code).toBe(2);
    expect(stderr).toContain('keyturn rotate assistant-openai --local');
  });

  test('a missing admin key', async () => {
    const { code, stderr } = await submit('x', 'submit support-anthropic --store fresh');
    expect(code).toBe(2);
    expect(stderr).toContain('keyturn admin set anthropic-test');
  });
});

test('after containment without a replacement, the submitted key ends the emergency', async () => {
  const first = world.anthropic.mint();
  await submit(first.value);
  const contained = await world.run('rotate support-anthropic --emergency --contain-first --yes');
  expect(contained.code).toBe(1);
  expect(contained.stdout).toContain('ContainedNoReplacement');
  expect(contained.stdout).toContain('keyturn submit support-anthropic --local');
  expect(isLive(first.keyId)).toBe(false);
  const second = world.anthropic.mint();
  const { code, json } = await submit(second.value, 'submit support-anthropic --json');
  expect(json()).toMatchObject({
    urgency: 'emergency',
    outcome: 'Done',
    oldKeyId: first.keyId,
    newKeyId: second.keyId,
  });
  expect(code).toBe(0);
  const { obligations } = (await world.run('status support-anthropic --json')).json().credentials[0]!;
  expect(obligations).toEqual([]);
});
