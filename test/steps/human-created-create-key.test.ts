import { expect, it } from 'vitest';
import { adoptSubmitted } from '../../functions/steps/human-created/create-key.ts';
import { attempt, newKey, stepWorld } from './step-world.ts';

it('adopts what a person has submitted for this run', async () => {
  const world = await stepWorld({ stage: 'stored', rotation: { new: null, attempts: [attempt(1)] } });
  expect(await world.run(adoptSubmitted)).toEqual({ newKeyId: 'key-new', firstIssue: false });
  expect(world.calls).toEqual(['print key-new', 'write created']);
  expect(world.rotation()).toMatchObject({ phase: 'created', new: newKey, attempts: [attempt(1)] });
  expect(world.entries).toMatchObject([{ step: 'human-created/create-key', event: 'adopt' }]);
});

it('needs a person where nothing was submitted', async () => {
  const world = await stepWorld();
  await expect(world.run(adoptSubmitted)).rejects.toMatchObject({
    name: 'NeedsPerson',
    message: expect.stringContaining('keyturn submit support'),
  });
  expect(world.calls).toEqual([]);
});

it('adopts nothing once the credential is held by another', async () => {
  const world = await stepWorld({ stage: 'stored', rotation: { new: null } });
  world.preempt();
  await expect(world.run(adoptSubmitted)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
