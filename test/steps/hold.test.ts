import { expect, it } from 'vitest';
import { Fault, Superseded } from '../../functions/domain/fault.ts';
import { hold, replace, write } from '../../functions/steps/hold.ts';
import { at, otherRun, request, run, stepWorld } from './step-world.ts';

it.each([
  ['its lease is on record', {}, true],
  ['the lease is another run’s', { lease: { rotationId: otherRun, epoch: 2, takenAt: at(0) } }, false],
  ['there is no lease', { lease: null }, false],
  ['there is no rotation', { rotation: null }, false],
])('a run holds the credential only when %s: %o', async (_, record, isHeld) => {
  const world = await stepWorld({ record });
  const holding = hold(world.ports, request);
  if (isHeld) await expect(holding).resolves.toMatchObject({ revision: 1, rotation: { rotationId: run } });
  else await expect(holding).rejects.toBeInstanceOf(Superseded);
});

it('writes a change beside what is there, and hands on what it has written', async () => {
  const world = await stepWorld();
  const held = await world.held();
  const after = await write(world.ports, held, { phase: 'creating' });
  expect(after).toEqual({ ...held, record: world.record(), revision: 2, rotation: world.rotation() });
  expect(after.rotation).toEqual({ ...held.rotation, phase: 'creating' });
  await write(world.ports, after, { phase: 'created' });
  expect(world.rotation()?.phase).toBe('created');
});

it('changes nothing when somebody wrote in between', async () => {
  const world = await stepWorld();
  const held = await world.held();
  await world.touch();
  const before = world.record();
  const writing = write(world.ports, held, { phase: 'creating' });
  await expect(writing).rejects.toBeInstanceOf(Fault);
  await expect(writing).rejects.toMatchObject({ name: 'NothingChanged' });
  await expect(replace(world.ports, held.record, held.revision)).rejects.toMatchObject({ name: 'NothingChanged' });
  expect(world.record()).toEqual(before);
});
