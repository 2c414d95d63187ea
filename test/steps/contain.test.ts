import { describe, expect, it } from 'vitest';
import { incidentId } from '../../functions/domain/identifiers.ts';
import { runStep } from '../../functions/shell/run-step.ts';
import { contain } from '../../functions/steps/contain.ts';
import { accepted, at, credential, refused, request, run, stepWorld, unclear } from './step-world.ts';

const leaked = {
  urgency: 'emergency',
  leakedKeyId: 'key-old',
  reason: 'found in a repository',
  incident: { incidentId: incidentId('inc-1'), reportedAt: at(-20), acceptedAt: at(-10) },
};
const known = { contained: true, containedAt: at(0), firstRefusedAt: at(0) };
const start = { rotation: null, offers: ['containKey', 'disableKey', 'revokeKey', 'listKeys'] } as const;

it.each([
  ['containKey', ['containKey', 'disableKey', 'revokeKey']],
  ['disableKey', ['disableKey', 'revokeKey']],
  ['revokeKey', ['revokeKey']],
] as const)('stops the leaked key with %s, sees it refused, and writes that down', async (call, offers) => {
  const world = await stepWorld({ rotation: null, offers });
  expect(await world.run(contain, leaked)).toEqual(known);
  expect(world.calls).toEqual([`${call} key-old`, 'probe key-old', 'owe key-old']);
  expect(world.obligations()).toMatchObject([
    {
      keyId: 'key-old',
      target: credential.target,
      credentialId: 'support',
      incidentId: 'inc-1',
      rotationId: run,
      reason: 'found in a repository',
      reportedAt: at(-20),
      acceptedAt: at(-10),
      containedAt: at(0),
      firstRefusedAt: at(0),
    },
  ]);
  expect(world.entries).toMatchObject([{ step: 'contain' }]);
});

it('was contained when the provider had answered, and refused when that was seen', async () => {
  const world = await stepWorld(start);
  world.once('containKey', () => world.passSeconds(3));
  world.once('probe', () => world.passSeconds(2));
  expect(await world.run(contain, leaked)).toEqual({ contained: true, containedAt: at(3), firstRefusedAt: at(5) });
});

describe('needs a person', () => {
  it('who says which key it is', async () => {
    const world = await stepWorld(start);
    await expect(world.run(contain, { ...leaked, leakedKeyId: null })).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls).toEqual([]);
  });

  it('where the provider offers nothing that stops a key', async () => {
    const world = await stepWorld({ rotation: null, offers: ['listKeys'] });
    await expect(world.run(contain, leaked)).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('acme'),
    });
    expect(world.obligations()).toEqual([]);
  });
});

it('does not say that a key was contained when the provider has not', async () => {
  const world = await stepWorld(start);
  world.fails('containKey', 'OutcomeUnknown');
  await expect(world.run(contain, leaked)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect(world.calls).toEqual(['containKey key-old']);
});

describe('the first look, by the value', () => {
  it.each([
    ['refused', refused, at(0)],
    ['still accepted', accepted, null],
    ['not clear', unclear, null],
  ])('%s', async (_, verdict, firstRefusedAt) => {
    const world = await stepWorld(start);
    world.answer('key-old', verdict);
    expect(await world.run(contain, leaked)).toEqual({ ...known, firstRefusedAt });
    expect(world.obligations()).toMatchObject([{ containedAt: at(0), firstRefusedAt }]);
  });

  it('comes to nothing when the provider does not answer', async () => {
    const world = await stepWorld(start);
    world.fails('probe', 'NothingChanged');
    expect(await world.run(contain, leaked)).toEqual({ ...known, firstRefusedAt: null });
  });

  it('hides no error that nobody foresaw', async () => {
    const world = await stepWorld(start);
    world.fails('probe', new TypeError('unforeseen'));
    await expect(world.run(contain, leaked)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    expect(world.obligations()).toEqual([]);
  });
});

describe('the first look, where the value is not at hand, is a listing', () => {
  it.each([
    ['does not show it', 'revokeKey', at(0)],
    ['shows it as inactive', 'containKey', at(0)],
  ] as const)('that %s', async (_, call, firstRefusedAt) => {
    const world = await stepWorld({ rotation: null, offers: [call, 'listKeys'] });
    world.add('key-astray');
    expect(await world.run(contain, { ...leaked, leakedKeyId: 'key-astray' })).toEqual({ ...known, firstRefusedAt });
    expect(world.calls).toEqual([`${call} key-astray`, 'listKeys', 'owe key-astray']);
  });

  it('that shows it as active still: it was not seen refused', async () => {
    const world = await stepWorld(start);
    world.add('key-astray');
    world.once('listKeys', () => world.add('key-astray'));
    expect(await world.run(contain, { ...leaked, leakedKeyId: 'key-astray' })).toMatchObject({ firstRefusedAt: null });
  });

  it('that the vendor does not have: nobody has seen it refused', async () => {
    const world = await stepWorld({ rotation: null, offers: ['containKey'] });
    expect(await world.run(contain, { ...leaked, leakedKeyId: 'key-astray' })).toMatchObject({ firstRefusedAt: null });
    expect(world.calls).toEqual(['containKey key-astray', 'owe key-astray']);
  });

  it('when the secret has no version', async () => {
    const world = await stepWorld({ ...start, stage: 'no-secret' });
    await world.run(contain, leaked);
    expect(world.calls).toEqual(['containKey key-old', 'listKeys', 'owe key-old']);
  });

  it('when the vault does not answer', async () => {
    const world = await stepWorld(start);
    world.fails('describe', 'NothingChanged');
    expect(await world.run(contain, leaked)).toEqual(known);
    expect(world.calls).toEqual(['containKey key-old', 'listKeys', 'owe key-old']);
  });
});

it('reads no secret where the input names none: an earlier version has started its run', async () => {
  const world = await stepWorld(start);
  world.fails('describe', new TypeError('no secret to describe'));
  const { secret, ...input } = { ...request, ...leaked };
  expect(secret).toBe(world.credential.secret);
  expect(await runStep(contain, input, world.ports)).toEqual(known);
  expect(world.calls).toEqual(['containKey key-old', 'listKeys', 'owe key-old']);
});

it('hides no error of the vault that nobody foresaw', async () => {
  const world = await stepWorld(start);
  world.fails('describe', new TypeError('unforeseen'));
  await expect(world.run(contain, leaked)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
});

it('does not wait for a vault that hangs before it stops the key', async () => {
  const world = await stepWorld(start);
  let isContained = false;
  world.once('containKey', () => {
    isContained = true;
  });
  world.once('describe', async () => {
    await new Promise(setImmediate);
    expect(isContained).toBe(true);
  });
  await world.run(contain, leaked);
  expect(isContained).toBe(true);
});

describe('the record', () => {
  it('may be lost: the key is stopped all the same', async () => {
    const world = await stepWorld(start);
    world.fails('owe', 'NothingChanged');
    expect(await world.run(contain, leaked)).toEqual(known);
  });

  it('hides no error that nobody foresaw', async () => {
    const world = await stepWorld(start);
    world.fails('owe', new TypeError('unforeseen'));
    await expect(world.run(contain, leaked)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  });
});
