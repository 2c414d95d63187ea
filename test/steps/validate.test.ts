import { expect, it } from 'vitest';
import { validate } from '../../functions/steps/validate.ts';
import { refused, stepWorld, unclear } from './step-world.ts';

it('asks whether the stored value is accepted and what the register declares, and writes that it is', async () => {
  const world = await stepWorld({ stage: 'staged' });
  expect(await world.run(validate)).toEqual({});
  expect(world.calls).toEqual(['probe key-new as key-new for large', 'write validated']);
  expect(world.rotation()?.phase).toBe('validated');
});

it('writes nothing twice', async () => {
  const world = await stepWorld({ stage: 'staged', rotation: { phase: 'validated' } });
  expect(await world.run(validate)).toEqual({});
  expect(world.calls).toEqual(['probe key-new as key-new for large']);
});

it.each([
  ['refused', refused, 'NothingChanged'],
  ['not clear', unclear, 'NothingChanged'],
  [
    'not as declared',
    {
      kind: 'accepted',
      findings: [
        { kind: 'scope-wider', detail: 'may do all' },
        { kind: 'model-missing', detail: 'no large' },
      ],
    },
    'Refused',
  ],
] as const)('puts no key to use that is %s', async (_, verdict, name) => {
  const world = await stepWorld({ stage: 'staged' });
  world.answer('key-new', verdict);
  await expect(world.run(validate)).rejects.toMatchObject({
    name,
    message: expect.stringMatching(verdict.kind === 'accepted' ? /may do all; no large/ : verdict.evidence),
  });
  expect(world.rotation()?.phase).toBe('staged');
});

it('accepts a key without money: the old one has none either', async () => {
  const world = await stepWorld({ stage: 'staged' });
  world.answer('key-new', { kind: 'accepted', findings: [{ kind: 'no-money', detail: 'HTTP 429' }] });
  expect(await world.run(validate)).toEqual({});
});

it.each([
  ['is not staged yet', 'stored'],
  ['is not stored', 'old-serves'],
] as const)('waits for a version that %s', async (_, least) => {
  const world = await stepWorld({ stage: least });
  await expect(world.run(validate)).rejects.toMatchObject({
    name: 'OutcomeUnknown',
    message: expect.stringContaining('AWSPENDING'),
  });
  expect(world.calls).toEqual([]);
});

it('starts nothing once the credential is held by another', async () => {
  const world = await stepWorld({ stage: 'staged' });
  world.preempt();
  await expect(world.run(validate)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
