import { afterEach, describe, expect, it } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { obligationOf } from '../conformance/ports/samples.ts';
import { type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { deeds, options, reconcileOnce } from './reconciled.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

const leaked = (made: { readonly keyId: string }) =>
  ({ urgency: 'emergency', leakedKeyId: keyId(made.keyId), reason: 'leaked' }) as const;
const open = () => world.local.ports.ledger.obligations('open');
const hour = 3_600;

/** An obligation that no run has ever taken up, as an approved incident leaves it. */
const owe = async (made: { readonly keyId: string }, change = {}): Promise<void> => {
  const { local, credential } = world;
  const at = local.ports.clock.now();
  const { id: credentialId, target } = credential;
  const noRun = { incidentId: null, rotationId: null };
  await local.ports.ledger.putObligation(
    obligationOf(made.keyId, { target, credentialId, ...noRun, reportedAt: at, acceptedAt: at, ...change }),
  );
};

describe('an obligation that no run works on', () => {
  it('is contained at once, its replacement is started, and it ends Done', async () => {
    const { seed, drive, liveKeys } = await startWorld('openai');
    const old = await seed();
    await owe(old);
    world.expectDeadCurrent(true);
    const report = await reconcileOnce(world);
    expect(deeds(report)).toEqual([expect.stringMatching(/^obligations: contained; started support-openai-/)]);
    expect(liveKeys()).toEqual([]);
    await drive();
    expect(await open()).toEqual([]);
    expect(liveKeys()).toHaveLength(1);
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
  });

  it('is not contained before its replacement where the credential says so', async () => {
    const { seed, drive } = await startWorld('openai', { credential: { emergency: 'replace-first' } });
    await owe(await seed());
    expect(deeds(await reconcileOnce(world))).toEqual([expect.stringMatching(/^obligations: started/)]);
    await drive();
    expect(await open()).toEqual([]);
    expect(world.deadServed).toEqual([]);
  });

  it('is left to the run that is at work on it, and by the pass beside this one', async () => {
    const { seed, drive, local } = await startWorld('openai');
    await owe(await seed());
    world.expectDeadCurrent(true);
    await Promise.all([reconcileOnce(world), reconcileOnce(world), reconcileOnce(world)]);
    const { due } = await local.journal.runnable(Number.MAX_SAFE_INTEGER, 100);
    expect(due).toHaveLength(1);
    expect(deeds(await reconcileOnce(world))).toEqual([]);
    await drive();
    expect(await open()).toEqual([]);
  });

  it('is changed by nothing in a dry run', async () => {
    const { seed, liveKeys, local } = await startWorld('openai');
    await owe(await seed());
    const { found } = await reconcileOnce(world, { dryRun: true });
    expect(found).toMatchObject([{ part: 'obligations', did: null }]);
    expect(liveKeys()).toHaveLength(1);
    expect((await local.journal.runnable(Number.MAX_SAFE_INTEGER, 100)).due).toEqual([]);
  });

  it('waits its turn when a pass has started as many as it may, and is contained all the same', async () => {
    const { seed, liveKeys, local } = await startWorld('openai');
    await owe(await seed());
    world.expectDeadCurrent(true);
    const report = await reconcile(local.ports, { ...options, maximumStarts: 0 });
    expect(deeds(report)[0]).toMatch(/contained; .*paced/);
    expect(liveKeys()).toEqual([]);
    expect(report.heldBack).toBeGreaterThan(0);
    expect((await reconcile(local.ports, options)).heldBack).toBe(0);
  });

  it('of an emergency that Begin could not serve for minutes is taken up the same hour, not only paged', async () => {
    const { seed, start, drive, local, outcomeOf, liveKeys } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    const { ledger } = local.ports;
    const whole = { ...ledger };
    const down = (): Promise<never> => Promise.reject(new Error('down'));
    // Contain can write its record; Begin cannot read, for longer than it tries.
    Object.assign(ledger, { read: down, replace: down, append: down });
    const { rotationId } = await start(leaked(old));
    await drive();
    expect(await outcomeOf(rotationId)).toBe('ContainedNoReplacement');
    Object.assign(ledger, whole);
    await reconcileOnce(world);
    await drive();
    expect(await open()).toEqual([]);
    expect(liveKeys()).toHaveLength(1);
    await reconcileOnce(world);
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
  });

  it('goes on after a second emergency has given up', async () => {
    const { seed, start, drive, provider, outcomeOf, liveKeys, advance } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    provider.fail({ kind: 'status', status: 500, method: 'POST', times: 1000 });
    provider.fail({ kind: 'status', status: 500, method: 'DELETE', times: 1000 });
    for (const attempt of [1, 2]) {
      const { rotationId } = await start({ ...leaked(old), reason: `attempt ${attempt}` });
      await drive();
      expect(await outcomeOf(rotationId)).not.toBe('Done');
    }
    provider.heal();
    advance(hour);
    await reconcileOnce(world);
    await drive();
    await reconcileOnce(world);
    expect(await open()).toEqual([]);
    expect(liveKeys()).toHaveLength(1);
    expect(world.liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
  });

  it('closes when the key is seen gone, although its credential is in no register and nothing can rotate', async () => {
    const { provider, liveKeys, local } = await startWorld('openai');
    const stray = provider.mint({ name: 'of a credential that is gone' });
    await owe(stray, { credentialId: 'no-longer-declared' });
    const first = await reconcileOnce(world);
    expect(deeds(first)).toEqual(['obligations: contained']);
    expect(liveKeys()).toEqual([]);
    world.advance(60);
    expect(deeds(await reconcileOnce(world))).toEqual([expect.stringMatching(/^obligations: closed: absent/)]);
    const [closed] = await local.ports.ledger.obligations('all');
    expect(closed?.refusedAt).toBe(local.ports.clock.now());
    expect((await reconcileOnce(world)).found).toEqual([]);
  });

  it('does not close while the key is accepted, whatever the record says', async () => {
    const { provider, credential } = await startWorld('openai', { credential: { emergency: 'replace-first' } });
    const stray = provider.mint({ name: 'alive' });
    await owe(stray, { credentialId: 'no-longer-declared', containedAt: world.local.ports.clock.now() });
    provider.fail({ kind: 'status', status: 500, method: 'GET', times: 1000 });
    await reconcileOnce(world, { dryRun: true });
    expect(await open()).toHaveLength(1);
    provider.heal();
    await reconcileOnce(world, { dryRun: true });
    expect(await open()).toHaveLength(1);
    expect(credential.emergency).toBe('replace-first');
  });

  it('of a key that is not to be stopped closes when it was seen stopped for as long as a revocation takes', async () => {
    const { seed, drive, local, credential } = await startWorld('anthropic', {
      credential: { emergency: 'replace-first' },
    });
    const old = await seed();
    await owe(old);
    world.expectDeadCurrent(true);
    await (await local.ports.connect(credential.target)).disableKey?.(keyId(old.keyId));
    await reconcileOnce(world);
    const [seen] = await open();
    expect(seen).toMatchObject({ containedAt: null, refusedAt: null });
    expect(seen?.firstRefusedAt).not.toBeNull();
    await drive();
    await reconcileOnce(world);
    const [closed] = await local.ports.ledger.obligations('all');
    expect(closed).toMatchObject({ firstRefusedAt: seen?.firstRefusedAt, evidence: 'was refused 3 times' });
    expect(await open()).toEqual([]);
  });

  it('of a key that only a person can replace is stopped, and no run an hour is started for it', async () => {
    const { seed, start, drive, outcomeOf, advance } = await startWorld('anthropic');
    const old = await seed();
    world.expectDeadCurrent(true);
    const { rotationId } = await start(leaked(old));
    await drive();
    expect(await outcomeOf(rotationId)).toBe('ContainedNoReplacement');
    advance(hour);
    const report = await reconcileOnce(world);
    expect(deeds(report).join()).not.toMatch(/started/);
    expect(report.failed).toEqual([]);
    expect(await open()).toEqual([]);
  });
});
