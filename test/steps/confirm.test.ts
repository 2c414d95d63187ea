import { expect, it } from 'vitest';
import type { OpenRotation } from '../../functions/domain/rotation.ts';
import { confirm } from '../../functions/steps/confirm.ts';
import { accepted, at, refused, stepWorld, unclear } from './step-world.ts';

const serving = (rotation: Partial<OpenRotation> = {}) => stepWorld({ stage: 'new-serves', rotation });

it('probes what AWSCURRENT holds, and writes that it is accepted', async () => {
  const world = await serving();
  expect(await world.run(confirm)).toEqual({ hasOldKey: true });
  expect(world.calls).toEqual(['probe key-new', 'write confirmed']);
  expect(world.rotation()).toMatchObject({ phase: 'confirmed', cutOverAt: at(-30) });
});

it('says where there is no old key', async () => {
  const world = await serving({ old: null });
  expect(await world.run(confirm)).toEqual({ hasOldKey: false });
});

it.each([
  ['confirmed', at(-30), []],
  ['confirmed', null, ['write confirmed']],
  ['cutting-over', null, ['write confirmed']],
  ['old-disabled', at(-30), []],
] as const)('keeps the phase %s, cut over at %s: %j', async (phase, cutOverAt, calls) => {
  const world = await serving({ phase, cutOverAt });
  await world.run(confirm);
  expect(world.calls).toEqual(['probe key-new', ...calls]);
  expect(world.rotation()?.cutOverAt).toBe(cutOverAt ?? at(0));
});

it('goes back for three refusals in a row, two seconds apart', async () => {
  const world = await serving();
  world.answer('key-new', refused);
  await expect(world.run(confirm)).rejects.toMatchObject({ name: 'Refused' });
  expect(world.calls).toEqual(['probe key-new', 'sleep 2', 'probe key-new', 'sleep 2', 'probe key-new']);
  expect(world.rotation()?.phase).toBe('cut-over');
});

it('does not go back for two', async () => {
  const world = await serving();
  world.answer('key-new', refused, refused, accepted);
  expect(await world.run(confirm)).toEqual({ hasOldKey: true });
});

it('asks again without a clear answer', async () => {
  const world = await serving();
  world.answer('key-new', refused, unclear);
  await expect(world.run(confirm)).rejects.toMatchObject({
    name: 'NothingChanged',
    message: expect.stringContaining('unclear'),
  });
  expect(world.calls).toEqual(['probe key-new', 'sleep 2', 'probe key-new']);
});

it.each(['no-secret', 'staged'] as const)('leaves to another what another has moved: %s', async (stage) => {
  const world = await stepWorld({ stage });
  await expect(world.run(confirm)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});

it('confirms no key that it does not know', async () => {
  const world = await serving({ new: null });
  await expect(world.run(confirm)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});

it('starts nothing once the credential is held by another', async () => {
  const world = await stepWorld({ stage: 'new-serves' });
  world.preempt();
  await expect(world.run(confirm)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
