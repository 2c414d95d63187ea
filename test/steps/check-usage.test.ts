import { expect, it } from 'vitest';
import type { OpenRotation } from '../../functions/domain/rotation.ts';
import { checkUsage } from '../../functions/steps/check-usage.ts';
import { at, credential, run, stepWorld } from './step-world.ts';

const serving = (rotation: Partial<OpenRotation> = {}) => stepWorld({ stage: 'new-serves', rotation });

const busy = { kind: 'busy', lastUsedAt: at(-10), evidence: 'used 4 times by nightly' } as const;

it('waits for the rest of the overlap', async () => {
  const world = await serving({ cutOverAt: at(-1_199.5) });
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'wait', askAgainSeconds: 1 });
});

it('counts the overlap from now where nobody wrote when it began', async () => {
  const world = await serving({ cutOverAt: null });
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'wait', askAgainSeconds: 1_200 });
});

it.each([
  // Until the last declared cache had run out, 300 seconds after the cut-over, use was expected.
  ['since the caches had run out', -1_200, -900],
  ['within one overlap, once that is longer ago', -3_000, -1_200],
])('asks for use %s', async (_, cutOverAt, since) => {
  const world = await serving({ cutOverAt: at(cutOverAt) });
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'over' });
  expect(world.calls).toEqual([`readUsage key-old since ${since}`]);
});

it('expects no use where nobody declared a consumer', async () => {
  const world = await stepWorld({
    stage: 'new-serves',
    rotation: { cutOverAt: at(-1_200) },
    credential: { consumers: [] },
  });
  await world.run(checkUsage);
  expect(world.calls).toEqual(['readUsage key-old since -1200']);
});

it('asks again while the old key is in use', async () => {
  const world = await serving({ cutOverAt: at(-1_300) });
  world.usage.answer = busy;
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'wait', askAgainSeconds: 100 });
  expect(world.notices).toEqual([]);
});

it('gives up at the longest overlap, and tells the owner who still uses it', async () => {
  const world = await serving({ cutOverAt: at(-3_600) });
  world.usage.answer = busy;
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'give-up', outcome: 'CutOverOldLive' });
  expect(world.calls).toEqual(['readUsage key-old since -1200', 'tell action-needed']);
  expect(world.notices).toMatchObject([
    {
      credentialId: 'support',
      rotationId: run,
      severity: 'action-needed',
      contact: credential.owner.contact,
      subject: expect.stringContaining('support'),
      text: expect.stringMatching(/\n.*used 4 times by nightly.*\n.*keyturn approve run$/),
    },
  ]);
});

it('goes on when a person has said so', async () => {
  const world = await serving({ cutOverAt: at(-1_300) });
  world.usage.answer = busy;
  expect(await world.run(checkUsage, { approved: true })).toEqual({ oldKeyUse: 'over' });
});

it('waits for nobody in an emergency', async () => {
  const world = await serving({ urgency: 'emergency' });
  world.usage.answer = busy;
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'over' });
  expect(world.calls).toEqual([]);
});

it.each([
  ['the provider cannot tell', { offers: ['revokeKey'] as const }],
  ['there is no old key', { rotation: { old: null, cutOverAt: at(-1_300) } }],
])('lets the overlap alone decide where %s', async (_, start) => {
  const world = await stepWorld({ stage: 'new-serves', rotation: { cutOverAt: at(-1_300) }, ...start });
  world.usage.answer = busy;
  expect(await world.run(checkUsage)).toEqual({ oldKeyUse: 'over' });
  expect(world.calls).toEqual([]);
});

it('starts nothing once the credential is held by another', async () => {
  const world = await stepWorld({ stage: 'new-serves' });
  world.preempt();
  await expect(world.run(checkUsage)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
