import { describe, expect, it } from 'vitest';
import { outcomes } from '../../functions/domain/rotation.ts';
import { noticeOf, recordOutcome, servingKey } from '../../functions/steps/record-outcome.ts';
import {
  at,
  attempt,
  credential,
  newKey,
  oldKey,
  otherRun,
  request,
  run,
  type StepWorld,
  stepWorld,
} from './step-world.ts';

const emergency = { urgency: 'emergency', leakedKeyId: 'key-old' };
const proof = { kind: 'value-refused', at: at(-5), evidence: 'HTTP 401' } as const;

describe('a rotation that is to be taken up', () => {
  it('is left open without its lease, and the owner is told what is next', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    const before = world.rotation();
    const fault = { name: 'NothingChanged', detail: 'no answer' };
    expect(await world.run(recordOutcome, { outcome: 'CutOverOldLive', fault })).toEqual({
      outcome: 'CutOverOldLive',
      endedAt: at(0),
    });
    expect(world.calls).toEqual(['write cut-over', 'append CutOverOldLive', 'tell action-needed']);
    expect(world.record()).toMatchObject({
      lease: null,
      rotation: { ...before, endedAs: 'CutOverOldLive' },
      lastEnded: { rotationId: run, outcome: 'CutOverOldLive', at: at(0) },
    });
    expect(world.ends()).toMatchObject([
      { rotationId: run, credentialId: 'support', at: at(0), detail: 'NothingChanged: no answer' },
    ]);
    expect(world.notices).toMatchObject([
      {
        credentialId: 'support',
        rotationId: run,
        contact: 'support@example.com',
        text: expect.stringMatching(/NothingChanged: no answer\n.*keyturn resume run$/),
      },
    ]);
  });

  it('has an entry without a reason where nothing has failed', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    await world.run(recordOutcome, { outcome: 'CutOverOldLive' });
    expect(world.ends()).toMatchObject([{ detail: '' }]);
  });

  it('ends nothing when somebody wrote in between', async () => {
    const world = await stepWorld({ stage: 'new-serves' });
    world.once('write', world.touch);
    await expect(world.run(recordOutcome, { outcome: 'Escalated' })).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).toEqual(['write cut-over']);
  });

  it.each([
    ['of an emergency', { urgency: 'emergency' }, { rolledBack: true, outcome: 'RolledBack' }],
    ['of an emergency that was superseded', { urgency: 'emergency' }, { outcome: 'Superseded' }],
    ['that was not rolled back', {}, { rolledBack: false, outcome: 'RolledBack' }],
  ] as const)('is one %s', async (_, rotation, input) => {
    const world = await stepWorld({ stage: 'staged', rotation });
    await world.run(recordOutcome, input);
    expect(world.rotation()).toMatchObject({ endedAs: input.outcome });
    expect(world.entries.at(-1)).toMatchObject({ step: 'record-outcome', event: 'park' });
    // Also a superseded one: its key is still to die.
    expect(world.notices).toHaveLength(1);
  });
});

describe('a rotation of which nothing is left to do', () => {
  it('is closed: its keys become leftovers, but for what serves', async () => {
    const world = await stepWorld({ stage: 'new-serves', rotation: { attempts: [attempt(1, 'key-1')] } });
    expect(await world.run(recordOutcome, { outcome: 'Superseded' })).toMatchObject({ outcome: 'Superseded' });
    expect(world.calls).toEqual(['write closed', 'append Superseded']);
    expect(world.record()).toMatchObject({
      lease: null,
      rotation: null,
      serving: newKey,
      lastEnded: { rotationId: run, outcome: 'Superseded', at: at(0) },
      leftovers: [{ keyId: 'key-old' }, { keyId: 'key-1' }],
    });
    expect(world.notices).toEqual([]);
  });

  it('keeps the old key when everything is as it was, though nobody can say what serves', async () => {
    const world = await stepWorld({ stage: 'stored' });
    world.fails('read', 'NothingChanged');
    await world.run(recordOutcome, { outcome: 'RolledBack', rolledBack: true });
    expect(world.record().leftovers).toMatchObject([{ keyId: 'key-new' }]);
    expect(world.notices).toMatchObject([{ severity: 'action-needed', contact: 'support@example.com' }]);
  });

  it.each([
    ['AWSCURRENT has moved on since', 'RolledBack'],
    ['RollBack itself has seen it moved', 'Superseded'],
  ])('keeps no old key when %s', async (_, outcome) => {
    const world = await stepWorld({ stage: 'stored' });
    await world.store('theirs', 'elsewhere', world.add('key-of-another'));
    await world.move('AWSCURRENT', 'theirs');
    if (outcome === 'Superseded') world.fails('read', 'NothingChanged');
    await world.run(recordOutcome, { outcome, rolledBack: true });
    expect(world.record().leftovers).toMatchObject([{ keyId: 'key-old' }, { keyId: 'key-new' }]);
  });

  it.each([
    ['there was no old key', { old: null }],
    ['it was seen refused', { oldKeyProof: proof }],
  ])('is one of an emergency when %s', async (_, rotation) => {
    const world = await stepWorld({ stage: 'stored', rotation: { urgency: 'emergency', ...rotation } });
    await world.run(recordOutcome, { outcome: 'RolledBack', rolledBack: true });
    expect(world.record().rotation).toBeNull();
  });
});

describe('a run that holds nothing', () => {
  it('tells the journal and the people, and leaves the record alone', async () => {
    const world = await stepWorld({ rotation: null });
    expect(await world.run(recordOutcome, { outcome: 'RolledBack', rolledBack: true })).toMatchObject({
      outcome: 'RolledBack',
    });
    expect(world.calls).toEqual(['append RolledBack', 'tell action-needed']);
    expect(world.notices).toMatchObject([{ contact: '' }]);
  });

  it('holds nothing by a lease without a rotation', async () => {
    const world = await stepWorld({
      rotation: null,
      record: { lease: { rotationId: run, epoch: 1, takenAt: at(-9) } },
    });
    await world.run(recordOutcome, { outcome: 'RolledBack', rolledBack: true });
    expect(world.entries.at(-1)).toMatchObject({ step: 'record-outcome', event: 'only-journal' });
  });

  it('leaves what another holds alone', async () => {
    const world = await stepWorld({ stage: 'stored' });
    world.preempt();
    const before = world.record();
    await world.run(recordOutcome, { outcome: 'Superseded' });
    expect(world.calls).toEqual(['append Superseded']);
    expect(world.record()).toEqual(before);
  });

  it('leaves what nobody holds alone', async () => {
    const world = await stepWorld({ stage: 'stored', leftBy: otherRun });
    const before = world.record();
    await world.run(recordOutcome, { outcome: 'RolledBack', rolledBack: true });
    expect(world.record()).toEqual(before);
  });
});

describe('an emergency that failed before it began', () => {
  it('has its obligation on record all the same', async () => {
    const world = await stepWorld({ rotation: null });
    await world.run(recordOutcome, { ...emergency, outcome: 'Escalated', containedAt: at(-3), firstRefusedAt: at(-2) });
    expect(world.calls).toEqual(['owe key-old', 'append Escalated', 'tell page']);
    expect(world.obligations()).toMatchObject([
      { keyId: 'key-old', rotationId: run, containedAt: at(-3), firstRefusedAt: at(-2) },
    ]);
  });

  it.each([
    ['it is none', { urgency: 'scheduled', leakedKeyId: 'key-old' }],
    ['it names no key', { urgency: 'emergency', leakedKeyId: null }],
  ])('owes nothing when %s', async (_, input) => {
    const world = await stepWorld({ rotation: null });
    await world.run(recordOutcome, { ...input, outcome: 'Escalated' });
    expect(world.obligations()).toEqual([]);
  });

  it('says of what it has begun what the record says, whatever was asked for', async () => {
    const world = await stepWorld({ stage: 'stored' });
    await world.run(recordOutcome, { ...emergency, outcome: 'RolledBack', rolledBack: true });
    expect(world.rotation()).toBeNull();
  });
});

describe('a run that was Done', () => {
  const done = { rotationId: run, outcome: 'Done', at: at(-9) } as const;
  const recordedAgain = async (world: StepWorld) => {
    expect(await world.run(recordOutcome, { ...emergency, outcome: 'CutOverOldLive' })).toEqual({
      outcome: 'Done',
      endedAt: at(0),
    });
    expect(world.calls).toEqual(['append Done']);
    expect(world.ends().at(-1)).toMatchObject({ rotationId: run, event: 'Done', detail: expect.stringMatching(/./) });
  };

  it('is Done, whatever came of its last step', async () => {
    await recordedAgain(await stepWorld({ rotation: null, record: { lastEnded: done } }));
  });

  it('is Done as the journal tells, when another run has ended since', async () => {
    const world = await stepWorld({
      rotation: null,
      record: { lastEnded: { ...done, rotationId: otherRun, outcome: 'RolledBack' } },
    });
    const entry = { rotationId: run, credentialId: credential.id, at: at(-9), detail: '' };
    await world.ports.ledger.append({ ...entry, step: 'begin', event: 'start' });
    await world.ports.ledger.append({ ...entry, step: 'end', event: 'Done' });
    world.calls.length = 0;
    await recordedAgain(world);
  });

  it.each([
    ['the record', { lastEnded: { ...done, outcome: 'RolledBack' } as const }, [['end', 'Done']]],
    [
      'the journal',
      {},
      [
        ['end', 'RolledBack'],
        ['cut-over', 'Done'],
      ],
    ],
  ] as const)('is another than one of which %s says otherwise', async (_, record, entries) => {
    const world = await stepWorld({ rotation: null, record });
    for (const [step, event] of entries) {
      const entry = { rotationId: run, credentialId: credential.id, at: at(-9), detail: '' };
      await world.ports.ledger.append({ ...entry, step, event });
    }
    expect(await world.run(recordOutcome, { outcome: 'Escalated' })).toMatchObject({ outcome: 'Escalated' });
  });
});

describe('the key that serves', () => {
  const serving = async (world: StepWorld) => servingKey(world.rotation()!, world.ports);

  it('is what AWSCURRENT holds', async () => {
    expect(await serving(await stepWorld({ stage: 'new-serves' }))).toEqual(newKey);
  });

  it('is the old key where the rotation began from it, though its value does not tell', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: { old: oldKey, new: newKey } });
    await world.ports.vault.create(credential.secret, {});
    await world.store('old', 'AWSCURRENT', 'key-old', false);
    expect(await serving(world)).toEqual(oldKey);
  });

  it('is none where there was no old key and nothing was stored', async () => {
    expect(await serving(await stepWorld({ stage: 'no-secret' }))).toBeUndefined();
  });

  it.each([
    ['a value does not tell', 'value'],
    ['there is no secret', 'none'],
    ['the vault does not answer', 'outage'],
  ])('is unknown where %s', async (_, why) => {
    const world = await stepWorld(why === 'none' ? { stage: 'no-secret', rotation: { old: oldKey } } : {});
    if (why === 'value') {
      await world.store('unknown', 'elsewhere', 'key-of-nobody', false);
      await world.move('AWSCURRENT', 'unknown');
    }
    if (why === 'outage') world.fails('describe', 'NothingChanged');
    expect(await serving(world)).toBeUndefined();
  });

  it('is not taken for unknown by an error that nobody foresaw', async () => {
    const world = await stepWorld();
    const error = new TypeError('unforeseen');
    world.fails('read', error);
    await expect(serving(world)).rejects.toBe(error);
  });
});

describe('the notice', () => {
  const said = { rotationId: run, credentialId: request.credentialId };

  it('says what is wrong and the one next command, for each outcome', () => {
    const notices = outcomes.map((outcome) => noticeOf({ ...said, outcome }, 'team@example.com'));
    expect(notices.map(({ severity }, index) => `${String(outcomes[index])}: ${severity}`)).toEqual([
      'Done: information',
      'SkippedBusy: information',
      'Superseded: information',
      'RolledBack: action-needed',
      'CutOverOldLive: action-needed',
      'ContainedNoReplacement: page',
      'Escalated: page',
    ]);
    expect(new Set(notices.map(({ subject }) => subject)).size).toBe(outcomes.length);
    for (const { severity, subject, text, contact } of notices) {
      expect(contact).toBe('team@example.com');
      expect(subject).toMatch(/^support .+/);
      if (severity !== 'information') expect(text).toMatch(/keyturn (?:show|resume) run$/);
    }
  });

  it('says what has failed, and only that where there is nothing to do', () => {
    const failed = { name: 'Refused', detail: 'turned down' };
    expect(noticeOf({ ...said, outcome: 'Superseded', fault: failed }, '').text).toBe('Why: Refused: turned down');
    expect(noticeOf({ ...said, outcome: 'Superseded' }, '').text).toBe('');
  });

  it('does not say that a leaked key is stopped when nobody has seen that', () => {
    const subjectOf = (more: object) => noticeOf({ ...said, outcome: 'ContainedNoReplacement', ...more }, '').subject;
    expect(subjectOf({ containedAt: at(-3) })).toMatch(/stopped, and/);
    expect(subjectOf({})).toMatch(/nobody has seen/);
  });
});
