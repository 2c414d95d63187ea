import { describe, expect, it } from 'vitest';
import { keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { finish } from '../../functions/steps/finish.ts';
import { at, attempt, newKey, otherRun, run, type Start, stepWorld } from './step-world.ts';

const oldKeyProof = { kind: 'value-refused', at: at(-5), evidence: 'was refused 3 times' } as const;
const proven = { phase: 'old-refused', oldKeyProof } as const;
const done = { outcome: 'Done', endedAt: at(0) };
const served = (start: Start = {}) => stepWorld({ stage: 'new-serves', rotation: proven, ...start });

it('takes every label off but AWSCURRENT, closes the rotation, then says so', async () => {
  const world = await served();
  expect(await world.run(finish)).toEqual(done);
  expect(world.calls).toEqual([
    'move AWSPENDING from new to none',
    'move keyturn-new-run from new to none',
    'move AWSPREVIOUS from old to none',
    'move keyturn-old-run from old to none',
    'write closed',
    'append Done',
    'tell information',
  ]);
  expect(world.labels()).toEqual({ AWSCURRENT: 'new' });
  expect(world.record()).toMatchObject({
    lease: null,
    rotation: null,
    lastRotatedAt: at(0),
    serving: newKey,
    lastEnded: { rotationId: run, outcome: 'Done', at: at(0) },
    leftovers: [],
  });
  expect(world.ends()).toMatchObject([
    {
      rotationId: run,
      credentialId: 'support',
      at: at(0),
      event: 'Done',
      detail: expect.stringMatching(/key-new.*key-old was refused 3 times/),
    },
  ]);
  expect(world.notices).toMatchObject([
    {
      credentialId: 'support',
      rotationId: run,
      severity: 'information',
      contact: 'support@example.com',
      subject: expect.stringContaining('support'),
      text: expect.stringMatching(new RegExp(`key-new.*refused at ${at(-5)}`)),
    },
  ]);
  expect(world.entries.at(-1)).toMatchObject({ step: 'finish', event: 'finish' });
});

it('is done without a proof where there was no old key', async () => {
  const world = await stepWorld({ stage: 'new-serves', rotation: { old: null, oldKeyProof: null } });
  expect(await world.run(finish)).toEqual(done);
  expect(world.ends()).toMatchObject([{ detail: expect.stringContaining('no old key') }]);
  expect(world.notices).toMatchObject([{ text: expect.stringMatching(/first key key-new/) }]);
});

it('is not done without a proof', async () => {
  const world = await served({ rotation: {} });
  await expect(world.run(finish)).rejects.toMatchObject({
    name: 'OutcomeUnknown',
    message: expect.stringContaining('not yet seen refused'),
  });
  expect(world.calls).toEqual([]);
});

it('names no proof of a key that there was not', async () => {
  const world = await served({ rotation: { ...proven, old: null } });
  await world.run(finish);
  expect(world.ends()).toMatchObject([{ detail: expect.stringContaining('no old key') }]);
});

it.each([
  ['AWSCURRENT was moved', { stage: 'staged' }],
  ['the secret is gone', { stage: 'no-secret', rotation: { ...proven, new: newKey } }],
  ['it knows no new key', { stage: 'no-secret', rotation: proven }],
] as const)('leaves to another what is theirs: %s', async (_, start) => {
  const world = await served(start);
  await expect(world.run(finish)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});

it('starts nothing once the credential is held by another', async () => {
  const world = await served();
  world.preempt();
  await expect(world.run(finish)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});

it('says nothing when somebody wrote in between', async () => {
  const world = await served();
  world.once('write', world.touch);
  await expect(world.run(finish)).rejects.toMatchObject({ name: 'NothingChanged' });
  expect(world.calls.at(-1)).toBe('write closed');
  expect(world.notices).toEqual([]);
});

describe('once it is on record', () => {
  it.each(['append', 'tell'])('it is Done though %s fails', async (operation) => {
    const world = await served();
    world.fails(operation, 'NothingChanged');
    expect(await world.run(finish)).toEqual(done);
    expect(world.record().lastEnded).toMatchObject({ outcome: 'Done' });
  });

  it('hides no error that nobody foresaw', async () => {
    const world = await served();
    world.fails('tell', new TypeError('unforeseen'));
    await expect(world.run(finish)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  });

  it('it is Done again, and only the journal is told', async () => {
    const lastEnded = { rotationId: run, outcome: 'Done', at: at(-9) } as const;
    const world = await stepWorld({ rotation: null, record: { lastEnded } });
    expect(await world.run(finish)).toEqual(done);
    expect(world.calls).toEqual(['append Done']);
    expect(world.ends()).toMatchObject([{ detail: expect.stringMatching(/./) }]);
    expect(world.entries.at(-1)).toMatchObject({ event: 'already' });
  });

  it('it is Done again though the journal is lost', async () => {
    const lastEnded = { rotationId: run, outcome: 'Done', at: at(-9) } as const;
    const world = await stepWorld({ rotation: null, record: { lastEnded } });
    world.fails('append', 'NothingChanged');
    expect(await world.run(finish)).toEqual(done);
  });

  it.each([
    ['that has ended otherwise', { rotationId: run, outcome: 'RolledBack', at: at(-9) }],
    ['that another run has ended', { rotationId: otherRun, outcome: 'Done', at: at(-9) }],
  ] as const)('but not one %s', async (_, lastEnded) => {
    const world = await stepWorld({ rotation: null, record: { lastEnded } });
    await expect(world.run(finish)).rejects.toMatchObject({ name: 'Superseded' });
    expect(world.calls).toEqual([]);
  });
});

describe('the labels', () => {
  const labelled = async (label: string, version = 'theirs', start: Start = {}) => {
    const world = await served(start);
    if (version === 'theirs') await world.store('theirs', label, 'key-of-another');
    else await world.move(label, version);
    await world.run(finish);
    return world.labels();
  };
  const asked = { record: { pastAttempts: [{ ...attempt(1), name: keyName(rotationId('earlier'), 1) }] } };
  const asks = {
    rotation: { ...proven, attempts: [{ ...attempt(1), name: keyName(rotationId('earlier'), 1) }, attempt(2)] },
  };
  const asksWithoutName = { rotation: { ...proven, attempts: [{ ...attempt(1), name: null }] } };

  it.each([
    ['AWSPENDING of another version', 'AWSPENDING', 'theirs', {}, false],
    ['AWSPREVIOUS of another version', 'AWSPREVIOUS', 'theirs', {}, false],
    ['a label of a person', 'of-a-person', 'theirs', {}, true],
    ['a label of a person on the old version', 'of-a-person', 'old', {}, true],
    ['the pin of an earlier run', 'keyturn-old-earlier', 'theirs', {}, false],
    ['a key that was just handed in', 'keyturn-new-next', 'theirs', {}, true],
    ['a key that an earlier run has asked for', 'keyturn-new-earlier', 'theirs', asked, false],
    ['a key that this run has asked for', 'keyturn-new-earlier', 'theirs', asks, false],
    ['a key of a run whose name begins like an earlier one', 'keyturn-new-earl', 'theirs', asked, true],
    ['a key beside an attempt without a name', 'keyturn-new-next', 'theirs', asksWithoutName, true],
    ['its own label, wherever it is', 'keyturn-new-run', 'theirs', { rotation: { ...proven, attempts: [] } }, false],
    ['a submission’s label on its old version', 'keyturn-new-next', 'old', {}, false],
    ['a submission’s label on its new version', 'keyturn-new-next', newKey.versionId, {}, false],
  ] as const)('%s', async (_, label, version, start, stays) => {
    expect(label in (await labelled(label, version, start))).toBe(stays);
  });
});
