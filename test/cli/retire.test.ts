import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { credentialId, secretName } from '../../functions/domain/identifiers.ts';
import { strategyOf } from '../../functions/providers/connect.ts';
import { providerOf } from '../../functions/providers/index.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { makeWorld, registerText, type World } from './world.ts';

const id = credentialId('assistant-openai');
const secret = secretName('keyturn/openai/assistant-openai');
const withoutIt = registerText.replace(/ {2}- id: assistant-openai\n(?: {4}.*\n)+/, '');

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
  // What Keyturn asked with the key itself is forgotten.
  world.clock.advance(60);
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const recordOf = () => world.ports(async ({ ledger }) => (await ledger.read(id)).record);
const live = () => world.openai.keys().filter(({ refusedAt }) => refusedAt === null);
const serving = async () => (await recordOf()).serving?.keyId ?? '';
/** One pass of reconcile with a register that has it no more, as it is deployed. */
const pass = (declares = false) =>
  world.ports((ports) =>
    reconcile(
      {
        ...ports,
        register: {
          credential: async (given) => (declares ? ports.register.credential(given) : null),
          credentials: async () => (declares ? ports.register.credentials() : []),
        },
      },
      {
        provider: null,
        strategyOf: (provider) => strategyOf(providerOf(provider)),
        maximumStarts: 10,
        letCallsLandSeconds: 30,
        dryRun: false,
      },
    ),
  );

describe('a credential that has left the register', () => {
  beforeEach(() => world.writeRegister(withoutIt));

  test('is told of with its key and the command that ends it', async () => {
    const key = await serving();
    const { code, stdout } = await world.run('status');
    expect(code).toBe(0);
    expect(stdout.replaceAll('\n', ' ')).toContain(
      `assistant-openai is not in the register: its key ${key} at openai, account openai-test, lives, and nobody rotates it. keyturn retire assistant-openai --local`,
    );
    expect((await world.run('status --json')).json()).toMatchObject({
      left: [{ credential: 'assistant-openai', keyId: key, account: 'openai-test', secret }],
    });
  });

  test('is told to its owner once a day, and its key is left alone', async () => {
    const key = await serving();
    const [first, second] = [await pass(), await pass()];
    const found = `it left the register, and its key ${key} lives at openai, account openai-test`;
    expect(first.found).toContainEqual({ part: 'left-register', subject: id, found, did: 'told its owner' });
    expect(second.found).toContainEqual({ part: 'left-register', subject: id, found, did: null });
    expect(live().map((each) => each.id)).toEqual([key]);
  });

  test('is retired: its key is revoked and seen refused, its secret stays', async () => {
    const key = await serving();
    const before = await world.ports(({ vault }) => vault.describe(secret));
    const { code, stdout } = await world.run('retire assistant-openai --yes --reason moved');
    expect(stdout).toMatch(
      new RegExp(`${key} was revoked.\n${key} was refused 3 times. assistant-openai is retired.\n$`),
    );
    expect(code).toBe(0);
    expect(live()).toEqual([]);
    expect(await world.ports(({ vault }) => vault.describe(secret))).toEqual(before);
    expect(await recordOf()).toMatchObject({
      serving: null,
      retirement: { keyId: key, reason: 'moved', evidence: 'was refused 3 times' },
    });
    expect((await world.run('status')).stdout).not.toContain('is not in the register');
    expect((await world.run('retire assistant-openai --yes')).stdout).toContain('was retired at');
    expect((await pass()).found).toEqual([]);
  });

  test('--dry-run tells what would happen, and changes nothing', async () => {
    const key = await serving();
    const { code, stdout } = await world.run('retire assistant-openai --dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('now        nobody is seen to use it\nA dry run: nothing was changed.');
    expect(live().map((each) => each.id)).toEqual([key]);
    expect((await recordOf()).retirement).toBeNull();
  });

  test('is not retired without a yes', async () => {
    expect((await world.run('retire assistant-openai')).code).toBe(2);
    expect((await world.run('retire assistant-openai', { typed: 'no\n' })).code).toBe(2);
    expect(live()).toHaveLength(1);
  });

  test('keeps its key for as long as somebody uses it, and reconcile ends it then', async () => {
    const key = await serving();
    const used = live()[0];
    if (used === undefined) throw new TypeError('No key lives.');
    const origin = world.simulators.origins['https://api.openai.com'] ?? '';
    const answer = await fetch(`${origin}/v1/models`, { headers: { authorization: `Bearer ${used.value}` } });
    expect(answer.status).toBe(200);
    const { code, stdout } = await world.run('retire assistant-openai --yes');
    expect(code).toBe(0);
    expect(stdout).toContain('Not yet: it is still used: ');
    expect((await world.run('status')).stdout.replaceAll('\n', ' ')).toContain(
      `${key} at openai, account openai-test, is being retired`,
    );
    expect(live()).toHaveLength(1);
    // Passes closer together than the overlap: what they look at must not count as use.
    const found = [];
    for (let each = 0; each < 4; each += 1) {
      world.clock.advance(5);
      found.push(...(await pass()).found);
    }
    world.clock.advance(600);
    found.push(...(await pass()).found);
    for (const did of ['revoked it', 'recorded the proof']) {
      expect(found).toContainEqual(expect.objectContaining({ part: 'retirements', did }));
    }
    expect((await pass()).found).toEqual([]);
  });

  test('is not rotated or healed by what is deployed with it still', async () => {
    await world.run('retire assistant-openai --yes');
    expect((await pass(true)).found).toEqual([]);
    world.clock.advance(91 * 24 * 3600);
    world.writeRegister(registerText);
    expect((await world.run('due')).stdout).toContain('assistant-openai: not started, retired');
    expect(live()).toEqual([]);
  });

  test('begins anew when a person rotates it', async () => {
    await world.run('retire assistant-openai --yes');
    world.writeRegister(registerText);
    expect((await world.run('rotate assistant-openai')).code).toBe(0);
    expect(live().map((each) => each.id)).toEqual([await serving()]);
    expect((await recordOf()).retirement).toBeNull();
  });

  test('with a rotation open is not retired before that has ended, which goes on from its own copy of the entry', async () => {
    world.writeRegister(registerText);
    world.openai.configure({ revocationLagSeconds: 3_600 });
    expect((await world.run('rotate assistant-openai')).code).toBe(1);
    const { rotation } = await recordOf();
    expect(rotation?.endedAs).toBe('CutOverOldLive');
    world.writeRegister(withoutIt);
    const refused = await world.run('retire assistant-openai --yes');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`keyturn resume ${rotation?.rotationId ?? ''} --local`);
    world.clock.advance(24 * 3600);
    expect((await world.run('due')).code).toBe(0);
    expect((await recordOf()).rotation).toBeNull();
    expect(live().map((each) => each.id)).toEqual([await serving()]);
  });
});

describe('what cannot be retired', () => {
  test('a credential that the register has', async () => {
    const { code, stderr } = await world.run('retire assistant-openai --yes');
    expect(code).toBe(2);
    expect(stderr).toContain('Remove it from credentials.yaml, deploy');
    expect(live()).toHaveLength(1);
  });

  test('one that nobody knows', async () => {
    const { code, stderr } = await world.run('retire assistant-opena --yes');
    expect(code).toBe(2);
    expect(stderr).toContain('Perhaps you meant assistant-openai');
  });

  test('one whose place an earlier version did not write down', async () => {
    world.writeRegister(withoutIt);
    await world.ports(async ({ ledger }) => {
      const { record, revision } = await ledger.read(id);
      await ledger.replace({ ...record, lastEntry: null }, revision);
    });
    const { code, stderr } = await world.run('retire assistant-openai --yes');
    expect(code).toBe(2);
    expect(stderr).toContain('Put its entry back');
    expect((await world.run('status')).stdout.replaceAll('\n', ' ')).toContain('at its provider lives');
  });

  test('a key that its provider knows no more: that is the proof, and the one in the secret is left alone', async () => {
    world.writeRegister(withoutIt);
    await world.ports(async ({ ledger }) => {
      const { record, revision } = await ledger.read(id);
      const { serving: key } = record;
      if (key === null) throw new TypeError('Nothing serves.');
      const other = { keyId: `${key.keyId}-other`, versionId: `${key.versionId}-other` } as typeof key;
      await ledger.replace({ ...record, serving: other }, revision);
    });
    const { code, stdout } = await world.run('retire assistant-openai --yes');
    expect([code, live()]).toMatchObject([0, [{}]]);
    expect(stdout).toContain('absent in a complete listing');
  });
});
