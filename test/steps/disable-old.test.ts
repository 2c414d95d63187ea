import { expect, it } from 'vitest';
import { disableOld } from '../../functions/steps/disable-old.ts';
import { type Start, stepWorld } from './step-world.ts';

const cutOver = (start: Start = {}) => stepWorld({ stage: 'new-serves', ...start });

it('disables the old key with its intent on record, looks again, and writes that it is done', async () => {
  const world = await cutOver();
  world.once('disableKey', () => {
    expect(world.rotation()?.phase).toBe('disabling-old');
  });
  expect(await world.run(disableOld)).toEqual({});
  expect(world.calls).toEqual(['probe key-new', 'write disabling-old', 'disableKey key-old', 'write old-disabled']);
  expect(world.rotation()?.phase).toBe('old-disabled');
});

it.each([
  ['disableKey', ['enableKey', 'revokeKey']],
  ['enableKey', ['disableKey', 'revokeKey']],
] as const)('leaves it to RevokeOld where the provider has no %s', async (_, offers) => {
  const world = await cutOver({ offers });
  expect(await world.run(disableOld)).toEqual({});
  expect(world.calls).toEqual(['probe key-new']);
  expect(world.rotation()?.phase).toBe('cut-over');
});

it('enables the key again when AWSCURRENT has moved while it was being disabled', async () => {
  const world = await cutOver();
  world.once('disableKey', () => world.move('AWSCURRENT', 'old'));
  await expect(world.run(disableOld)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual(['probe key-new', 'write disabling-old', 'disableKey key-old', 'enableKey key-old']);
  expect(world.rotation()?.phase).toBe('disabling-old');
});

it('leaves a leaked key disabled, wherever AWSCURRENT has moved', async () => {
  const world = await cutOver({ rotation: { urgency: 'emergency' } });
  world.once('disableKey', () => world.move('AWSCURRENT', 'old'));
  await expect(world.run(disableOld)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls.at(-1)).toBe('disableKey key-old');
});
