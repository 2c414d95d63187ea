import { afterEach, describe, expect, it } from 'vitest';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

/** How often the simulated resource was told to give a slot a new value. */
const regenerations = (): number =>
  world.provider.requests.filter(({ path }) => path.endsWith('/regenerateKey')).length;

describe('two slots', () => {
  it('regenerates the one not in use, moves, and regenerates the other', async () => {
    const { seed, start, drive, outcomeOf, storyOf, currentValue, labels } = await startWorld('azure-openai');
    const old = await seed();
    const { rotationId } = await start();
    await drive({ rotationId, state: 'Overlap' });
    expect(regenerations()).toBe(1);
    expect(await currentValue()).not.toBe(old.value);
    expect(world.liveKeys().map(({ value }) => value)).toContain(old.value);
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(await storyOf(rotationId)).toEqual(
      expect.arrayContaining(['two-slot/create-key/regenerate', 'two-slot/revoke-old/retire', 'prove-refused/proven']),
    );
    expect(regenerations()).toBe(2);
    expect(world.liveKeys().map(({ value }) => value)).not.toContain(old.value);
    expect(Object.keys(await labels())).toEqual(['AWSCURRENT']);
    expect(world.deadServed).toEqual([]);
    expect(world.leaks()).toEqual([]);
  });

  it('goes back and forth between the slots', async () => {
    const { seed, rotate } = await startWorld('azure-openai');
    await seed();
    expect([await rotate(), await rotate(), await rotate()]).toEqual(['Done', 'Done', 'Done']);
    expect(world.deadServed).toEqual([]);
  });

  it('touches neither slot when the vault holds the value of neither', async () => {
    const { seed, rotate, local, credential, liveKeys } = await startWorld('azure-openai');
    await seed();
    const before = liveKeys();
    world.expectDeadCurrent(true);
    // A person regenerates both in the portal.
    for (const slot of ['Key1', 'Key2']) world.provider.mint({ slot });
    const after = liveKeys().map(({ value }) => value);
    expect(await rotate()).toBe('Escalated');
    expect(liveKeys().map(({ value }) => value)).toEqual(after);
    expect(before.some(({ value }) => after.includes(value))).toBe(false);
    expect(regenerations()).toBe(0);
    expect((await local.ports.ledger.read(credential.id)).record.rotation).toBeNull();
  });

  it('a lost answer that did land: the value is read back, the slot is not regenerated twice', async () => {
    const { seed, start, drive, outcomeOf } = await startWorld('azure-openai');
    await seed();
    world.provider.fail({ kind: 'lost-response', path: 'regenerateKey' });
    const { rotationId } = await start();
    await drive({ rotationId, state: 'Overlap' });
    expect(regenerations()).toBe(1);
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(world.deadServed).toEqual([]);
  });

  it('an answer that never came: waited for until the call must have landed', async () => {
    const { seed, start, drive, outcomeOf, storyOf } = await startWorld('azure-openai');
    await seed();
    world.provider.fail({ kind: 'dropped-request', path: 'regenerateKey' });
    const { rotationId } = await start();
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    const create = (await storyOf(rotationId)).filter((line) => line.startsWith('two-slot/create-key'));
    expect(create.slice(0, 2)).toEqual(['two-slot/create-key/OutcomeUnknown', 'two-slot/create-key/OutcomeUnknown']);
    expect(create.at(-1)).toBe('two-slot/create-key/regenerate');
  });

  it('the first issue takes what a slot holds, and regenerates nothing', async () => {
    const { rotate, currentValue } = await startWorld('azure-openai');
    expect(await rotate()).toBe('Done');
    expect(regenerations()).toBe(0);
    expect(await currentValue()).toBe(world.provider.keys()[0]?.value);
  });

  it('a roll-back touches no slot', async () => {
    const { seed, rotate, currentValue } = await startWorld('azure-openai', {
      credential: { expects: { models: ['gpt-9'], permissions: [] } },
    });
    const old = await seed();
    expect(await rotate()).toBe('RolledBack');
    expect(regenerations()).toBe(1);
    expect(await currentValue()).toBe(old.value);
    expect(world.liveKeys().map(({ value }) => value)).toContain(old.value);
  });

  it('an emergency contains by regenerating the leaked slot, and replaces from the other', async () => {
    const { seed, start, drive, outcomeOf, local, credential } = await startWorld('azure-openai');
    const old = await seed();
    const slots = await (await local.ports.connect(credential.target)).listSlots?.();
    const leaked = slots?.find(({ value }) => value.equals(new SecretValue(old.value)))?.keyId ?? null;
    world.expectDeadCurrent(true);
    const { rotationId } = await start({ urgency: 'emergency', leakedKeyId: leaked });
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(world.liveKeys().map(({ value }) => value)).not.toContain(old.value);
    expect(await local.ports.ledger.obligations('open')).toEqual([]);
  });
});
