import { afterEach, describe, expect, it } from 'vitest';
import { keyId, rotationId, versionId } from '../../functions/domain/identifiers.ts';
import { current, holderOf, newLabel, oldLabel, pending, previous } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { storeUnderToken } from '../../functions/steps/seal.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { requestId } from '../../functions/triggers/request.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { type ProviderId, type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { deeds, reconcileOnce } from './reconciled.ts';

let world: RotationWorld;
const startWorld = async (provider: ProviderId): Promise<RotationWorld> => {
  world = await startRotationWorld(provider);
  return world;
};
afterEach(() => world.close());

const labelNames = async () => Object.keys(await world.labels()).toSorted();

/** A version of a run that has ended, as its late PutSecretValue leaves it. */
const storeLate = async (run: Parameters<typeof newLabel>[0]) => {
  const { provider, credential, local } = world;
  const made = provider.mint({ name: `keyturn-${run}-1` });
  await storeUnderToken(local.ports, credential, run, {
    keyId: keyId(made.keyId),
    value: new SecretValue(made.value),
  });
  return { ...made, versionId: versionToken(run) };
};

describe('labels', () => {
  it('are left as they are when nothing is wrong, after a rotation and in the middle of one', async () => {
    const { seed, start, drive, rotate } = await startWorld('openai');
    await seed();
    expect(await rotate()).toBe('Done');
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    const { rotationId: running } = await start();
    await drive({ rotationId: running, state: 'Overlap' });
    const before = await world.labels();
    expect(Object.keys(before)).toHaveLength(5);
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    expect(await world.labels()).toEqual(before);
  });

  it('that a late store put back after its run had ended are taken away, and the key is swept', async () => {
    const { seed, rotate, start, drive, outcomeOf, provider, local, liveKeys, advance } = await startWorld('openai');
    await seed();
    expect(await rotate()).toBe('Done');
    provider.fail({ kind: 'status', status: 500, method: 'POST', times: 1000 });
    const { rotationId: failed } = await start();
    await drive();
    expect(await outcomeOf(failed)).toBe('RolledBack');
    provider.heal();
    const late = await storeLate(failed);
    await local.ports.vault.moveLabel(world.credential.secret, pending, { from: null, to: late.versionId });

    const dry = await reconcileOnce(world, { dryRun: true });
    expect(dry.found.map(({ found, did }) => [found.split(' ')[0], did])).toEqual([
      [pending, null],
      [newLabel(failed), null],
    ]);
    expect(deeds(await reconcileOnce(world))).toEqual(['labels: took it away', 'labels: took it away']);
    expect(await labelNames()).toEqual([current]);
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    advance(3_600);
    await sweepStrays(local.ports, { provider: null, graceSeconds: 1_800, dryRun: false });
    expect(liveKeys()).toHaveLength(1);
    expect(liveKeys()[0]?.id).not.toBe(late.keyId);
  });

  it('on a version that is current are only names: the key goes on serving', async () => {
    const { seed, rotate, local, currentValue } = await startWorld('openai');
    await seed();
    await rotate();
    const { vault } = local.ports;
    const { secret } = world.credential;
    const serving = holderOf((await vault.describe(secret)) ?? [], current);
    const gone = rotationId('support-openai-20260101-0123abcd');
    await vault.moveLabel(secret, oldLabel(gone), { from: null, to: serving });
    const value = await currentValue();
    expect(deeds(await reconcileOnce(world))).toEqual(['labels: took it away']);
    expect(await currentValue()).toBe(value);
  });

  it.each([
    ['of the key that serves as well are only names, and are taken away', true],
    ['of another key that lives are kept: somebody may go back to it', false],
  ])('on a version %s', async (_, isSame) => {
    const { seed, rotate, provider, local, credential, currentValue } = await startWorld('openai');
    await seed();
    await rotate();
    const { vault } = local.ports;
    const value = (await currentValue()) ?? '';
    const written = versionId('22222222-aaaa-4aaa-8aaa-222222222222');
    const label = oldLabel(rotationId('support-openai-20260101-0123abcd'));
    const apiKey = new SecretValue(isSame ? value : provider.mint({ name: 'by hand' }).value);
    await vault.store(credential.secret, written, label, { apiKey, keyId: null, rotationId: null });
    expect(deeds(await reconcileOnce(world))).toEqual(isSame ? ['labels: took it away'] : []);
    expect(await labelNames()).toEqual(isSame ? [current] : [current, label]);
    expect(await currentValue()).toBe(value);
  });

  it('AWSPREVIOUS is kept while its key lives, and taken away when it is dead: nobody can go back to it', async () => {
    const { seed, provider, local, credential } = await startWorld('openai');
    const old = await seed();
    const { vault } = local.ports;
    const other = provider.mint({ name: 'by hand' });
    await storeUnderToken(local.ports, credential, rotationId('by-hand'), {
      keyId: keyId(other.keyId),
      value: new SecretValue(other.value),
    });
    const first = holderOf((await vault.describe(credential.secret)) ?? [], current);
    await vault.moveLabel(credential.secret, current, { from: first, to: versionToken(rotationId('by-hand')) });
    expect(await labelNames()).toContain(previous);
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    const connection = await local.ports.connect(credential.target);
    await connection.revokeKey?.(keyId(old.keyId));
    expect(deeds(await reconcileOnce(world))).toEqual(['labels: took it away']);
    expect(await labelNames()).not.toContain(previous);
  });

  it('AWSPREVIOUS is kept in an outage, which refuses the key that serves as well', async () => {
    const { seed, provider, local, credential } = await startWorld('openai');
    const old = await seed();
    const { vault } = local.ports;
    const other = provider.mint({ name: 'by hand' });
    await storeUnderToken(local.ports, credential, rotationId('by-hand'), {
      keyId: keyId(other.keyId),
      value: new SecretValue(other.value),
    });
    const first = holderOf((await vault.describe(credential.secret)) ?? [], current);
    await vault.moveLabel(credential.secret, current, { from: first, to: versionToken(rotationId('by-hand')) });
    const connection = await local.ports.connect(credential.target);
    world.expectDeadCurrent(true);
    for (const made of [old, other]) await connection.revokeKey?.(keyId(made.keyId));
    expect(deeds(await reconcileOnce(world)).filter((deed) => deed.startsWith('labels'))).toEqual([]);
    expect(await labelNames()).toContain(previous);
  });

  it('of a fresh submission are kept, its key is not swept, and both go when nobody comes back to it', async () => {
    const { seed, local, credential, liveKeys, advance } = await startWorld('anthropic');
    await seed();
    const submission = requestId(credential.id, 'submit/1', local.ports.clock.now());
    const submitted = await storeLate(submission);
    // The key is one that an earlier, superseded rotation left behind.
    const { record, revision } = await local.ports.ledger.read(credential.id);
    const since = local.ports.clock.now();
    await local.ports.ledger.replace(
      { ...record, leftovers: [{ keyId: keyId(submitted.keyId), target: credential.target, since }] },
      revision,
    );
    advance(3_600);
    const sweep = () => sweepStrays(local.ports, { provider: null, graceSeconds: 1_800, dryRun: false });
    expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    expect((await sweep()).map(({ found }) => found)).not.toContain('stray');
    expect(liveKeys().map(({ id }) => id)).toContain(submitted.keyId);
    advance(3 * 86_400);
    expect(deeds(await reconcileOnce(world))).toEqual(['labels: took it away']);
    expect((await sweep()).filter(({ revoked }) => revoked).map(({ keyId: id }) => id)).toEqual([submitted.keyId]);
  });

  it.each([
    ['has left it', true, ['labels: took it away']],
    ['never had it', false, []],
  ])('of a submission whose run has ended and %s', async (_, isLeft, done) => {
    const { seed, local, credential, start, drive } = await startWorld('anthropic');
    await seed();
    const { rotationId: run } = await start();
    await drive({ rotationId: run, state: 'Escalated' });
    const submitted = await storeLate(run);
    const left = { keyId: keyId(submitted.keyId), target: credential.target, since: local.ports.clock.now() };
    const { record, revision } = await local.ports.ledger.read(credential.id);
    await local.ports.ledger.replace({ ...record, rotation: null, leftovers: isLeft ? [left] : [] }, revision);
    expect(deeds(await reconcileOnce(world))).toEqual(done);
  });

  it('that two passes at once look at are taken away once, and the other finds them gone', async () => {
    const { seed, rotate } = await startWorld('openai');
    await seed();
    await rotate();
    await storeLate(rotationId('support-openai-20260101-0123abcd'));
    const reports = await Promise.all([reconcileOnce(world), reconcileOnce(world)]);
    expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await labelNames()).toEqual([current]);
  });
});
