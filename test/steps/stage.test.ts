import { expect, it } from 'vitest';
import { stage } from '../../functions/steps/stage.ts';
import { newKey, stepWorld } from './step-world.ts';

it('moves AWSPENDING to the new version, and writes that it has', async () => {
  const world = await stepWorld({ stage: 'stored' });
  expect(await world.run(stage)).toEqual({});
  expect(world.calls).toEqual(['move AWSPENDING from none to new', 'write staged']);
  expect(world.labels()).toMatchObject({ AWSPENDING: 'new' });
  expect(world.rotation()?.phase).toBe('staged');
  expect(world.entries).toMatchObject([{ event: 'move' }]);
});

it('takes it from where an earlier rotation has left it', async () => {
  const world = await stepWorld({ stage: 'stored' });
  await world.store('earlier', 'AWSPENDING', 'key-earlier');
  await world.run(stage);
  expect(world.calls[0]).toBe('move AWSPENDING from earlier to new');
});

it.each([
  ['begun', ['write staged']],
  ['creating', ['write staged']],
  ['created', ['write staged']],
  ['staged', []],
  ['validated', []],
] as const)('moves nothing that is there already: %s', async (phase, calls) => {
  const world = await stepWorld({ stage: 'staged', rotation: { phase } });
  expect(await world.run(stage)).toEqual({});
  expect(world.calls).toEqual(calls);
  expect(world.entries).toMatchObject([{ event: 'already' }]);
});

it('keeps the phase of what was validated before when the label had moved', async () => {
  const world = await stepWorld({ stage: 'stored', rotation: { phase: 'validated' } });
  await world.run(stage);
  expect(world.calls).toEqual(['move AWSPENDING from none to new']);
});

it('has nothing to stage without a stored key', async () => {
  const world = await stepWorld();
  await expect(world.run(stage)).rejects.toMatchObject({ name: 'Refused' });
  expect(world.calls).toEqual([]);
  expect(world.entries).toMatchObject([{ event: 'Refused' }]);
});

it('leaves a label that moves at this moment to the next look', async () => {
  const world = await stepWorld({ stage: 'stored' });
  world.once('move', () => world.store('theirs', 'AWSPENDING', 'key-of-another'));
  await expect(world.run(stage)).rejects.toMatchObject({ name: 'NothingChanged' });
  expect(world.rotation()?.phase).toBe('created');
});

it('needs a person where the secret is gone', async () => {
  const world = await stepWorld({
    stage: 'no-secret',
    rotation: { new: newKey },
  });
  await expect(world.run(stage)).rejects.toMatchObject({ name: 'NeedsPerson' });
});

it('starts nothing once the credential is held by another', async () => {
  const world = await stepWorld({ stage: 'staged' });
  world.preempt();
  await expect(world.run(stage)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
