import { expect, it } from 'vitest';
import { revokeOld } from '../../functions/steps/revoke-old.ts';
import { at, type Start, stepWorld } from './step-world.ts';

const cutOver = (start: Start = {}) => stepWorld({ stage: 'new-serves', ...start });

it('revokes the old key with its intent on record, and writes since when', async () => {
  const world = await cutOver({ rotation: { phase: 'old-disabled' } });
  world.once('revokeKey', () => {
    expect(world.rotation()).toMatchObject({ phase: 'revoking-old', oldRevokedAt: null });
    world.passSeconds(4);
  });
  expect(await world.run(revokeOld)).toEqual({});
  expect(world.calls).toEqual(['probe key-new', 'write revoking-old', 'revokeKey key-old', 'write old-revoked']);
  expect(world.rotation()).toMatchObject({ phase: 'old-revoked', oldRevokedAt: at(4) });
  expect(world.entries).toMatchObject([{ step: 'revoke-old', event: 'retire' }]);
});

it('keeps the time at which it was revoked first', async () => {
  const world = await cutOver({ rotation: { phase: 'old-revoked', oldRevokedAt: at(-9) } });
  await world.run(revokeOld);
  expect(world.calls).toContain('revokeKey key-old');
  expect(world.rotation()?.oldRevokedAt).toBe(at(-9));
});

it('leaves on record that the outcome of a call is unknown', async () => {
  const world = await cutOver();
  world.fails('revokeKey', 'OutcomeUnknown');
  await expect(world.run(revokeOld)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect(world.rotation()).toMatchObject({ phase: 'revoking-old', oldRevokedAt: null });
});

it('needs a person where the provider revokes none', async () => {
  const world = await cutOver({ offers: ['disableKey', 'enableKey'] });
  await expect(world.run(revokeOld)).rejects.toMatchObject({
    name: 'NeedsPerson',
    message: expect.stringContaining('key-old'),
  });
  expect(world.calls).toEqual(['probe key-new']);
});
