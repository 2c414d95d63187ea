import { describe, expect, it } from 'vitest';
import { rollBackSubmitted } from '../../functions/steps/human-created/roll-back.ts';
import { rollBack } from '../../functions/steps/roll-back.ts';
import { rollBackSlots } from '../../functions/steps/two-slot/roll-back.ts';
import {
  accepted,
  at,
  attempt,
  newKey,
  newVersion,
  oldKey,
  otherRun,
  refused,
  run,
  stepWorld,
  unclear,
} from './step-world.ts';

const rolledBack = { rolledBack: true, outcome: 'RolledBack' };
const superseded = { rolledBack: true, outcome: 'Superseded' };

describe('before the cut-over', () => {
  it('takes every label off the new version, then removes its key, which a listing shows', async () => {
    const world = await stepWorld({ stage: 'staged' });
    world.once('move', () => {
      expect(world.rotation()?.phase).toBe('rolling-back');
    });
    expect(await world.run(rollBack, { start: 'create' })).toEqual(rolledBack);
    expect(world.calls).toEqual([
      'write rolling-back',
      'move AWSPENDING from new to none',
      'move keyturn-new-run from new to none',
      'listKeys',
      'revokeKey key-new',
    ]);
    expect(world.labels()).toEqual({ AWSCURRENT: 'old' });
    expect(world.entries).toMatchObject([{ step: 'roll-back', event: 'remove-new' }]);
  });

  it.each([
    ['as is on record', at(-30), at(-30)],
    ['though nobody wrote since when', null, at(0)],
  ])(
    'leaves a key that served a moment ago to the sweep, with AWSPREVIOUS, which tells that: %s',
    async (_, said, cutOverAt) => {
      const world = await stepWorld({ stage: 'new-serves', rotation: { cutOverAt: said } });
      await world.move('AWSCURRENT', 'old');
      expect(world.labels()).toMatchObject({ AWSPREVIOUS: 'new', 'keyturn-old-run': 'old' });
      await world.run(rollBack);
      expect(world.labels()).toEqual({ AWSCURRENT: 'old', AWSPREVIOUS: 'new' });
      expect(world.rotation()).toMatchObject({ phase: 'rolling-back', new: newKey, cutOverAt });
      await world.run(rollBack);
      expect(world.calls).not.toContain('revokeKey key-new');
    },
  );

  it.each([
    ['still serves', false],
    ['served until a person put another in its place', true],
  ])('leaves a first key to the sweep that nobody has recorded as stored, and that %s', async (_, isReplaced) => {
    const world = await stepWorld({ stage: 'no-secret', rotation: { attempts: [attempt(1, 'key-new')] } });
    await world.ports.vault.create(world.credential.secret, {});
    await world.store(newVersion, 'keyturn-new-run', world.add('key-new'));
    if (isReplaced) {
      await world.store('theirs', 'elsewhere', world.add('key-of-a-person'));
      await world.move('AWSCURRENT', 'theirs');
    }
    world.calls.length = 0;
    await world.run(rollBack);
    expect(world.rotation()).toMatchObject({ phase: 'rolling-back', cutOverAt: at(0) });
    expect(world.calls).not.toContain('revokeKey key-new');
  });

  it('removes every key that it has made, once each, and none that is not listed', async () => {
    const attempts = [attempt(1, 'key-1'), attempt(2), attempt(3, 'key-gone'), attempt(4, 'key-new')];
    const world = await stepWorld({ stage: 'stored', rotation: { attempts } });
    world.add('key-1');
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls.slice(-3)).toEqual(['listKeys', 'revokeKey key-1', 'revokeKey key-new']);
  });

  it('asks for no listing where it has made no key', async () => {
    const world = await stepWorld({ rotation: { attempts: [attempt(1)] } });
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls).toEqual(['write rolling-back']);
  });

  it.each([
    ['lists none', ['revokeKey']],
    ['revokes none', ['listKeys']],
  ] as const)('removes nothing where the provider %s', async (_, offers) => {
    const world = await stepWorld({ stage: 'stored', offers });
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls).not.toContain('revokeKey key-new');
  });

  it('removes nothing without a complete listing', async () => {
    const world = await stepWorld({ stage: 'stored' });
    world.fails('listKeys', 'NothingChanged');
    await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).not.toContain('revokeKey key-new');
  });

  it('removes the key of a first issue that was not stored', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: { attempts: [attempt(1, 'key-1')] } });
    world.add('key-1');
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls).toEqual(['write rolling-back', 'listKeys', 'revokeKey key-1']);
  });

  it('ends Escalated where a person is needed', async () => {
    const world = await stepWorld({ stage: 'stored' });
    expect(await world.run(rollBack, { fault: { name: 'NeedsPerson', detail: '' } })).toEqual({
      rolledBack: true,
      outcome: 'Escalated',
    });
  });

  it('ends RolledBack whatever else has failed', async () => {
    const world = await stepWorld({ stage: 'stored' });
    expect(await world.run(rollBack, { fault: { name: 'Refused', detail: '' } })).toEqual(rolledBack);
  });

  it('changes nothing without its intent on record', async () => {
    const world = await stepWorld({ stage: 'staged' });
    world.fails('write', 'NothingChanged');
    await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).toEqual(['write rolling-back']);
  });
});

describe('the labels of others', () => {
  it('on a version that is neither old nor new are left alone, but for those of this run', async () => {
    const world = await stepWorld({ stage: 'stored' });
    await world.store('theirs', 'keyturn-new-another', 'key-of-a-person');
    await world.store('further', 'AWSPENDING', 'key-of-a-person');
    await world.move('keyturn-old-run', 'further');
    await world.run(rollBack);
    expect(world.labels()).toEqual({ AWSCURRENT: 'old', 'keyturn-new-another': 'theirs', AWSPENDING: 'further' });
  });

  it('of an earlier run go, where they are on the old version or the new one', async () => {
    const world = await stepWorld({ stage: 'stored' });
    await world.move('keyturn-new-earlier', newVersion);
    await world.move('keyturn-old-earlier', 'old');
    await world.move('AWSPREVIOUS', 'old');
    await world.move('of-a-person', newVersion);
    await world.run(rollBack);
    expect(world.labels()).toEqual({ AWSCURRENT: 'old', AWSPREVIOUS: 'old', 'of-a-person': 'new' });
  });
});

describe('a run that holds nothing', () => {
  it('has nothing to take back when it had not begun', async () => {
    const world = await stepWorld({ rotation: null });
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls).toEqual([]);
    expect(world.entries).toMatchObject([{ event: 'nothing' }]);
  });

  it.each([
    [
      'a lease without a rotation',
      { rotation: null, record: { lease: { rotationId: run, epoch: 1, takenAt: at(-9) } } },
    ],
    ['a rotation that nobody has the lease of', { stage: 'stored', leftBy: otherRun }],
  ] as const)('leaves alone %s', async (_, start) => {
    const world = await stepWorld(start);
    const before = world.record();
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls).toEqual([]);
    expect(world.record()).toEqual(before);
  });

  it('that a person stopped before it began ends Escalated', async () => {
    const world = await stepWorld({ rotation: null });
    expect(await world.run(rollBack, { fault: { name: 'NeedsPerson', detail: '' } })).toMatchObject({
      outcome: 'Escalated',
    });
  });

  it('is superseded when it had begun', async () => {
    const world = await stepWorld({ stage: 'staged' });
    world.preempt();
    expect(await world.run(rollBack, { start: 'create' })).toEqual(superseded);
    expect(world.calls).toEqual([]);
  });
});

describe('where the new key serves', () => {
  it('and is accepted, the way is forward', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    world.answer('key-new', refused, refused, accepted);
    expect(await world.run(rollBack)).toEqual({ rolledBack: false });
    expect(world.calls).toEqual(['probe key-new', 'sleep 2', 'probe key-new', 'sleep 2', 'probe key-new']);
  });

  it.each([
    ['without a clear answer of it', [unclear]],
    ['when one of three answers is not clear', [refused, refused, unclear]],
  ])('%s nothing is taken back', async (_, verdicts) => {
    const world = await stepWorld({ stage: 'new-serves' });
    world.answer('key-new', ...verdicts);
    await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls.filter((call) => !/^(?:probe key-new|sleep)/.test(call))).toEqual([]);
  });

  it('and is refused, the label goes back to the old one, which lives, and the new key goes', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    world.answer('key-new', refused);
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls.slice(5)).toEqual([
      'probe key-old',
      'write rolling-back',
      'move AWSCURRENT from new to old',
      'move keyturn-old-run from old to none',
      'move AWSPENDING from new to none',
      'move AWSPREVIOUS from new to none',
      'move keyturn-new-run from new to none',
      'listKeys',
      'revokeKey key-new',
    ]);
    expect(world.labels()).toEqual({ AWSCURRENT: 'old' });
  });

  it.each([
    ['cut-over', 'scheduled', []],
    ['disabling-old', 'scheduled', ['enableKey key-old']],
    ['old-disabled', 'scheduled', ['enableKey key-old']],
    ['old-disabled', 'emergency', []],
  ] as const)('an old key that was disabled comes back: %s, %s', async (phase, urgency, calls) => {
    const world = await stepWorld({ stage: 'new-serves', rotation: { phase, urgency } });
    world.answer('key-new', refused);
    expect(await world.run(rollBack)).toEqual(rolledBack);
    expect(world.calls.slice(5, 6 + calls.length)).toEqual([...calls, 'probe key-old']);
  });

  it('nothing enables the old key where the provider enables none', async () => {
    const world = await stepWorld({ stage: 'new-serves', rotation: { phase: 'old-disabled' }, offers: [] });
    world.answer('key-new', refused);
    expect(await world.run(rollBack)).toEqual(rolledBack);
  });

  it.each(['revoking-old', 'old-revoked', 'old-refused'] as const)(
    'a person is needed when the revocation of the old one was sent: %s',
    async (phase) => {
      const world = await stepWorld({ stage: 'new-serves', rotation: { phase } });
      world.answer('key-new', refused);
      await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NeedsPerson' });
      expect(world.calls).not.toContain('probe key-old');
    },
  );

  it.each([
    ['is refused as well', { rotation: {} }, 'NeedsPerson', refused],
    ['gives no clear answer', { rotation: {} }, 'NothingChanged', unclear],
    ['is none', { rotation: { old: null } }, 'NeedsPerson', accepted],
    ['is known by its id only', { rotation: { old: { ...oldKey, versionId: null } } }, 'NeedsPerson', accepted],
  ])('the label stays where the old one %s', async (_, start, name, verdict) => {
    const world = await stepWorld({ stage: 'new-serves', ...start });
    world.answer('key-new', refused);
    world.answer('key-old', verdict);
    await expect(world.run(rollBack)).rejects.toMatchObject({ name });
    expect(world.labels()).toMatchObject({ AWSCURRENT: 'new' });
    expect(world.calls).not.toContain('write rolling-back');
  });

  it('the label stays where no label holds the old version any more', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    await world.move('keyturn-old-run', null);
    await world.move('AWSPREVIOUS', null);
    world.answer('key-new', refused);
    await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls).not.toContain('probe key-old');
  });

  it('the label stays where the old value cannot be read at this moment', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    world.answer('key-new', refused);
    world.once('read', () => world.once('read', () => world.move('keyturn-old-run', null)));
    await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).not.toContain('write rolling-back');
  });

  it('a label that moves at this moment is left to the next look', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    world.answer('key-new', refused);
    await world.store('theirs', 'elsewhere', world.add('key-of-another'));
    world.once('move', () => world.move('AWSCURRENT', 'theirs'));
    await expect(world.run(rollBack)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls.at(-1)).toBe('move AWSCURRENT from new to old');
  });
});

describe('a key that serves after all is not removed', () => {
  it('when the label moves late', async () => {
    const world = await stepWorld({ stage: 'staged' });
    world.once('move', () => world.move('AWSCURRENT', newVersion));
    expect(await world.run(rollBack)).toEqual(superseded);
    expect(world.calls).not.toContain('revokeKey key-new');
  });

  it('when a person has put it into a version of theirs', async () => {
    const world = await stepWorld({ stage: 'staged' });
    await world.store('theirs', 'elsewhere', 'key-new', false);
    await world.move('AWSCURRENT', 'theirs');
    expect(await world.run(rollBack)).toEqual(superseded);
    expect(world.calls).toContain('identifyKey');
    expect(world.calls).not.toContain('revokeKey key-new');
  });

  it('but one that does not serve is, whoever moved the label', async () => {
    const world = await stepWorld({ stage: 'staged' });
    await world.store('theirs', 'elsewhere', world.add('key-of-another'));
    await world.move('AWSCURRENT', 'theirs');
    expect(await world.run(rollBack)).toEqual(superseded);
    expect(world.calls).not.toContain('identifyKey');
    expect(world.calls.at(-1)).toBe('revokeKey key-new');
  });

  it.each([
    ['cannot say', ['listKeys', 'revokeKey']],
    ['knows no such key', ['listKeys', 'revokeKey', 'identifyKey']],
  ] as const)('when the provider %s which one serves', async (_, offers) => {
    const world = await stepWorld({ stage: 'staged', offers });
    await world.store('theirs', 'elsewhere', 'key-of-nobody', false);
    await world.move('AWSCURRENT', 'theirs');
    expect(await world.run(rollBack)).toEqual(superseded);
    expect(world.calls).not.toContain('revokeKey key-new');
  });

  it('and neither is the old one, though an attempt has its id', async () => {
    const world = await stepWorld({
      stage: 'stored',
      rotation: { attempts: [attempt(1, 'key-old'), attempt(2, 'key-new')] },
    });
    await world.store('theirs', 'elsewhere', world.add('key-of-another'));
    await world.move('AWSCURRENT', 'theirs');
    await world.run(rollBack);
    expect(world.calls).toContain('revokeKey key-new');
    expect(world.calls).not.toContain('revokeKey key-old');
  });
});

it('a value that a person wrote is the old key where the rotation began from it', async () => {
  const world = await stepWorld({
    stage: 'no-secret',
    rotation: { old: oldKey, attempts: [attempt(1, 'key-1')] },
    offers: ['listKeys', 'revokeKey'],
  });
  await world.ports.vault.create(world.credential.secret, {});
  await world.store('old', 'AWSCURRENT', world.add('key-old'), false);
  world.add('key-1');
  expect(await world.run(rollBack)).toEqual(rolledBack);
  expect(world.calls.at(-1)).toBe('revokeKey key-1');
});

it('takes back a key that was stored and not yet recorded', async () => {
  const world = await stepWorld({
    stage: 'stored',
    rotation: { new: null, attempts: [attempt(1, 'key-new')], phase: 'creating' },
  });
  expect(await world.run(rollBack)).toEqual(rolledBack);
  expect(world.labels()).toEqual({ AWSCURRENT: 'old' });
  expect(world.calls.at(-1)).toBe('revokeKey key-new');
});

it('removes its key where the secret has gone since, and does not say that all is as before', async () => {
  const world = await stepWorld({ stage: 'no-secret', rotation: { old: oldKey, attempts: [attempt(1, 'key-1')] } });
  world.add('key-1');
  expect(await world.run(rollBack)).toEqual(superseded);
  expect(world.calls.at(-1)).toBe('revokeKey key-1');
});

it('leaves the labels of others alone also where there was no old key', async () => {
  const world = await stepWorld({ stage: 'stored', rotation: { old: null } });
  await world.store('theirs', 'keyturn-new-another', 'key-of-a-person');
  expect(await world.run(rollBack)).toEqual(superseded);
  expect(world.labels()).toMatchObject({ 'keyturn-new-another': 'theirs' });
});

it('removes the key of a first issue whose secret has gone since', async () => {
  const world = await stepWorld({
    stage: 'no-secret',
    rotation: { new: newKey, attempts: [attempt(1, 'key-new')], phase: 'cut-over' },
  });
  world.add('key-new');
  expect(await world.run(rollBack)).toEqual(rolledBack);
  expect(world.calls).toEqual(['write rolling-back', 'listKeys', 'revokeKey key-new']);
});

describe('the other strategies', () => {
  it('leaves both slots as they are', async () => {
    const world = await stepWorld({ stage: 'staged', offers: ['listSlots', 'regenerateSlot'] });
    expect(await world.run(rollBackSlots)).toEqual(rolledBack);
    expect(world.calls.slice(1)).toEqual(['move AWSPENDING from new to none', 'move keyturn-new-run from new to none']);
    expect(world.entries).toMatchObject([{ step: 'two-slot/roll-back' }]);
  });

  it.each([
    ['disables', ['disableKey', 'revokeKey'], ['disableKey key-1', 'disableKey key-new']],
    ['revokes', ['revokeKey'], ['revokeKey key-1', 'revokeKey key-new']],
    ['leaves', [], []],
  ] as const)('%s the keys that a person has made', async (_, offers, calls) => {
    const attempts = [attempt(1, 'key-1'), attempt(2, 'key-new')];
    const world = await stepWorld({ stage: 'stored', offers, rotation: { attempts } });
    expect(await world.run(rollBackSubmitted)).toEqual(rolledBack);
    expect(world.calls.slice(2)).toEqual(calls);
    expect(world.entries).toMatchObject([{ step: 'human-created/roll-back' }]);
  });
});
