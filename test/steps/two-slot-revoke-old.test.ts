import { expect, it } from 'vitest';
import { revokeOldSlot } from '../../functions/steps/two-slot/revoke-old.ts';
import { at, type Start, stepWorld } from './step-world.ts';

const twoSlots = async (start: Start = {}) => {
  const world = await stepWorld({
    stage: 'new-serves',
    old: 'key1:old',
    new: 'key2:new',
    offers: ['listSlots', 'regenerateSlot'],
    ...start,
  });
  world.slots.set('key1', world.add('key1:old'));
  world.slots.set('key2', world.add('key2:new'));
  return world;
};

it('regenerates the slot that holds the old value', async () => {
  const world = await twoSlots();
  world.once('regenerateSlot', () => {
    expect(world.rotation()).toMatchObject({ phase: 'revoking-old', oldRevokedAt: null });
    world.passSeconds(4);
  });
  expect(await world.run(revokeOldSlot)).toEqual({});
  expect(world.calls).toEqual([
    'probe key2:new',
    'listSlots',
    'write revoking-old',
    'regenerateSlot key1',
    'write old-revoked',
  ]);
  expect(world.rotation()).toMatchObject({ phase: 'old-revoked', oldRevokedAt: at(4) });
});

it('leaves a slot alone that holds another value by now', async () => {
  const world = await twoSlots({ rotation: { oldRevokedAt: at(-9) } });
  world.slots.set('key1', world.add('key1:later'));
  expect(await world.run(revokeOldSlot)).toEqual({});
  expect(world.calls).toEqual(['probe key2:new', 'listSlots', 'write revoking-old', 'write old-revoked']);
  expect(world.rotation()).toMatchObject({ phase: 'old-revoked', oldRevokedAt: at(-9) });
});

it('looks for the value in the slot that its id names', async () => {
  const world = await twoSlots();
  world.slots.clear();
  world.slots.set('key', world.add('key1:old'));
  world.slots.set('key1', world.add('key1:later'));
  await world.run(revokeOldSlot);
  expect(world.calls).not.toContain('regenerateSlot key');
});

it('does without slots that the provider does not list', async () => {
  const world = await twoSlots({ offers: ['regenerateSlot'] });
  expect(await world.run(revokeOldSlot)).toEqual({});
  expect(world.rotation()?.phase).toBe('old-revoked');
});

it('needs a person where the provider has no slots', async () => {
  const world = await twoSlots({ offers: ['listSlots'] });
  await expect(world.run(revokeOldSlot)).rejects.toMatchObject({ name: 'NeedsPerson' });
  expect(world.calls).toEqual(['probe key2:new']);
});
