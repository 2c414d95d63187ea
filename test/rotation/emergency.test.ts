import { afterEach, describe, expect, it } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import type { RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

const leaked = (made: { readonly keyId: string }) =>
  ({ urgency: 'emergency', leakedKeyId: keyId(made.keyId), reason: 'leaked' }) as const;
const obligations = () => world.local.ports.ledger.obligations('open');

describe('an emergency', () => {
  it('contains before anything else, replaces, and closes the obligation on the key', async () => {
    const { seed, start, drive, outcomeOf, storyOf, liveKeys, local } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    const startedAt = Date.parse(local.ports.clock.now());
    const { rotationId } = await start(leaked(old));
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect((await storyOf(rotationId)).slice(0, 3)).toEqual(['contain/contain', 'begin/start', 'create-key/create']);
    expect(liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
    const [obligation, ...others] = await local.ports.ledger.obligations('all');
    expect(others).toEqual([]);
    expect(obligation).toMatchObject({ keyId: old.keyId, refusedAt: expect.any(String) });
    expect(Date.parse(obligation?.containedAt ?? '') - startedAt).toBe(0);
  });

  it('of an execution that an earlier version has started, which names no secret and no incident, ends no less', async () => {
    const { seed, request, drive, outcomeOf, storyOf, liveKeys, local } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    const { describe: whole } = local.ports.vault;
    const describeNamed: typeof whole = async (secret) => {
      if (typeof secret !== 'string') throw new TypeError('A secret without a name.');
      return whole(secret);
    };
    Object.assign(local.ports.vault, { describe: describeNamed });
    const newer = ['secret', 'incident', 'replacement'];
    const input = request(leaked(old));
    const older = Object.fromEntries(Object.entries(input).filter(([name]) => !newer.includes(name)));
    await local.ports.executions.start(older as RotationRequest);
    await drive();
    expect(await outcomeOf(input.rotationId)).toBe('Done');
    expect((await storyOf(input.rotationId)).slice(0, 2)).toEqual(['contain/contain', 'begin/start']);
    expect(liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
    expect(await local.ports.ledger.obligations('all')).toMatchObject([
      { incidentId: null, refusedAt: expect.any(String) },
    ]);
  });

  it('replaces first where the request says so, and serves no dead key on the way', async () => {
    const { seed, start, drive, outcomeOf, storyOf } = await startWorld('openai');
    const old = await seed();
    const { rotationId } = await start({ ...leaked(old), containFirst: false });
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(await storyOf(rotationId)).not.toContain('contain/contain');
    expect(world.deadServed).toEqual([]);
  });

  it('contains when the ledger is down, and when the bus is', async () => {
    const { seed, start, drive, local, liveKeys } = await startWorld('openai');
    const old = await seed();
    const down = (): Promise<never> => Promise.reject(new Error('down'));
    const { ledger } = local.ports;
    const whole = { ...ledger };
    Object.assign(ledger, { read: down, replace: down, append: down, putObligation: down, obligations: down });
    const { rotationId } = await start(leaked(old));
    world.expectDeadCurrent(true);
    await drive({ rotationId, state: 'Begin' });
    expect(liveKeys()).toEqual([]);
    Object.assign(ledger, whole);
    await drive();
    expect(await world.outcomeOf(rotationId)).toBe('Done');
    expect(await obligations()).toEqual([]);
  });

  it('ends without a replacement when none can be made, never goes back, and is taken up later', async () => {
    const { seed, start, drive, outcomeOf, storyOf, provider, liveKeys, rotate } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    provider.fail({ kind: 'status', status: 500, method: 'POST', times: 100 });
    const { rotationId } = await start(leaked(old));
    await drive();
    expect(await outcomeOf(rotationId)).toBe('ContainedNoReplacement');
    expect((await storyOf(rotationId)).some((line) => line.startsWith('roll-back'))).toBe(false);
    expect(liveKeys()).toEqual([]);
    expect(world.notices.at(-1)?.severity).toBe('page');
    expect(await obligations()).toHaveLength(1);
    provider.heal();
    expect(await rotate(leaked(old))).toBe('Done');
    expect(await obligations()).toEqual([]);
    expect(liveKeys()).toHaveLength(1);
  });

  it('takes over from a scheduled rotation in its overlap: no new key, the old one dies now', async () => {
    const { seed, start, drive, outcomeOf, storyOf, liveKeys } = await startWorld('openai');
    const old = await seed();
    const scheduled = await start();
    await drive({ rotationId: scheduled.rotationId, state: 'Overlap' });
    const emergency = await start(leaked(old));
    await drive();
    expect(await outcomeOf(emergency.rotationId)).toBe('Done');
    expect(await outcomeOf(scheduled.rotationId)).toBe('Superseded');
    expect((await storyOf(emergency.rotationId)).slice(0, 2)).toEqual(['contain/contain', 'begin/take-up-cut-over']);
    expect(liveKeys()).toHaveLength(1);
    expect(world.provider.keys()).toHaveLength(2);
    expect(world.deadServed).toEqual([]);
  });

  it('the new key leaks in the overlap: it is replaced, and both older keys die', async () => {
    const { seed, start, drive, outcomeOf, liveKeys, labels, local } = await startWorld('openai');
    await seed();
    const scheduled = await start();
    await drive({ rotationId: scheduled.rotationId, state: 'Overlap' });
    const fresh = (await labels())['AWSCURRENT'] ?? '';
    world.expectDeadCurrent(true);
    const emergency = await start(leaked({ keyId: fresh }));
    await drive();
    expect(await outcomeOf(emergency.rotationId)).toBe('Done');
    expect(await outcomeOf(scheduled.rotationId)).toBe('Superseded');
    expect(liveKeys().map(({ id }) => id)).not.toContain(fresh);
    // The first old key is on record as left behind.
    const { record } = await local.ports.ledger.read(world.credential.id);
    expect(record.leftovers).toHaveLength(1);
    expect(liveKeys()).toHaveLength(2);
  });

  it('a leaked key that does not serve any more dies without a new one', async () => {
    const { seed, start, drive, outcomeOf, liveKeys, provider } = await startWorld('openai');
    await seed();
    const stray = provider.mint({ name: 'an old copy' });
    const { rotationId } = await start(leaked(stray));
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(liveKeys()).toHaveLength(1);
    expect(provider.keys()).toHaveLength(2);
    expect(world.deadServed).toEqual([]);
  });

  it('a leaked key that is dead already is success, and still proven', async () => {
    const { seed, start, drive, outcomeOf, storyOf, local, credential } = await startWorld('openai');
    const old = await seed();
    world.expectDeadCurrent(true);
    const connection = await local.ports.connect(credential.target);
    await connection.revokeKey?.(keyId(old.keyId));
    const { rotationId } = await start(leaked(old));
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(await storyOf(rotationId)).toContain('prove-refused/proven');
    const verdict = await connection.validate({
      value: new SecretValue(old.value),
      keyId: null,
      expects: { models: [], permissions: [] },
    });
    expect(verdict.kind).toBe('refused');
  });
});
