import { afterEach, describe, expect, it } from 'vitest';
import type { Credential } from '../../functions/domain/credential.ts';
import { credentialId, keyId, secretName, versionId } from '../../functions/domain/identifiers.ts';
import { holderOf, newLabel } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { overlapSeconds, type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

const graceSeconds = 1_800;
const sweepWith = (ports: RotationWorld['local']['ports']) =>
  sweepStrays(ports, { provider: null, graceSeconds, dryRun: false });
const sweep = () => sweepWith(world.local.ports);
const leak = (id: string) => ({ urgency: 'emergency', leakedKeyId: keyId(id), reason: 'leaked' }) as const;
const recordOf = async () => (await world.local.ports.ledger.read(world.credential.id)).record;
const openObligations = async () =>
  (await world.local.ports.ledger.obligations('open')).map((obligation) => obligation.keyId);
const liveIds = () => world.liveKeys().map(({ id }) => id);
const versionUnder = async (label: string) =>
  holderOf((await world.local.ports.vault.describe(world.credential.secret)) ?? [], label);
const kill = async (id: string): Promise<void> => {
  const connection = await world.local.ports.connect(world.credential.target);
  await connection.revokeKey?.(keyId(id));
};
/** A version that a person wrote, and AWSCURRENT on it. */
const moveByHand = async (value: string): Promise<void> => {
  const { vault } = world.local.ports;
  const { secret } = world.credential;
  const theirs = versionId('99999999-aaaa-4aaa-8aaa-999999999999');
  await vault.store(secret, theirs, 'theirs', { apiKey: new SecretValue(value), keyId: null, rotationId: null });
  await vault.moveLabel(secret, 'AWSCURRENT', { from: await versionUnder('AWSCURRENT'), to: theirs });
};
/** What `keyturn submit` has done before it starts the run. */
const sealSubmission = async () => {
  const { local, credential, provider, request } = world;
  const made = provider.mint({ name: 'made in the Console' });
  const wish = request();
  const payload = { apiKey: new SecretValue(made.value), keyId: keyId(made.keyId), rotationId: wish.rotationId };
  await local.ports.vault.create(credential.secret, {});
  await local.ports.vault.store(credential.secret, versionToken(wish.rotationId), newLabel(wish.rotationId), payload);
  return { ...made, wish };
};
const submit = async () => {
  const made = await sealSubmission();
  await world.local.ports.executions.start(made.wish);
  return made;
};

describe('what an emergency leaves of the rotation that it takes over', () => {
  it('is not swept while consumers may still hold it', async () => {
    const { seed, start, drive, labels } = await startWorld('openai');
    const first = await seed();
    world.advance(100_000);
    const scheduled = await start();
    await drive({ rotationId: scheduled.rotationId, state: 'Overlap' });
    world.expectDeadCurrent(true);
    await start(leak((await labels())['AWSCURRENT'] ?? ''));
    await drive();
    await sweep();
    expect(liveIds()).toContain(first.keyId);
    world.advance(overlapSeconds + graceSeconds);
    await sweep();
    expect(liveIds()).not.toContain(first.keyId);
    expect(liveIds()).toHaveLength(1);
  });

  it('is on record also where no key was asked for by name', async () => {
    const { seed, start, drive, outcomeOf, provider } = await startWorld('anthropic');
    const first = await seed();
    const made = await submit();
    await drive({ rotationId: made.wish.rotationId, state: 'Overlap' });
    const copy = provider.mint({ name: 'a copy' });
    const emergency = await start(leak(copy.keyId));
    await drive();
    expect(await outcomeOf(emergency.rotationId)).toBe('Done');
    expect((await recordOf()).leftovers.map((leftover) => leftover.keyId)).toEqual([first.keyId]);
  });
});

describe('leftovers', () => {
  it('of one project are not forgotten after a look at another', async () => {
    const { seed, start, drive, labels, local, credential } = await startWorld('openai');
    const first = await seed();
    const scheduled = await start();
    await drive({ rotationId: scheduled.rotationId, state: 'Overlap' });
    world.expectDeadCurrent(true);
    await start(leak((await labels())['AWSCURRENT'] ?? ''));
    await drive();
    const settings = { ...credential.target.settings, projectId: 'proj_other' };
    const other: Credential = {
      ...credential,
      id: credentialId('other'),
      secret: secretName('other'),
      target: { ...credential.target, settings },
    };
    world.provider.configure({ projectId: 'proj_other' });
    const register = { ...local.ports.register, credentials: () => Promise.resolve([other]) };
    // The simulated vendor has one project: what is left in the other cannot be looked at.
    await expect(sweepWith({ ...local.ports, register })).rejects.toMatchObject({ name: 'Refused' });
    expect((await recordOf()).leftovers.map((leftover) => leftover.keyId)).toEqual([first.keyId]);
  });

  it('of a two-slot provider are forgotten once no slot holds them', async () => {
    const { seed, rotate } = await startWorld('azure-openai', {
      credential: { expects: { models: ['gpt-9'], permissions: [] } },
    });
    await seed();
    for (let times = 0; times < 4; times += 1) expect(await rotate()).toBe('RolledBack');
    await sweep();
    expect((await recordOf()).leftovers).toHaveLength(1);
  });
});

describe('the way back', () => {
  it('does not lead to a key whose revocation was sent, though it is still accepted', async () => {
    const { seed, start, drive, outcomeOf, currentValue, labels } = await startWorld('openai', {
      options: { revocationLagSeconds: overlapSeconds + 400 },
    });
    const old = await seed();
    const first = await start();
    await drive({ rotationId: first.rotationId, state: 'Overlap' });
    // The new key dies after the old one's revocation was sent and before it takes effect.
    await kill((await labels())['AWSCURRENT'] ?? '');
    world.expectDeadCurrent(true);
    await drive();
    expect(await outcomeOf(first.rotationId)).toBe('CutOverOldLive');
    const second = await start();
    await drive();
    expect(await outcomeOf(second.rotationId)).toBe('Escalated');
    expect(await currentValue()).not.toBe(old.value);
  });

  it('keeps a key that was handed in meanwhile', async () => {
    const { seed, drive, outcomeOf, labels } = await startWorld('anthropic', {
      credential: { expects: { models: ['claude-none'], permissions: [] } },
    });
    await seed();
    const refused = await submit();
    await drive({ rotationId: refused.wish.rotationId, state: 'LetCallsLand' });
    const next = await sealSubmission();
    await drive();
    expect(await outcomeOf(refused.wish.rotationId)).toBe('RolledBack');
    expect(await labels()).toEqual({ AWSCURRENT: null, [newLabel(next.wish.rotationId)]: next.keyId });
  });

  it('leaves alone a new key that a person has put to use as plain text', async () => {
    const { seed, start, drive, outcomeOf, provider, currentValue } = await startWorld('openai');
    await seed();
    provider.fail({ kind: 'status', status: 500, method: 'GET', path: '/v1/models' });
    const { rotationId } = await start();
    await drive({ rotationId, state: 'Validate' });
    const fresh = provider.keys().at(-1)?.value ?? '';
    await moveByHand(fresh);
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Superseded');
    expect(await currentValue()).toBe(fresh);
    expect(world.liveKeys().map(({ value }) => value)).toContain(fresh);
    expect(world.deadServed).toEqual([]);
  });
});

describe('the end', () => {
  it('keeps the label of a key that was handed in during the overlap', async () => {
    const { seed, drive, outcomeOf, labels } = await startWorld('anthropic');
    await seed();
    const first = await submit();
    await drive({ rotationId: first.wish.rotationId, state: 'Overlap' });
    const second = await sealSubmission();
    await drive();
    expect(await outcomeOf(first.wish.rotationId)).toBe('Done');
    expect(await labels()).toEqual({ AWSCURRENT: first.keyId, [newLabel(second.wish.rotationId)]: second.keyId });
    await world.local.ports.executions.start(second.wish);
    await drive();
    expect(await outcomeOf(second.wish.rotationId)).toBe('Done');
    expect(await labels()).toEqual({ AWSCURRENT: second.keyId });
  });

  it('is not Done when AWSCURRENT was moved after the proof', async () => {
    const { seed, start, drive, outcomeOf, provider, local } = await startWorld('openai');
    await seed();
    const { rotationId } = await start();
    const { ledger } = local.ports;
    const { obligations } = ledger;
    const theirs = provider.mint({ name: 'a persons own' });
    let moved = false;
    Object.assign(ledger, {
      obligations: async (...filter: Parameters<typeof obligations>) => {
        if (!moved) await moveByHand(theirs.value);
        moved = true;
        return obligations(...filter);
      },
    });
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Superseded');
  });
});

describe('a compromise outlives the run that serves it', () => {
  it('an emergency that is rolled back stays open, and its key dies in a later run', async () => {
    const { seed, start, drive, outcomeOf, rotate, provider } = await startWorld('openai');
    const old = await seed();
    provider.fail({ kind: 'status', status: 500, method: 'POST', times: 100 });
    const first = await start({ ...leak(old.keyId), containFirst: false });
    await drive();
    expect(await outcomeOf(first.rotationId)).toBe('RolledBack');
    expect((await recordOf()).rotation).toMatchObject({ urgency: 'emergency', endedAs: 'RolledBack' });
    provider.heal();
    expect(await rotate({ ...leak(old.keyId), containFirst: false })).toBe('Done');
    expect(await openObligations()).toEqual([]);
    expect(liveIds()).toHaveLength(1);
    expect(world.deadServed).toEqual([]);
  });

  it('a scheduled run that comes after it does not go back to the contained key', async () => {
    const { seed, rotate, provider } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    provider.fail({ kind: 'status', status: 500, method: 'POST', times: 1_000 });
    expect(await rotate(leak(old.keyId))).toBe('ContainedNoReplacement');
    expect(await rotate()).toBe('ContainedNoReplacement');
    expect((await recordOf()).rotation).toMatchObject({ urgency: 'emergency' });
    provider.heal();
    expect(await rotate()).toBe('Done');
    expect(await openObligations()).toEqual([]);
  });

  it('a scheduled run that takes it up waits for no overlap', async () => {
    const { seed, rotate, provider, storyOf, start, drive, local } = await startWorld('openai');
    const old = await seed();
    provider.fail({ kind: 'status', status: 503, method: 'DELETE', times: 100 });
    expect(await rotate({ ...leak(old.keyId), containFirst: false })).toBe('CutOverOldLive');
    provider.heal();
    const before = Date.parse(local.ports.clock.now());
    const { rotationId } = await start();
    await drive();
    expect(await storyOf(rotationId)).toContain('end/Done');
    expect(Date.parse(local.ports.clock.now()) - before).toBeLessThan(600_000);
  });

  it('an emergency that names no key means the one that serves', async () => {
    const { seed, start, drive, labels, outcomeOf } = await startWorld('openai');
    await seed();
    const scheduled = await start();
    await drive({ rotationId: scheduled.rotationId, state: 'Overlap' });
    const serving = (await labels())['AWSCURRENT'] ?? '';
    const emergency = await start({ urgency: 'emergency', containFirst: false });
    await drive();
    expect(await outcomeOf(emergency.rotationId)).toBe('Done');
    expect(liveIds()).not.toContain(serving);
    expect(await openObligations()).toEqual([]);
  });

  it('is never Done for a secret that holds nothing while the leaked key lives', async () => {
    const { rotate, provider } = await startWorld('openai');
    const stray = provider.mint({ name: 'a copy' });
    expect(await rotate({ ...leak(stray.keyId), containFirst: false })).toBe('Escalated');
    expect(await openObligations()).toEqual([stray.keyId]);
    expect(await rotate()).toBe('Done');
    expect(await rotate({ ...leak(stray.keyId), containFirst: false })).toBe('Done');
    expect(await openObligations()).toEqual([]);
    expect(liveIds()).toHaveLength(1);
  });

  it('a containment that landed before the provider went down counts as contained', async () => {
    const { seed, rotate, provider } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    provider.fail({ kind: 'lost-response', method: 'DELETE' });
    provider.fail({ kind: 'status', status: 429, times: 200 });
    expect(await rotate(leak(old.keyId))).toBe('ContainedNoReplacement');
  });
});

describe('one write that fails, or whose answer is lost', () => {
  type Ports = RotationWorld['local']['ports'];
  /** Breaks the `nth` write, once; says whether it came to that. */
  const breakWrite = ({ ledger, vault }: Ports, nth: number, kind: 'before' | 'after'): (() => boolean) => {
    let writes = 0;
    const broken = <Question extends readonly unknown[], Reply>(write: (...question: Question) => Promise<Reply>) => {
      return async (...question: Question): Promise<Reply> => {
        writes += 1;
        const strikes = writes === nth;
        if (strikes && kind === 'before') throw new Error('broken before');
        const reply = await write(...question);
        if (strikes) throw new Error('broken after');
        return reply;
      };
    };
    Object.assign(ledger, { replace: broken(ledger.replace), putObligation: broken(ledger.putObligation) });
    Object.assign(vault, { store: broken(vault.store), moveLabel: broken(vault.moveLabel) });
    return () => writes >= nth;
  };

  it.each([
    ['openai', 'scheduled', 'seeded'],
    ['openai', 'scheduled', 'first issue'],
    ['openai', 'emergency', 'seeded'],
    ['azure-openai', 'scheduled', 'seeded'],
  ] as const)(
    'of %s, %s, %s: every one of them ends well',
    async (provider, urgency, from) => {
      const wrong: string[] = [];
      let strikes = 0;
      for (const kind of ['before', 'after'] as const) {
        for (let nth = 1, struck = true; struck; nth += 1) {
          await startWorld(provider);
          const { seed, start, drive, rotate, labels, local } = world;
          const old = from === 'seeded' ? await seed() : null;
          const wish = urgency === 'emergency' && old !== null ? leak(old.keyId) : {};
          world.expectDeadCurrent(urgency === 'emergency');
          const fell = breakWrite(local.ports, nth, kind);
          const { rotationId } = await start(wish);
          await drive();
          struck = fell();
          if (struck) strikes += 1;
          const outcome = await world.outcomeOf(rotationId);
          if ((await recordOf()).rotation !== null) await rotate(wish);
          world.advance(overlapSeconds + graceSeconds);
          await sweep();
          const [only, ...others] = provider === 'openai' ? liveIds() : [undefined];
          const shown = await labels();
          const isWell =
            others.length === 0 &&
            Object.keys(shown).join() === 'AWSCURRENT' &&
            (only === undefined || shown['AWSCURRENT'] === only) &&
            (await recordOf()).lease === null &&
            (await openObligations()).length === 0 &&
            world.deadServed.length === 0;
          if (!isWell) wrong.push(`${kind} ${nth}: ${outcome}, ${JSON.stringify(shown)}, ${others.length} more keys`);
          if (struck) await world.close();
        }
      }
      expect(wrong).toEqual([]);
      expect(strikes).toBeGreaterThan(15);
    },
    240_000,
  );
});
