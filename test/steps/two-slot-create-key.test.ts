import { describe, expect, it } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import { createInFreeSlot } from '../../functions/steps/two-slot/create-key.ts';
import { at, attempt, credential, newVersion, oldKey, refused, type Start, stepWorld } from './step-world.ts';

/** What AWSCURRENT holds is in the first slot; the second is free. */
const twoSlots = async (start: Start = {}) => {
  const world = await stepWorld({
    old: 'key1:old',
    new: 'key2:new',
    offers: ['listSlots', 'regenerateSlot'],
    ...start,
  });
  world.slots.set('key1', world.add('key1:old'));
  world.slots.set('key2', world.add('key2:spare'));
  return world;
};
const asked = (ageSeconds: number, previous = 'key2:spare', slot = 'key2') => ({
  name: null,
  intendedAt: at(-ageSeconds),
  slot: { name: slot, previousKeyId: keyId(previous) },
  keyId: null,
});
/** A value that is not to be swept for so many seconds, because consumers may hold it. */
const leftUntil = (seconds: number, key = 'key2:spare') => ({
  keyId: keyId(key),
  target: credential.target,
  since: at(seconds),
});
const stored = [
  'create keyturn/acme/support support,acme',
  'store key2:1 as new under keyturn-new-run',
  'print key2:1',
  'write created',
];

it('regenerates the free slot with its intent on record, and seals what is in it', async () => {
  const world = await twoSlots({ rotation: { attempts: [attempt(1)] } });
  world.once('regenerateSlot', () => {
    expect(world.rotation()).toMatchObject({ phase: 'creating', attempts: [attempt(1), asked(0)] });
  });
  expect(await world.run(createInFreeSlot)).toEqual({ newKeyId: 'key2:1', firstIssue: false });
  expect(world.calls).toEqual(['listSlots', 'write creating', 'regenerateSlot key2', ...stored]);
  expect(world.rotation()).toMatchObject({
    phase: 'created',
    new: { keyId: 'key2:1', versionId: newVersion },
    attempts: [attempt(1), asked(0)],
  });
});

it('takes the other slot when the second is in use', async () => {
  const world = await twoSlots({ old: 'key2:spare' });
  await world.run(createInFreeSlot);
  expect(world.calls).toContain('regenerateSlot key1');
});

it('takes what is stored, and touches no slot', async () => {
  const world = await twoSlots({ stage: 'stored', rotation: { new: null } });
  expect(await world.run(createInFreeSlot)).toEqual({ newKeyId: 'key2:new', firstIssue: false });
  expect(world.calls).toEqual(['listSlots', 'print key2:new', 'write created']);
});

describe('touches no slot', () => {
  it('when AWSCURRENT was moved by another', async () => {
    const world = await twoSlots();
    await world.store('theirs', 'elsewhere', 'key2:spare');
    await world.move('AWSCURRENT', 'theirs');
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'Refused' });
    expect(world.calls).toEqual(['listSlots']);
  });

  it('when AWSCURRENT holds neither value', async () => {
    const world = await twoSlots({ old: 'key1:other' });
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls).toEqual(['listSlots']);
  });

  it('when the secret is gone', async () => {
    const world = await twoSlots({ stage: 'no-secret', rotation: { old: oldKey } });
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'Refused' });
  });

  it('where the provider lists none', async () => {
    const world = await twoSlots({ offers: ['regenerateSlot'] });
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls).toEqual([]);
  });

  it('while an earlier call may still land', async () => {
    const world = await twoSlots({ rotation: { attempts: [asked(119)] } });
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({
      name: 'OutcomeUnknown',
      message: expect.stringContaining('may still land'),
    });
    expect(world.calls).toEqual(['listSlots']);
  });

  it.each([
    ['it served until lately', { leftovers: [leftUntil(0.001)] }],
    [
      'it is on record as serving, and nobody has seen yet that it was taken out',
      { serving: { keyId: keyId('key2:spare'), versionId: newVersion } },
    ],
  ])('while consumers may hold what is in the free one: %s', async (_, record) => {
    const world = await twoSlots({ record });
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({
      name: 'Refused',
      message: expect.stringContaining('no slot was touched'),
    });
    expect(world.calls).toEqual(['listSlots']);
    expect(world.rotation()).toMatchObject({ phase: 'begun', attempts: [], new: null });
  });

  it('once the credential is held by another', async () => {
    const world = await twoSlots();
    world.preempt();
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'Superseded' });
    expect(world.calls).toEqual([]);
  });

  it('without its intent on record', async () => {
    const world = await twoSlots();
    world.fails('write', 'NothingChanged');
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).toEqual(['listSlots', 'write creating']);
  });
});

it.each([
  ['its time has passed', 'scheduled', { leftovers: [leftUntil(0)] }],
  ['what serves has leaked', 'emergency', { leftovers: [leftUntil(1_200)] }],
  ['it is another value that consumers may hold', 'scheduled', { leftovers: [leftUntil(1_200, 'key2:before')] }],
] as const)('regenerates the free slot whose value has served when %s', async (_, urgency, record) => {
  const world = await twoSlots({ rotation: { urgency }, record });
  expect(await world.run(createInFreeSlot)).toMatchObject({ newKeyId: 'key2:1' });
  expect(world.calls).toContain('regenerateSlot key2');
});

describe('after a call whose answer was lost', () => {
  it('regenerates again once it can no longer land', async () => {
    const world = await twoSlots({ rotation: { attempts: [asked(120)] } });
    expect(await world.run(createInFreeSlot)).toMatchObject({ newKeyId: 'key2:1' });
  });

  it('goes by the last of its intents', async () => {
    const world = await twoSlots({ rotation: { attempts: [asked(500), asked(10)] } });
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  });

  it('adopts what it has left in the slot, without a probe', async () => {
    const world = await twoSlots({ rotation: { attempts: [asked(10, 'key2:before')] } });
    expect(await world.run(createInFreeSlot)).toEqual({ newKeyId: 'key2:spare', firstIssue: false });
    expect(world.calls).toEqual([
      'listSlots',
      'create keyturn/acme/support support,acme',
      'store key2:spare as new under keyturn-new-run',
      'print key2:spare',
      'write created',
    ]);
  });
});

it('knows a slot that containment has regenerated by the old key’s id', async () => {
  const world = await twoSlots({ rotation: { containedAt: at(-9), urgency: 'emergency' } });
  world.slots.set('key1', world.add('key1:contained'));
  expect(await world.run(createInFreeSlot)).toMatchObject({ newKeyId: 'key2:1' });
  expect(world.calls).toContain('regenerateSlot key2');
});

it('does not guess by that id what nobody has contained', async () => {
  const world = await twoSlots();
  world.slots.set('key1', world.add('key1:of-another'));
  await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'NeedsPerson' });
});

it('cannot tell what came of it when the answer has no such slot', async () => {
  const world = await twoSlots({ offers: ['listSlots'] });
  await expect(world.run(createInFreeSlot)).rejects.toMatchObject({
    name: 'OutcomeUnknown',
    message: expect.stringContaining('no slot key2'),
  });
  expect(world.rotation()).toMatchObject({ phase: 'creating', attempts: [asked(0)], new: null });
});

describe('the first issue', () => {
  it('takes what the first slot holds, once it is accepted', async () => {
    const world = await twoSlots({ stage: 'no-secret' });
    world.answer('key1:old', refused, { kind: 'accepted', findings: [] });
    expect(await world.run(createInFreeSlot)).toEqual({ newKeyId: 'key1:old', firstIssue: true });
    expect(world.calls).toEqual([
      'listSlots',
      'probe key1:old as key1:old for large',
      'sleep 2',
      'probe key1:old as key1:old for large',
      'create keyturn/acme/support support,acme',
      'store key1:old as new under keyturn-new-run',
      'print key1:old',
      'write cut-over',
    ]);
    expect(world.rotation()).toMatchObject({ phase: 'cut-over', cutOverAt: at(2), old: null });
  });

  it('is no matter of who has moved AWSCURRENT', async () => {
    const world = await twoSlots({ rotation: { old: null } });
    world.slots.clear();
    await expect(world.run(createInFreeSlot)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('contained no slot: there was no key', async () => {
    const world = await twoSlots({ stage: 'no-secret', rotation: { containedAt: at(-9) } });
    expect(await world.run(createInFreeSlot)).toMatchObject({ newKeyId: 'key1:old', firstIssue: true });
  });
});
