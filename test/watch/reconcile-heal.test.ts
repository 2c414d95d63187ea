import { afterEach, describe, expect, it } from 'vitest';
import { keyId, rotationId } from '../../functions/domain/identifiers.ts';
import { current, holderOf } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { storeUnderToken } from '../../functions/steps/seal.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { type ProviderId, type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { deeds, type Reconciled, reconcileOnce } from './reconciled.ts';

let world: RotationWorld;
const startWorld = async (provider: ProviderId): Promise<RotationWorld> => {
  world = await startRotationWorld(provider);
  return world;
};
afterEach(() => world.close());

const hour = 3_600;
/** What it did about AWSCURRENT; what else it finds in these worlds has tests of its own. */
const healed = (report: Reconciled) => deeds(report).filter((deed) => deed.startsWith('heal: '));
const currentKey = async () => (await world.labels())[current];

/** Somebody outside kills a key. */
const kill = async (id: string | null | undefined): Promise<void> => {
  const connection = await world.local.ports.connect(world.credential.target);
  await connection.revokeKey?.(keyId(id ?? ''));
};

/** A person moves AWSCURRENT to a key of their own: the one before becomes AWSPREVIOUS. */
const moveByHand = async () => {
  const { provider, local, credential } = world;
  const { vault } = local.ports;
  const made = provider.mint({ name: 'by hand' });
  const from = holderOf((await vault.describe(credential.secret)) ?? [], current);
  const value = { keyId: keyId(made.keyId), value: new SecretValue(made.value) };
  await storeUnderToken(local.ports, credential, rotationId('by-hand'), value);
  await vault.moveLabel(credential.secret, current, { from, to: versionToken(rotationId('by-hand')) });
  return made;
};

describe('a dead AWSCURRENT', () => {
  it('with the key before alive: serves that one again, and people are told once', async () => {
    const { seed, rotate, notices, currentValue } = await startWorld('openai');
    await seed();
    await rotate();
    const good = await currentValue();
    const dead = await moveByHand();
    world.expectDeadCurrent(true);
    await kill(dead.keyId);
    expect((await reconcileOnce(world, { dryRun: true })).found).toContainEqual(
      expect.objectContaining({ part: 'heal', did: null }),
    );
    expect(healed(await reconcileOnce(world))).toEqual([expect.stringMatching(/^heal: put AWSCURRENT back on /)]);
    expect(await currentValue()).toBe(good);
    expect(notices.at(-1)).toMatchObject({ severity: 'page', credentialId: world.credential.id });
    world.expectDeadCurrent(false);
    const told = notices.length;
    // What is left is the label that the move has put on the dead version, and that the key had been taken for dropped.
    expect(deeds(await reconcileOnce(world))).toEqual([
      'labels: took it away',
      'dropped-keys: it is left over no more',
    ]);
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    expect(notices).toHaveLength(told);
  });

  it('in an overlap goes back to the old key, and the run that waits leaves it alive', async () => {
    const { seed, start, drive, outcomeOf, liveKeys } = await startWorld('openai');
    const old = await seed();
    const { rotationId: run } = await start();
    await drive({ rotationId: run, state: 'Overlap' });
    world.expectDeadCurrent(true);
    await kill(await currentKey());
    const servingOnRecord = async () =>
      (await world.local.ports.ledger.read(world.credential.id)).record.serving?.keyId;
    expect(await servingOnRecord()).toBeUndefined();
    expect(healed(await reconcileOnce(world))).toEqual([expect.stringMatching(/^heal: put AWSCURRENT back/)]);
    expect(await servingOnRecord()).toBe(old.keyId);
    world.expectDeadCurrent(false);
    await drive();
    expect(await outcomeOf(run)).toBe('Superseded');
    expect(liveKeys().map(({ id }) => id)).toEqual([old.keyId]);
    expect(world.deadServed).toEqual([]);
  });

  it('without a key before is replaced by an emergency, once for three passes at once', async () => {
    const { seed, rotate, drive, local, notices, liveKeys } = await startWorld('openai');
    await seed();
    await rotate();
    world.expectDeadCurrent(true);
    await kill(await currentKey());
    await Promise.all([reconcileOnce(world), reconcileOnce(world), reconcileOnce(world)]);
    expect((await local.journal.runnable(Number.MAX_SAFE_INTEGER, 10)).due).toHaveLength(1);
    expect(notices.at(-1)?.subject).toMatch(/serves a key that is refused/);
    await drive();
    world.expectDeadCurrent(false);
    expect(liveKeys()).toHaveLength(1);
    expect(liveKeys()[0]?.value).toBe(await world.currentValue());
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
  });

  it('is replaced again the next hour when that came to nothing', async () => {
    const { seed, rotate, drive, provider, advance, liveKeys } = await startWorld('openai');
    await seed();
    await rotate();
    world.expectDeadCurrent(true);
    await kill(await currentKey());
    provider.fail({ kind: 'status', status: 500, method: 'POST', times: 1000 });
    await reconcileOnce(world);
    await drive();
    expect(liveKeys()).toEqual([]);
    provider.heal();
    advance(hour);
    await reconcileOnce(world);
    await drive();
    expect(liveKeys()[0]?.value).toBe(await world.currentValue());
  });

  it('that was contained as a compromise is replaced, and the label is not put back for it', async () => {
    const { seed, rotate, drive, local, currentValue } = await startWorld('openai');
    await seed();
    await rotate();
    const before = await currentValue();
    const leaked = await moveByHand();
    world.expectDeadCurrent(true);
    await kill(leaked.keyId);
    const at = local.ports.clock.now();
    await local.ports.ledger.putObligation({
      keyId: keyId(leaked.keyId),
      target: world.credential.target,
      credentialId: world.credential.id,
      incidentId: null,
      rotationId: null,
      reason: 'leaked',
      reportedAt: at,
      acceptedAt: at,
      containedAt: at,
      firstRefusedAt: at,
      replacedAt: null,
      consumersMovedAt: null,
      refusedAt: at,
      evidence: 'seen',
    });
    expect(healed(await reconcileOnce(world))).toEqual([expect.stringMatching(/^heal: started /)]);
    await drive();
    expect(await currentValue()).not.toBe(before);
    expect(world.liveKeys().map(({ value }) => value)).toContain(await currentValue());
  });

  it('whose key before was compromised is replaced', async () => {
    const { seed, local } = await startWorld('openai');
    const first = await seed();
    const second = await moveByHand();
    world.expectDeadCurrent(true);
    const at = local.ports.clock.now();
    await local.ports.ledger.putObligation({
      keyId: keyId(first.keyId),
      target: world.credential.target,
      credentialId: world.credential.id,
      incidentId: null,
      rotationId: null,
      reason: 'leaked long ago',
      reportedAt: at,
      acceptedAt: at,
      containedAt: at,
      firstRefusedAt: at,
      replacedAt: null,
      consumersMovedAt: null,
      refusedAt: at,
      evidence: 'seen',
    });
    await kill(second.keyId);
    expect(healed(await reconcileOnce(world))).toEqual([expect.stringMatching(/^heal: started /)]);
  });

  it('is touched by nobody while the vendor answers nothing, or refuses everything', async () => {
    const { seed, rotate, provider, labels } = await startWorld('openai');
    await seed();
    await rotate();
    await moveByHand();
    const before = await labels();
    provider.fail({ kind: 'status', status: 500, times: 1000 });
    expect(healed(await reconcileOnce(world))).toEqual([]);
    provider.heal();
    provider.fail({ kind: 'status', status: 401, times: 1000 });
    expect(healed(await reconcileOnce(world)).filter((deed) => deed !== 'heal: told its owner')).toEqual([]);
    expect(await labels()).toEqual(before);
  });

  it('of a provider whose keys people make is told to them once an hour', async () => {
    const { seed, notices, provider, advance } = await startWorld('anthropic');
    const only = await seed();
    world.expectDeadCurrent(true);
    const connection = await world.local.ports.connect(world.credential.target);
    await connection.disableKey?.(keyId(only.keyId));
    expect(deeds(await reconcileOnce(world))).toEqual(['heal: told its owner']);
    expect(deeds(await reconcileOnce(world))).toEqual([]);
    advance(hour);
    expect(deeds(await reconcileOnce(world))).toEqual(['heal: told its owner']);
    expect(notices.filter(({ severity }) => severity === 'page')).toHaveLength(2);
    expect(provider.keys()).toHaveLength(1);
  });
});
