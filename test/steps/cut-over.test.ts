import { expect, it } from 'vitest';
import { cutOver } from '../../functions/steps/cut-over.ts';
import { at, newKey, stepWorld } from './step-world.ts';

it('pins the old version, then moves AWSCURRENT, with its intent on record', async () => {
  const world = await stepWorld({ stage: 'staged', rotation: { phase: 'validated' } });
  world.once('move', () => world.passSeconds(3));
  expect(await world.run(cutOver)).toEqual({ cutOverAt: at(3) });
  expect(world.calls).toEqual([
    'write cutting-over',
    'move keyturn-old-run from none to old',
    'move AWSCURRENT from old to new',
    'write cut-over',
  ]);
  expect(world.rotation()).toMatchObject({ phase: 'cut-over', cutOverAt: at(3) });
  expect(world.labels()).toMatchObject({ AWSCURRENT: 'new', AWSPREVIOUS: 'old', 'keyturn-old-run': 'old' });
});

it('pins nothing twice', async () => {
  const world = await stepWorld({ stage: 'staged' });
  await world.move('keyturn-old-run', 'old');
  await world.run(cutOver);
  expect(world.calls).toEqual(['write cutting-over', 'move AWSCURRENT from old to new', 'write cut-over']);
});

it.each([
  ['keeps the time on record', at(-30), []],
  ['writes the time where none is on record', null, ['write cut-over']],
])('that has happened already %s', async (_, cutOverAt, calls) => {
  const world = await stepWorld({ stage: 'new-serves', rotation: { cutOverAt, phase: 'cutting-over' } });
  expect(await world.run(cutOver)).toEqual({ cutOverAt: cutOverAt ?? at(0) });
  expect(world.calls).toEqual(calls);
  expect(world.rotation()).toMatchObject({
    cutOverAt: cutOverAt ?? at(0),
    phase: cutOverAt === null ? 'cut-over' : 'cutting-over',
  });
});

it.each([
  ['AWSCURRENT was moved by another', {}],
  ['the rotation knows no old version', { old: null }],
])('moves nothing when %s', async (_, rotation) => {
  const world = await stepWorld({ stage: 'staged', rotation });
  await world.store('theirs', 'elsewhere', 'key-of-another');
  await world.move('AWSCURRENT', 'theirs');
  await expect(world.run(cutOver)).rejects.toMatchObject({ name: 'Refused' });
  expect(world.calls).toEqual([]);
});

it('has nothing to cut over to without a stored key', async () => {
  const world = await stepWorld();
  await expect(world.run(cutOver)).rejects.toMatchObject({ name: 'Refused' });
  expect(world.calls).toEqual([]);
});

it('moves nothing where the secret is gone', async () => {
  const world = await stepWorld({
    stage: 'no-secret',
    rotation: { new: newKey },
  });
  await expect(world.run(cutOver)).rejects.toMatchObject({ name: 'Refused' });
  expect(world.calls).toEqual([]);
});

it('leaves a label that moves at this moment to the next look', async () => {
  const world = await stepWorld({ stage: 'staged' });
  await world.store('theirs', 'elsewhere', 'key-of-another');
  world.once('move', () => world.move('AWSCURRENT', 'theirs'));
  await expect(world.run(cutOver)).rejects.toMatchObject({ name: 'NothingChanged' });
  expect(world.rotation()).toMatchObject({ phase: 'cutting-over', cutOverAt: null });
  expect(world.labels()).toMatchObject({ AWSCURRENT: 'theirs' });
});

it('starts nothing once the credential is held by another', async () => {
  const world = await stepWorld({ stage: 'staged' });
  world.preempt();
  await expect(world.run(cutOver)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
