import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { keyId, versionId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { reconcileOnce } from '../watch/reconciled.ts';
import { overlapSeconds, type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

const sweep = () => sweepStrays(world.local.ports, { provider: null, graceSeconds: 1_800, dryRun: false });
/** A person's version, and AWSCURRENT on it. */
const moveByHand = async (): Promise<string> => {
  const { vault } = world.local.ports;
  const { secret } = world.credential;
  const made = world.provider.mint({ name: 'a persons own' });
  const theirs = versionId('99999999-aaaa-4aaa-8aaa-999999999999');
  const payload = { apiKey: new SecretValue(made.value), keyId: keyId(made.keyId), rotationId: null };
  await vault.store(secret, theirs, 'theirs', payload);
  const versions = (await vault.describe(secret)) ?? [];
  const from = versions.find(({ labels }) => labels.includes('AWSCURRENT'))?.versionId ?? null;
  await vault.moveLabel(secret, 'AWSCURRENT', { from, to: theirs });
  return made.keyId;
};

describe('a scheduled rotation', () => {
  it.each(['openai', 'pinecone'] as const)('of %s goes through the whole protocol', async (provider) => {
    const { seed, start, drive, outcomeOf, storyOf, labels, liveKeys } = await startWorld(provider);
    const old = await seed();
    const { rotationId } = await start();
    await drive();

    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(await storyOf(rotationId)).toEqual([
      'begin/start',
      'create-key/create',
      'stage/move',
      'validate/accept',
      'cut-over/move',
      'confirm/confirmed',
      'check-usage/over',
      'disable-old/not-offered',
      'revoke-old/retire',
      'prove-refused/proven',
      'end/Done',
      'finish/finish',
    ]);
    const [only, ...others] = liveKeys();
    expect(others).toEqual([]);
    expect(only?.id).not.toBe(old.keyId);
    expect(only?.name).toBe(`keyturn-${rotationId}-1`);
    expect(await labels()).toEqual({ AWSCURRENT: only?.id });
    expect(await world.currentValue()).toBe(only?.value);
    expect(world.deadServed).toEqual([]);
    expect(world.leaks()).toEqual([]);
  });

  it('keeps both keys alive for the whole overlap', async () => {
    const { seed, start, drive, local, liveKeys } = await startWorld('openai');
    const old = await seed();
    const request = await start();
    await drive({ rotationId: request.rotationId, state: 'Overlap' });
    expect(liveKeys()).toHaveLength(2);
    const { wakeAt } = (await local.journal.read(request.rotationId)) ?? {};
    expect((wakeAt ?? 0) - Date.parse(local.ports.clock.now())).toBe(overlapSeconds * 1000);
    await drive();
    expect(liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
  });

  it('waits for a key that the vendor activates late, and for one that it lets live on', async () => {
    const { seed, rotate, liveKeys } = await startWorld('openai', {
      options: { revocationLagSeconds: 240 },
    });
    await seed();
    world.provider.configure({ activationLagSeconds: 100 });
    world.advance(200);
    expect(await rotate()).toBe('Done');
    expect(liveKeys()).toHaveLength(1);
    expect(world.deadServed).toEqual([]);
  });

  it('is one rotation however often it is asked for', async () => {
    const { seed, request, local, drive, liveKeys } = await startWorld('openai');
    await seed();
    const once = request();
    expect(await local.ports.executions.start(once)).toBe('started');
    expect(await local.ports.executions.start(once)).toBe('already-started');
    await drive();
    expect(await local.ports.executions.start(once)).toBe('already-started');
    expect(liveKeys()).toHaveLength(1);
  });

  it('leaves a running one alone', async () => {
    const { seed, start, drive, outcomeOf } = await startWorld('openai');
    await seed();
    const first = await start();
    await drive({ rotationId: first.rotationId, state: 'Overlap' });
    const second = await start();
    await drive();
    expect([await outcomeOf(first.rotationId), await outcomeOf(second.rotationId)]).toEqual(['Done', 'SkippedBusy']);
  });

  it('rotates again and again', async () => {
    const { seed, rotate, liveKeys } = await startWorld('openai');
    await seed();
    expect([await rotate(), await rotate(), await rotate()]).toEqual(['Done', 'Done', 'Done']);
    expect(liveKeys()).toHaveLength(1);
    expect(world.deadServed).toEqual([]);
  });
});

describe('the first issue', () => {
  it.each(['openai', 'pinecone'] as const)('of %s validates before it stores', async (provider) => {
    const { start, drive, outcomeOf, liveKeys, labels } = await startWorld(provider, {
      options: { activationLagSeconds: 20 },
    });
    const { rotationId } = await start();
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    const [only, ...others] = liveKeys();
    expect(others).toEqual([]);
    expect(await labels()).toEqual({ AWSCURRENT: only?.id });
    expect(world.deadServed).toEqual([]);
  });

  it('stores nothing that was never accepted, and removes the key', async () => {
    const { rotate, liveKeys, labels } = await startWorld('openai', { options: { activationLagSeconds: 100_000 } });
    expect(await rotate()).toBe('RolledBack');
    expect(liveKeys()).toEqual([]);
    expect(await labels()).toEqual({});
  });
});

describe('before the cut-over, whatever fails leads back', () => {
  it('a lost answer to the create: another name, and the stray is swept after its grace', async () => {
    const { seed, start, drive, outcomeOf, liveKeys, provider } = await startWorld('openai');
    await seed();
    provider.fail({ kind: 'lost-response', method: 'POST' });
    const { rotationId } = await start();
    await drive({ rotationId, state: 'Overlap' });
    const stray = liveKeys().find(({ name }) => name === `keyturn-${rotationId}-1`);
    expect(liveKeys()).toHaveLength(3);
    expect(await sweep()).toEqual([]);
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(await sweep()).toEqual([expect.objectContaining({ keyId: stray?.id, found: 'stray', revoked: true })]);
    expect(liveKeys()).toHaveLength(1);
    expect(world.deadServed).toEqual([]);
  });

  it('a stray that is too young is left alone, and unknown keys always are', async () => {
    const { seed, start, drive, liveKeys, provider } = await startWorld('openai', {
      credential: { overlapSeconds: 60, maximumOverlapSeconds: 120, consumers: [] },
    });
    await seed();
    const theirs = [
      provider.mint({ name: 'a persons key' }),
      provider.mint({ name: 'keyturn-other-deployment-20261101-0a1b2c3d-1' }),
    ];
    provider.fail({ kind: 'lost-response', method: 'POST' });
    await start();
    await drive();
    const found = (await sweep()).map((key) => [key.found, key.revoked]);
    expect(found.toSorted()).toEqual([
      ['not-in-our-ledger', false],
      ['too-young', false],
      ['unknown', false],
    ]);
    world.advance(1_800);
    expect((await sweep()).filter((key) => key.revoked)).toHaveLength(1);
    expect(liveKeys().map(({ id }) => id)).toEqual(expect.arrayContaining(theirs.map((key) => key.keyId)));
    expect(liveKeys()).toHaveLength(3);
  });

  it('a key that is never accepted: rolled back, the new key gone, AWSCURRENT as it was', async () => {
    const { seed, rotate, liveKeys, labels, currentValue } = await startWorld('openai');
    const old = await seed();
    world.advance(10);
    world.provider.configure({ activationLagSeconds: 100_000 });
    world.expectDeadCurrent(false);
    expect(await rotate()).toBe('RolledBack');
    expect(liveKeys().map(({ id }) => id)).toEqual([old.keyId]);
    expect(await labels()).toEqual({ AWSCURRENT: null });
    expect(await currentValue()).toBe(old.value);
    expect(world.notices.map(({ severity }) => severity)).toEqual(['action-needed']);
  });

  it('a model that the new key does not reach: refused at once', async () => {
    const { seed, start, drive, outcomeOf, storyOf, liveKeys } = await startWorld('openai', {
      credential: { expects: { models: ['gpt-9'], permissions: [] } },
    });
    const old = await seed();
    const { rotationId } = await start();
    await drive();
    expect(await outcomeOf(rotationId)).toBe('RolledBack');
    expect((await storyOf(rotationId)).filter((line) => line.startsWith('validate'))).toEqual(['validate/Refused']);
    expect(liveKeys().map(({ id }) => id)).toEqual([old.keyId]);
  });

  it('AWSCURRENT moved by a person: theirs is untouched, ours goes', async () => {
    const { seed, start, drive, outcomeOf, liveKeys, labels, provider } = await startWorld('openai');
    const old = await seed();
    provider.fail({ kind: 'status', status: 500, method: 'GET', path: '/v1/models' });
    const { rotationId } = await start();
    await drive({ rotationId, state: 'Validate' });
    const theirs = await moveByHand();
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Superseded');
    expect((await labels())['AWSCURRENT']).toBe(theirs);
    expect(
      liveKeys()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([old.keyId, theirs].sort());
  });

  it('no room for another key: a person is told, none was made', async () => {
    const { seed, rotate, liveKeys, provider } = await startWorld('openai');
    await seed();
    for (let extra = 1; extra < 100; extra += 1) provider.mint({ name: `extra ${extra}` });
    expect(await rotate()).toBe('Escalated');
    expect(liveKeys()).toHaveLength(100);
  });

  it('a current key that nobody can identify: no key of the account is swept', async () => {
    const { seed, start, drive, provider, liveKeys, local } = await startWorld('pinecone');
    await seed();
    provider.fail({ kind: 'lost-response', method: 'POST', path: 'api-keys' });
    await start();
    await drive();
    const { vault } = local.ports;
    const stranger = { apiKey: new SecretValue('pcsk_unknown_0123456789'), keyId: null, rotationId: null };
    const theirs = versionId('99999999-aaaa-4aaa-8aaa-999999999999');
    await vault.store(world.credential.secret, theirs, 'theirs', stranger);
    const versions = (await vault.describe(world.credential.secret)) ?? [];
    const from = versions.find(({ labels }) => labels.includes('AWSCURRENT'))?.versionId ?? null;
    await vault.moveLabel(world.credential.secret, 'AWSCURRENT', { from, to: theirs });
    world.advance(100_000);
    const before = liveKeys().length;
    expect((await sweep()).map(({ found, revoked }) => [found, revoked])).toEqual([['stray', false]]);
    expect(liveKeys()).toHaveLength(before);
  });

  it('a vault that cannot be read any more: the end is on record, and somebody is told', async () => {
    const { seed, start, drive, outcomeOf, storyOf, local, credential } = await startWorld('openai');
    await seed();
    const { rotationId } = await start();
    await drive({ rotationId, state: 'Overlap' });
    const { vault } = local.ports;
    const denied = () => Promise.reject(new Fault('NeedsPerson', 'AWS answered AccessDenied to read the secret.'));
    const whole = { ...vault };
    const { adminSecret } = credential.target;
    Object.assign(vault, { read: denied, readAdmin: () => whole.readAdmin(adminSecret) });
    await drive();
    Object.assign(vault, whole);
    expect(await outcomeOf(rotationId)).toBe('Escalated');
    expect(await storyOf(rotationId)).toContain('end/Escalated');
    expect((await local.ports.ledger.read(credential.id)).record.lease).toBeNull();
    expect(world.notices.at(-1)?.severity).toBe('page');
  });

  it('a rejected admin key: a person is told, nothing has changed', async () => {
    const { seed, rotate, liveKeys, currentValue, local } = await startWorld('openai');
    const old = await seed();
    await local.ports.vault.writeAdmin(
      world.credential.target.adminSecret,
      new SecretValue('sk-admin-revoked-0123456789abcdef'),
    );
    expect(await rotate()).toBe('Escalated');
    expect(liveKeys()).toHaveLength(1);
    expect(await currentValue()).toBe(old.value);
    expect(world.notices.at(-1)?.text).toContain('admin');
  });
});

describe('between the cut-over and the revocation', () => {
  const atOverlap = async () => {
    const old = await world.seed();
    const { rotationId } = await world.start();
    await world.drive({ rotationId, state: 'Overlap' });
    return { old, rotationId };
  };

  it('a new key that dies at the cut-over: the label goes back', async () => {
    const { seed, start, drive, outcomeOf, liveKeys, currentValue, local } = await startWorld('openai');
    const old = await seed();
    const { rotationId } = await start();
    // Somebody deletes the new key in the instant after it was validated.
    const { moveLabel } = local.ports.vault;
    Object.assign(local.ports.vault, {
      moveLabel: async (...move: Parameters<typeof moveLabel>) => {
        const moved = await moveLabel(...move);
        if (move[1] === 'AWSCURRENT' && !killed) await kill();
        return moved;
      },
    });
    let killed = false;
    const kill = async (): Promise<void> => {
      killed = true;
      const { rotation } = (await local.ports.ledger.read(world.credential.id)).record;
      const connection = await local.ports.connect(world.credential.target);
      world.expectDeadCurrent(true);
      if (rotation?.new) await connection.revokeKey?.(rotation.new.keyId);
    };
    await drive();
    world.expectDeadCurrent(false);
    expect(await outcomeOf(rotationId)).toBe('RolledBack');
    expect(await currentValue()).toBe(old.value);
    expect(liveKeys().map(({ id }) => id)).toEqual([old.keyId]);
  });

  it('an old key that is still used at the longest overlap: never called success; a person approves', async () => {
    await startWorld('openai');
    const { local, provider, credential, drive, outcomeOf, rotate, liveKeys } = world;
    const { old, rotationId } = await atOverlap();
    const useOld = async (): Promise<void> => {
      const connection = await local.ports.connect(credential.target);
      await connection.validate({
        value: new SecretValue(old.value),
        keyId: null,
        expects: { models: [], permissions: [] },
      });
    };
    for (let hours = 0; hours < 3; hours += 1) {
      world.advance(overlapSeconds);
      await useOld();
      await local.engine.runUntilIdle();
    }
    await drive();
    expect(await outcomeOf(rotationId)).toBe('CutOverOldLive');
    expect(liveKeys()).toHaveLength(2);
    expect(world.notices.map(({ text }) => text).join('\n')).toContain(`keyturn approve ${rotationId}`);

    await useOld();
    expect(await rotate({ approved: true })).toBe('Done');
    expect(liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
    expect(provider.keys()).toHaveLength(2);
  });

  it('a single late use is forgiven after one quiet overlap', async () => {
    await startWorld('openai');
    const { rotationId, old } = await atOverlap();
    world.advance(overlapSeconds / 2);
    const connection = await world.local.ports.connect(world.credential.target);
    await connection.validate({
      value: new SecretValue(old.value),
      keyId: null,
      expects: { models: [], permissions: [] },
    });
    await world.drive();
    expect(await world.outcomeOf(rotationId)).toBe('Done');
    const waits = (await world.storyOf(rotationId)).filter((line) => line === 'check-usage/wait');
    // Asked every 300 s from the end of the overlap until the use lies more than one overlap back, 1800 s later.
    expect(waits).toHaveLength(7);
  });

  it('a provider that is down at the revocation: parked, and taken up by the next run', async () => {
    await startWorld('openai');
    const { old, rotationId } = await atOverlap();
    world.provider.fail({ kind: 'status', status: 503, method: 'DELETE', times: 100 });
    await world.drive();
    expect(await world.outcomeOf(rotationId)).toBe('CutOverOldLive');
    world.provider.heal();
    const { rotationId: next } = await world.start();
    await world.drive();
    expect(await world.outcomeOf(next)).toBe('Done');
    expect((await world.storyOf(next)).slice(0, 2)).toEqual(['begin/take-up-cut-over', 'confirm/confirmed']);
    expect(world.liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
    expect(world.provider.keys()).toHaveLength(2);
    expect(world.deadServed).toEqual([]);
  });

  it('a person who rolls the label back: the old key lives', async () => {
    await startWorld('openai');
    const { old, rotationId } = await atOverlap();
    const { vault } = world.local.ports;
    const versions = (await vault.describe(world.credential.secret)) ?? [];
    const holder = (label: string) => versions.find(({ labels }) => labels.includes(label))?.versionId ?? null;
    const move = { from: holder('AWSCURRENT'), to: holder('AWSPREVIOUS') };
    await vault.moveLabel(world.credential.secret, 'AWSCURRENT', move);
    await world.drive();
    expect(await world.outcomeOf(rotationId)).toBe('Superseded');
    expect(await world.currentValue()).toBe(old.value);
    expect(world.liveKeys().map(({ id }) => id)).toContain(old.keyId);
    // What our run left alive is ours: reconcile takes its label, and it goes with the sweep, once no cache holds it and
    // after the grace.
    world.advance(overlapSeconds);
    await reconcileOnce(world);
    await sweep();
    expect(world.liveKeys()).toHaveLength(2);
    world.advance(1_800);
    await sweep();
    expect(world.liveKeys().map(({ id }) => id)).toEqual([old.keyId]);
    expect(world.deadServed).toEqual([]);
  });

  it('an organisation that does not delete such keys: narrowed, escalated, and done once it is seen refused', async () => {
    await startWorld('openai', { options: { deletesServiceAccountKeys: false } });
    const { rotationId } = await atOverlap();
    await world.drive();
    expect(await world.outcomeOf(rotationId)).toBe('Escalated');
    world.advance(60);
    expect(await world.rotate()).toBe('Done');
  });

  it('an old key that never stops being accepted is never called done', async () => {
    await startWorld('openai', { options: { revocationLagSeconds: 100_000 } });
    const { rotationId } = await atOverlap();
    await world.drive();
    expect(await world.outcomeOf(rotationId)).toBe('CutOverOldLive');
    expect(await world.storyOf(rotationId)).not.toContain('end/Done');
  });
});
