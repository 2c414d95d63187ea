import { describe, expect, it } from 'vitest';
import { incidentId, keyId } from '../../functions/domain/identifiers.ts';
import { begin } from '../../functions/steps/begin.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import {
  accepted,
  at,
  attempt,
  credential,
  newKey,
  newVersion,
  oldKey,
  otherRun,
  refused,
  run,
  type Start,
  type StepWorld,
  stepWorld,
  unclear,
} from './step-world.ts';

const incident = { incidentId: incidentId('inc-1'), reportedAt: at(-20), acceptedAt: at(-10) };
/** What another run has stored. */
const left = { ...newKey, versionId: versionToken(otherRun) };
const emergency = { urgency: 'emergency', leakedKeyId: 'key-old', reason: 'found in a repository', incident };

describe('a rotation from the start', () => {
  it('takes the lease and opens the rotation on a copy of the entry', async () => {
    const world = await stepWorld({ rotation: null });
    expect(await world.run(begin)).toEqual({
      start: 'create',
      contained: false,
      hasOldKey: true,
      oldKeyId: 'key-old',
      overlapSeconds: 1_200,
    });
    expect(world.calls).toEqual(['write begun']);
    expect(world.record()).toMatchObject({ epoch: 1, lease: { rotationId: run, epoch: 1, takenAt: at(0) } });
    expect(world.rotation()).toEqual({
      rotationId: run,
      urgency: 'scheduled',
      startedAt: at(0),
      credential,
      old: oldKey,
      attempts: [],
      new: null,
      phase: 'begun',
      containedAt: null,
      cutOverAt: null,
      oldRevokedAt: null,
      oldKeyProof: null,
      endedAs: null,
    });
    expect(world.entries).toMatchObject([{ step: 'begin', event: 'start' }]);
  });

  it('begins a first issue where there is no secret yet', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: null });
    expect(await world.run(begin)).toMatchObject({ start: 'create', hasOldKey: false, oldKeyId: null });
    expect(world.rotation()).toMatchObject({ old: null, new: null, phase: 'begun' });
  });

  it('begins a first issue where the secret has no version yet', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: null });
    await world.ports.vault.create(credential.secret, {});
    expect(await world.run(begin)).toMatchObject({ start: 'create', hasOldKey: false });
  });

  it('does nothing when somebody wrote in between', async () => {
    const world = await stepWorld({ rotation: null });
    world.once('write', world.touch);
    await expect(world.run(begin)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.rotation()).toBeNull();
  });

  it('needs a person where AWSCURRENT cannot be read', async () => {
    const world = await stepWorld({ rotation: null });
    await world.store('theirs', 'elsewhere', 'key-of-another');
    world.once('read', () => world.move('AWSCURRENT', 'theirs'));
    await expect(world.run(begin)).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('none is AWSCURRENT'),
    });
    expect(world.calls).toEqual([]);
  });
});

describe('whose the credential is', () => {
  it.each(['ended', 'unknown'] as const)('takes the lease from a run that is %s', async (status) => {
    const elsewhere = { ...credential, target: { ...credential.target, provider: 'elsewhere' } };
    const world = await stepWorld({
      rotation: { rotationId: otherRun, credential: elsewhere, phase: 'creating', attempts: [attempt(1, 'key-stray')] },
    });
    world.executions.set(otherRun, status);
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
    // Its execution is of the provider that it began with; the rotation is of the one that is declared now.
    expect(world.calls).toEqual(['look other-run at elsewhere', 'write begun']);
    expect(world.record()).toMatchObject({
      lease: { rotationId: run, epoch: 2 },
      leftovers: [{ keyId: 'key-stray' }],
      pastAttempts: [attempt(1, 'key-stray')],
    });
    expect(world.rotation()).toMatchObject({ rotationId: run, credential, attempts: [] });
  });

  it('leaves a credential alone that another run is at work on', async () => {
    const world = await stepWorld({ rotation: { rotationId: otherRun } });
    world.executions.set(otherRun, 'running');
    expect(await world.run(begin)).toEqual({ start: 'busy' });
    expect(world.calls).toEqual(['look other-run at acme']);
    expect(world.record().lease?.rotationId).toBe(otherRun);
  });

  it('takes the lease from a scheduled run in an emergency', async () => {
    const world = await stepWorld({ rotation: { rotationId: otherRun } });
    world.executions.set(otherRun, 'running');
    expect(await world.run(begin, emergency)).toMatchObject({ start: 'create' });
    expect(world.record().lease?.rotationId).toBe(run);
  });

  it('takes a lease that has no rotation, whatever its run is at', async () => {
    const world = await stepWorld({
      rotation: null,
      record: { lease: { rotationId: otherRun, epoch: 3, takenAt: at(-9) }, epoch: 3 },
    });
    world.executions.set(otherRun, 'running');
    expect(await world.run(begin, emergency)).toMatchObject({ start: 'create' });
    expect(world.calls[0]).toBe('look other-run at acme');
    expect(world.record().lease).toMatchObject({ rotationId: run, epoch: 4 });
  });

  it.each([
    ['the same key', 'key-old', null],
    ['another key', 'key-other', 'NothingChanged'],
  ])('leaves an emergency of %s to the run that is at work on it', async (_, leakedKeyId, name) => {
    const world = await stepWorld({ rotation: { rotationId: otherRun, urgency: 'emergency' } });
    world.executions.set(otherRun, 'running');
    const ending = world.run(begin, { ...emergency, leakedKeyId });
    if (name === null) await expect(ending).resolves.toEqual({ start: 'busy' });
    else await expect(ending).rejects.toMatchObject({ name });
    expect(world.calls).toEqual(['look other-run at acme']);
    expect(world.obligations()).toEqual([]);
  });

  it.each([
    ['old-serves', 'create'],
    ['staged', 'stage'],
    ['new-serves', 'confirm'],
  ] as const)('goes on where it was: %s', async (stage, start) => {
    const world = await stepWorld({ stage });
    const before = world.record();
    expect(await world.run(begin)).toMatchObject({ start, hasOldKey: true, oldKeyId: 'key-old' });
    expect(world.calls.filter((call) => !call.startsWith('probe'))).toEqual([]);
    expect(world.record()).toEqual(before);
  });
});

describe('a start that is delivered once more', () => {
  /** Another run has ended so many seconds ago, and this one before it: the journal has that, or what it did. */
  const anotherEnded = async (
    another: number,
    did: readonly (readonly [step: string, event: string])[] = [['end', 'RolledBack']],
    start: Start = { rotation: null },
  ) => {
    const lastEnded = { rotationId: otherRun, outcome: 'RolledBack', at: at(another) } as const;
    const world = await stepWorld({ ...start, record: { lastEnded } });
    const entry = { rotationId: run, credentialId: credential.id, at: at(another - 60), detail: '' };
    for (const [step, event] of did) await world.ports.ledger.append({ ...entry, step, event });
    world.calls.length = 0;
    return world;
  };

  it('does not begin again once it has ended, as the record says: the journal is not asked', async () => {
    const lastEnded = { rotationId: run, outcome: 'RolledBack', at: at(-5) } as const;
    const world = await stepWorld({ rotation: null, record: { lastEnded } });
    world.fails('entries', new Error('The journal was asked.'));
    expect(await world.run(begin)).toEqual({ start: 'busy' });
    expect(world.calls).toEqual([]);
  });

  it.each([-5, -86_400])('does not begin again when another has ended since, %i s ago', async (another) => {
    const world = await anotherEnded(another);
    const before = world.record();
    expect(await world.run(begin)).toEqual({ start: 'busy' });
    expect(world.calls).toEqual([]);
    expect(world.record()).toEqual(before);
  });

  it.each(['start', 'adopt-pending', 'take-up-cut-over', 'kill-only'])(
    'does not begin again when it had begun and another has taken the credential since: %s',
    async (event) => {
      const world = await anotherEnded(-5, [['begin', event]]);
      expect(await world.run(begin)).toEqual({ start: 'busy' });
    },
  );

  it.each([
    ['contain', 'start'],
    ['begin', 'NothingChanged'],
    ['begin', 'busy'],
  ])('begins when all that it did was %s: %s', async (step, event) => {
    const world = await anotherEnded(-5, [[step, event]]);
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
  });

  it('begins when the other has ended longer ago than a start is delivered again: the journal is not asked', async () => {
    const world = await anotherEnded(-86_401);
    world.fails('entries', new Error('The journal was asked.'));
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
  });

  it('begins when no run has ended yet: the journal is not asked', async () => {
    const world = await stepWorld({ rotation: null });
    world.fails('entries', new Error('The journal was asked.'));
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
  });

  it('goes on while the lease is its own: the journal is not asked', async () => {
    const world = await anotherEnded(-5, undefined, {});
    world.fails('entries', new Error('The journal was asked.'));
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
    expect(world.calls).toEqual([]);
  });
});

describe('what the register says', () => {
  it('needs a person for a credential that it does not have', async () => {
    const world = await stepWorld({ rotation: null });
    world.registered.entry = null;
    await expect(world.run(begin)).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('The register has no such credential.'),
    });
    expect(world.calls).toEqual([]);
  });

  it('needs a person for such a one also while another run is at work', async () => {
    const world = await stepWorld({
      rotation: null,
      record: { lease: { rotationId: otherRun, epoch: 3, takenAt: at(-9) } },
    });
    world.executions.set(otherRun, 'running');
    world.registered.entry = null;
    await expect(world.run(begin)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('writes down all the same that a key of it must die', async () => {
    const world = await stepWorld({ rotation: null });
    world.registered.entry = null;
    await expect(world.run(begin, emergency)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls).toEqual(['owe key-old']);
  });

  it('goes by the copy of an open rotation where the register has no entry any more', async () => {
    const world = await stepWorld({ stage: 'new-serves', leftBy: otherRun });
    world.registered.entry = null;
    expect(await world.run(begin)).toMatchObject({ start: 'confirm' });
    expect(world.rotation()).toMatchObject({ rotationId: run, credential });
  });
});

describe('an emergency', () => {
  it('has the obligation on record before it takes the lease', async () => {
    const world = await stepWorld({ rotation: null });
    expect(await world.run(begin, emergency)).toMatchObject({ start: 'create', contained: false, overlapSeconds: 0 });
    expect(world.calls).toEqual(['owe key-old', 'write begun']);
    expect(world.obligations()).toEqual([
      {
        keyId: 'key-old',
        target: credential.target,
        credentialId: 'support',
        incidentId: 'inc-1',
        rotationId: run,
        reason: 'found in a repository',
        reportedAt: at(-20),
        acceptedAt: at(-10),
        containedAt: null,
        firstRefusedAt: null,
        replacedAt: null,
        consumersMovedAt: null,
        refusedAt: null,
        evidence: null,
      },
    ]);
    expect(world.rotation()).toMatchObject({ urgency: 'emergency', old: oldKey, containedAt: null });
  });

  it('means the key that serves when it names none, and is reported now when there is no report', async () => {
    const world = await stepWorld({ rotation: null });
    await world.run(begin, { ...emergency, leakedKeyId: null, incident: null });
    expect(world.obligations()).toMatchObject([
      { keyId: 'key-old', incidentId: null, reportedAt: at(0), acceptedAt: at(0) },
    ]);
  });

  it('owes nothing where there is no key yet', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: null });
    expect(await world.run(begin, { ...emergency, leakedKeyId: null })).toMatchObject({ start: 'create' });
    expect(world.calls).toEqual(['write begun']);
  });

  it('writes down what Contain has seen', async () => {
    const world = await stepWorld({ rotation: null });
    const seen = { contained: true, containedAt: at(-3), firstRefusedAt: at(-2) };
    expect(await world.run(begin, { ...emergency, ...seen })).toMatchObject({ contained: true });
    expect(world.obligations()).toMatchObject([{ containedAt: at(-3), firstRefusedAt: at(-2) }]);
    expect(world.rotation()?.containedAt).toBe(at(-3));
  });

  it.each([
    ['it may have landed, and nobody knows when', { contained: true }, at(0)],
    ['it is known to have failed', { contained: false, containedAt: at(-3) }, null],
  ])('a containment counts when %s', async (_, seen, containedAt) => {
    const world = await stepWorld({ rotation: null });
    await world.run(begin, { ...emergency, ...seen });
    expect(world.rotation()?.containedAt).toBe(containedAt);
  });

  it('leaves the replacement to a person who has asked for that, and keeps the obligation', async () => {
    const world = await stepWorld({ rotation: null });
    await expect(world.run(begin, { ...emergency, replacement: 'on-approval' })).rejects.toMatchObject({
      name: 'NeedsPerson',
    });
    expect(world.calls).toEqual(['owe key-old']);
  });

  it('owes nothing where no key is named', async () => {
    const world = await stepWorld({ rotation: null });
    await expect(world.run(begin, { replacement: 'on-approval' })).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls).toEqual([]);
  });

  it('owes nothing where nobody can say which key serves', async () => {
    const world = await stepWorld({ rotation: { urgency: 'emergency' } });
    await world.store('unknown', 'elsewhere', 'key-of-nobody', false);
    await world.move('AWSCURRENT', 'unknown');
    expect(await world.run(begin, { ...emergency, leakedKeyId: null })).toMatchObject({ start: 'create' });
    expect(world.obligations()).toEqual([]);
  });

  it('goes by what is on record once it has begun, and not by what is said of a containment', async () => {
    const world = await stepWorld({ rotation: { urgency: 'emergency' } });
    expect(await world.run(begin, { ...emergency, contained: true })).toMatchObject({ contained: false });
    expect(world.rotation()?.containedAt).toBeNull();
  });

  it('kills a key beside a first issue that was left open', async () => {
    const world = await stepWorld({ leftBy: otherRun, rotation: { old: null } });
    expect(await world.run(begin, { ...emergency, leakedKeyId: 'key-astray' })).toMatchObject({ start: 'confirm' });
    expect(world.rotation()).toMatchObject({ old: { keyId: 'key-astray', versionId: null }, oldRevokedAt: null });
  });

  it('kills a key that does not serve without a new one', async () => {
    const world = await stepWorld({ rotation: null });
    world.add('key-astray');
    expect(await world.run(begin, { ...emergency, leakedKeyId: 'key-astray' })).toMatchObject({
      start: 'confirm',
      hasOldKey: true,
      oldKeyId: 'key-astray',
    });
    expect(world.rotation()).toMatchObject({
      old: { keyId: 'key-astray', versionId: null },
      new: oldKey,
      phase: 'cut-over',
      cutOverAt: at(0),
      oldRevokedAt: null,
      attempts: [],
    });
  });

  it.each([
    ['that it knew', 'key-old', oldKey, at(-7)],
    ['but not another key', 'key-astray', { keyId: 'key-astray', versionId: null }, null],
  ])('takes the value of an earlier run %s', async (_, leakedKeyId, old, oldRevokedAt) => {
    const world = await stepWorld({
      stage: 'new-serves',
      leftBy: otherRun,
      rotation: { oldRevokedAt: at(-7) },
    });
    await world.store('theirs', 'elsewhere', world.add('key-of-a-person'));
    await world.move('AWSCURRENT', 'theirs');
    expect(await world.run(begin, { ...emergency, leakedKeyId })).toMatchObject({ start: 'confirm' });
    expect(world.rotation()).toMatchObject({
      old,
      oldRevokedAt,
      new: { keyId: 'key-of-a-person', versionId: 'theirs' },
    });
  });
});

describe('which key a value is that a person wrote', () => {
  const byHand = async (start: Start = {}) => {
    const world = await stepWorld({ rotation: null, ...start });
    await world.store('by-hand', 'elsewhere', world.add('key-by-hand'), false);
    await world.move('AWSCURRENT', 'by-hand');
    return world;
  };

  it('asks the provider', async () => {
    const world = await byHand();
    expect(await world.run(begin)).toMatchObject({ oldKeyId: 'key-by-hand' });
    expect(world.calls).toEqual(['identifyKey', 'write begun']);
    expect(world.rotation()?.old).toEqual({ keyId: 'key-by-hand', versionId: 'by-hand' });
  });

  it.each([
    ['cannot tell', ['revokeKey']],
    ['knows no such key', ['identifyKey']],
  ] as const)('needs a person where the provider %s', async (_, offers) => {
    const world = await byHand({ offers });
    await world.ports.connect(credential.target);
    await world.store('unknown', 'further', 'key-that-is-gone', false);
    await world.move('AWSCURRENT', 'unknown');
    await expect(world.run(begin)).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('Nobody can say which key'),
    });
  });

  /** What AWSCURRENT holds is a value that the provider does not know. */
  const unknown = async (start: Start = {}) => {
    const world = await stepWorld({ rotation: null, ...start });
    await world.store('unknown', 'elsewhere', 'key-of-nobody', false);
    await world.move('AWSCURRENT', 'unknown');
    return world;
  };
  const probes = (world: StepWorld) => world.calls.filter((call) => call.startsWith('probe'));

  it('counts as the leaked one, which was contained: a listing need not show it any more', async () => {
    const world = await unknown();
    const seen = { contained: true, leakedKeyId: 'key-leaked' };
    expect(await world.run(begin, { ...emergency, ...seen })).toMatchObject({
      start: 'create',
      oldKeyId: 'key-leaked',
    });
    expect(probes(world)).toEqual([]);
  });

  it.each([
    ['is listed no more', null],
    ['is listed as inactive', false],
  ])('counts as the leaked one, which was not contained, when it is refused and that one %s', async (_, active) => {
    const world = await unknown();
    if (active !== null) world.add('key-leaked', active);
    expect(await world.run(begin, { ...emergency, leakedKeyId: 'key-leaked' })).toMatchObject({
      start: 'create',
      oldKeyId: 'key-leaked',
    });
    expect(probes(world)).toHaveLength(3);
  });

  it.each([
    ['none is said to have leaked', null, refused, {}, 0],
    ['it is accepted', 'key-leaked', accepted, {}, 1],
    ['the leaked one is listed as active', 'key-old', refused, {}, 3],
    ['there is no listing to ask', 'key-leaked', refused, { offers: [] }, 3],
  ])('does not count as the leaked one when %s', async (_, leakedKeyId, said, start, asked) => {
    const world = await unknown(start);
    world.answer('key-of-nobody', said);
    await expect(world.run(begin, { ...emergency, leakedKeyId })).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('Nobody can say which key'),
    });
    expect(probes(world)).toHaveLength(asked);
  });

  it('goes by what an earlier run knew while the key was still listed', async () => {
    const old = { keyId: keyId('key-by-hand'), versionId: newVersion };
    const world = await byHand({ leftBy: otherRun, rotation: { old: { ...old, versionId: null } } });
    await world.run(begin);
    expect(world.calls).toContain('identifyKey');

    const known = await stepWorld({
      stage: 'no-secret',
      leftBy: otherRun,
      rotation: { old: oldKey },
    });
    await known.ports.vault.create(credential.secret, {});
    await known.store(oldKey.versionId, 'AWSCURRENT', 'key-that-is-gone', false);
    known.calls.length = 0;
    expect(await known.run(begin)).toMatchObject({ oldKeyId: 'key-old' });
    expect(known.calls).toEqual(['write begun']);
  });
});

describe('what an earlier run has left', () => {
  it('is taken up where its new key serves: the overlap goes on', async () => {
    const world = await stepWorld({
      stage: 'new-serves',
      leftBy: otherRun,
      rotation: { phase: 'confirmed', cutOverAt: at(-30.5) },
    });
    const earlier = world.rotation()!;
    expect(await world.run(begin)).toEqual({
      start: 'confirm',
      contained: false,
      hasOldKey: true,
      oldKeyId: 'key-old',
      overlapSeconds: 1_170,
    });
    expect(world.rotation()).toEqual({ ...earlier, rotationId: run, startedAt: at(0), endedAs: null });
    expect(world.entries).toMatchObject([{ event: 'take-up-cut-over' }]);
  });

  it('has no more overlap to wait for once that is over', async () => {
    const world = await stepWorld({
      stage: 'new-serves',
      leftBy: otherRun,
      rotation: { cutOverAt: at(-5_000) },
    });
    expect(await world.run(begin)).toMatchObject({ overlapSeconds: 0 });
  });

  it('serves from now where nobody wrote since when', async () => {
    const world = await stepWorld({ stage: 'new-serves', leftBy: otherRun, rotation: { cutOverAt: null } });
    expect(await world.run(begin)).toMatchObject({ overlapSeconds: 1_200 });
    expect(world.rotation()?.cutOverAt).toBe(at(0));
  });

  it('stays an emergency, and contained, whoever takes it up', async () => {
    const world = await stepWorld({
      stage: 'new-serves',
      leftBy: otherRun,
      rotation: { urgency: 'emergency', containedAt: at(-8) },
    });
    expect(await world.run(begin)).toMatchObject({ start: 'confirm', contained: true, overlapSeconds: 0 });
    expect(world.rotation()).toMatchObject({ urgency: 'emergency', containedAt: at(-8) });
  });

  it('becomes an emergency when its old key has leaked', async () => {
    const world = await stepWorld({ stage: 'new-serves', leftBy: otherRun });
    const seen = { contained: true, containedAt: at(-3) };
    expect(await world.run(begin, { ...emergency, ...seen })).toMatchObject({ start: 'confirm', overlapSeconds: 0 });
    expect(world.rotation()).toMatchObject({ urgency: 'emergency', containedAt: at(-3), old: oldKey, new: left });
  });

  it.each([
    [{}, null],
    [{ contained: true, containedAt: at(-3) }, at(-3)],
  ])('is staged where its key was validated: %o', async (seen, containedAt) => {
    const world = await stepWorld({ stage: 'staged', leftBy: otherRun, rotation: { phase: 'validated' } });
    const earlier = world.rotation()!;
    expect(await world.run(begin, seen)).toMatchObject({ start: 'stage', oldKeyId: 'key-old' });
    expect(world.rotation()).toEqual({ ...earlier, rotationId: run, startedAt: at(0), endedAs: null, containedAt });
  });

  it('keeps that the key of a validated one was contained before', async () => {
    const world = await stepWorld({
      stage: 'staged',
      leftBy: otherRun,
      rotation: { phase: 'validated', containedAt: at(-8) },
    });
    expect(await world.run(begin)).toMatchObject({ start: 'stage', contained: true });
  });

  it.each([
    ['is begun anew, with what is known of the same old key', oldKey, 'emergency', at(-8)],
    ['says nothing of another old key', { keyId: keyId('key-older'), versionId: null }, 'scheduled', null],
    ['says nothing where it had no old key', null, 'scheduled', null],
  ] as const)('%s', async (_, old, urgency, containedAt) => {
    const world = await stepWorld({
      leftBy: otherRun,
      rotation: { old, urgency: 'emergency', containedAt: at(-8), phase: 'creating', attempts: [attempt(1)] },
    });
    expect(await world.run(begin)).toMatchObject({ start: 'create', contained: containedAt !== null });
    expect(world.rotation()).toMatchObject({
      old: oldKey,
      urgency,
      containedAt,
      phase: 'begun',
      attempts: [],
      new: null,
    });
    expect(world.record().pastAttempts).toEqual([attempt(1)]);
  });

  it('says nothing of a first issue that begins anew', async () => {
    const world = await stepWorld({
      stage: 'no-secret',
      leftBy: otherRun,
      rotation: { old: null, urgency: 'emergency', containedAt: at(-8) },
    });
    await world.run(begin);
    expect(world.rotation()).toMatchObject({ old: null, urgency: 'scheduled', containedAt: null });
  });

  it('was contained when this run has contained it', async () => {
    const world = await stepWorld({ leftBy: otherRun, rotation: { containedAt: at(-8) } });
    await world.run(begin, { ...emergency, contained: true, containedAt: at(-3) });
    expect(world.rotation()?.containedAt).toBe(at(-3));
  });
});

describe('a key that an earlier run has stored, and not put to use', () => {
  const stored = (rotation: Start['rotation'] = {}) =>
    stepWorld({ stage: 'staged', leftBy: otherRun, rotation: { phase: 'validated', ...rotation } });
  const thrice = ['probe key-new', 'sleep 2', 'probe key-new', 'sleep 2', 'probe key-new'];
  const leftover = { keyId: 'key-new', target: credential.target };

  it.each(['created', 'staged', 'validated', 'cutting-over'] as const)(
    'is taken up while it is accepted: %s',
    async (phase) => {
      const world = await stored({ phase });
      expect(await world.run(begin)).toMatchObject({ start: 'stage' });
      expect(world.calls).toEqual(['probe key-new', `write ${phase}`]);
      expect(world.rotation()).toMatchObject({ rotationId: run, new: left, phase });
    },
  );

  it('is not asked, and left over, where that run was taking it back', async () => {
    const world = await stored({ phase: 'rolling-back' });
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
    expect(world.calls).toEqual(['write begun']);
    expect(world.record().leftovers).toEqual([{ ...leftover, since: at(0) }]);
  });

  it('is left over when it is refused three times in a row and listed no more: another is made', async () => {
    const world = await stored();
    world.drop('key-new');
    expect(await world.run(begin)).toMatchObject({ start: 'create', oldKeyId: 'key-old' });
    expect(world.calls).toEqual([...thrice, 'listKeys', 'write begun']);
    expect(world.rotation()).toMatchObject({ old: oldKey, new: null, attempts: [], phase: 'begun' });
    expect(world.record().leftovers).toEqual([{ ...leftover, since: at(0) }]);
  });

  it.each([
    ['it is listed as active: it is the vendor that is out', [refused], [...thrice, 'listKeys']],
    ['one of the three was accepted', [refused, accepted], ['probe key-new', 'sleep 2', 'probe key-new']],
    ['the vendor does not say', [unclear], ['probe key-new']],
  ])('is taken up although it was refused, when %s', async (_, said, calls) => {
    const world = await stored();
    world.answer('key-new', ...said);
    expect(await world.run(begin)).toMatchObject({ start: 'stage' });
    expect(world.calls).toEqual([...calls, 'write validated']);
  });

  it.each([
    ['no label is on its version any more', ['AWSPENDING', 'keyturn-new-other-run']],
    ['nothing says any more which run has stored it', ['keyturn-new-other-run']],
  ])('is left over when %s', async (_case, labels) => {
    const world = await stored();
    for (const label of labels) await world.move(label, null);
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
    expect(world.calls).toEqual(['write begun']);
    expect(world.record().leftovers).toEqual([{ ...leftover, since: at(0) }]);
  });

  it('is left over when its label is taken away while it is read', async () => {
    const world = await stored();
    world.once('read', () => undefined);
    world.once('read', () => world.move('keyturn-new-other-run', null));
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
    expect(world.calls).toEqual(['write begun']);
  });

  it('is not asked where AWSCURRENT has moved on from where that run began', async () => {
    const world = await stored();
    await world.store('theirs', 'elsewhere', world.add('key-of-a-person'));
    await world.move('AWSCURRENT', 'theirs');
    expect(await world.run(begin)).toMatchObject({ start: 'create', oldKeyId: 'key-of-a-person' });
    expect(world.calls).toEqual(['write begun']);
  });

  it('is none where that run has stored none', async () => {
    const world = await stored({ new: null });
    expect(await world.run(begin)).toMatchObject({ start: 'create' });
    expect(world.calls).toEqual(['write begun']);
  });
});

describe('a key that serves and is refused', () => {
  const ofAnEmergency = (more: Start = {}) =>
    stepWorld({ stage: 'new-serves', leftBy: otherRun, rotation: { urgency: 'emergency' }, ...more });
  const thrice = ['probe key-new', 'sleep 2', 'probe key-new', 'sleep 2', 'probe key-new'];

  it('is replaced when it is the new key of an emergency, refused three times in a row and listed no more', async () => {
    const world = await ofAnEmergency();
    world.drop('key-new');
    expect(await world.run(begin)).toMatchObject({ start: 'create', oldKeyId: 'key-new' });
    expect(world.calls).toEqual([...thrice, 'listKeys', 'write begun']);
    expect(world.rotation()).toMatchObject({ old: left, new: null });
  });

  it.each([
    ['is listed as inactive', {}],
    ['is in no listing, because there is none', { offers: [] }],
  ])('is replaced when it %s', async (_, start) => {
    const world = await ofAnEmergency(start);
    world.add('key-new', false);
    expect(await world.run(begin)).toMatchObject({ start: 'create', oldKeyId: 'key-new' });
  });

  it('serves on while the vendor lists it as active: it is the vendor that is out', async () => {
    const world = await ofAnEmergency();
    world.answer('key-new', refused);
    expect(await world.run(begin)).toMatchObject({ start: 'confirm', oldKeyId: 'key-old' });
    expect(world.calls).toEqual([...thrice, 'listKeys', 'write cut-over']);
  });

  it('serves on when one of the three was accepted', async () => {
    const world = await ofAnEmergency();
    world.answer('key-new', refused, refused, accepted);
    expect(await world.run(begin)).toMatchObject({ start: 'confirm', oldKeyId: 'key-old' });
    expect(world.calls).not.toContain('listKeys');
  });

  it.each([
    ['is listed as active', true, 'confirm'],
    ['is listed no more', false, 'create'],
  ] as const)('gives way to the key that a person has handed in when it %s', async (_, isListed, start) => {
    const world = await stepWorld({ stage: 'new-serves', leftBy: otherRun });
    await world.store('theirs', 'keyturn-new-run', world.add('key-of-a-person'));
    world.answer('key-new', refused);
    if (!isListed) world.drop('key-new');
    expect(await world.run(begin)).toMatchObject({ start });
  });

  it('is looked for in the listing by its value where no id is written beside that', async () => {
    const world = await stepWorld({ stage: 'stored', rotation: null });
    await world.store('by-hand', 'elsewhere', world.add('key-by-hand'), false);
    await world.move('AWSCURRENT', 'by-hand');
    world.answer('key-by-hand', refused);
    expect(await world.run(begin)).toMatchObject({ start: 'create', oldKeyId: 'key-by-hand' });
    expect(world.calls.slice(-4)).toEqual(['probe key-by-hand', 'identifyKey', 'listKeys', 'write begun']);
  });

  it('is asked where a person has handed in another key for this run', async () => {
    const world = await stepWorld({ stage: 'stored', rotation: null });
    world.answer('key-old', refused);
    expect(await world.run(begin)).toMatchObject({ start: 'create', oldKeyId: 'key-old' });
    expect(world.calls.filter((call) => call === 'probe key-old')).toHaveLength(3);
  });

  it('needs a person where its value does not tell which key it is, and nor does the provider', async () => {
    const world = await stepWorld({ stage: 'stored', rotation: null, offers: [] });
    await world.store('by-hand', 'elsewhere', 'key-by-hand', false);
    await world.move('AWSCURRENT', 'by-hand');
    await expect(world.run(begin)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(world.calls.filter((call) => call === 'probe key-by-hand')).toHaveLength(3);
  });

  it('is not asked where a first key was handed in, which serves at once', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: null });
    await world.ports.vault.create(credential.secret, {});
    await world.store(newVersion, 'keyturn-new-run', world.add('key-new'));
    world.calls.length = 0;
    expect(await world.run(begin)).toMatchObject({ start: 'create', hasOldKey: false });
    expect(world.calls).toEqual(['write begun']);
  });

  it('is not asked where another key would serve anyway', async () => {
    const world = await stepWorld({ stage: 'staged', leftBy: otherRun });
    await world.run(begin);
    expect(world.calls).toEqual(['probe key-new', 'write staged']);
  });
});

describe('the end of the run before', () => {
  const done = (seconds: number, outcome: 'Done' | 'RolledBack' = 'Done') => ({
    rotation: null,
    record: { lastEnded: { rotationId: otherRun, outcome, at: at(seconds) } },
  });

  it('is told in the journal where its own entry was lost, before the record is written over', async () => {
    const world = await stepWorld(done(-86_400));
    await world.run(begin);
    expect(world.calls).toEqual(['append Done', 'write begun']);
    expect(world.ends()).toMatchObject([
      {
        rotationId: otherRun,
        credentialId: 'support',
        at: at(-86_400),
        event: 'Done',
        detail: expect.stringMatching(/./),
      },
    ]);
  });

  it('is not told twice', async () => {
    const world = await stepWorld(done(-60));
    const entry = { rotationId: otherRun, credentialId: credential.id, at: at(-60), detail: '' };
    await world.ports.ledger.append({ ...entry, step: 'begin', event: 'start' });
    await world.ports.ledger.append({ ...entry, step: 'end', event: 'Done' });
    await world.run(begin);
    expect(world.ends()).toHaveLength(1);
  });

  it('is told when the journal has other entries of it only', async () => {
    const world = await stepWorld(done(-60));
    const entry = { rotationId: otherRun, credentialId: credential.id, at: at(-60), detail: '' };
    await world.ports.ledger.append({ ...entry, step: 'begin', event: 'start' });
    await world.run(begin);
    expect(world.ends()).toHaveLength(1);
  });

  it.each([
    ['reconcile has long looked', done(-86_401)],
    ['it did not end Done', done(-60, 'RolledBack')],
  ])('is left as it is when %s', async (_, start) => {
    const world = await stepWorld(start);
    await world.run(begin);
    expect(world.calls).toEqual(['write begun']);
  });

  it('is not told while this run goes on', async () => {
    const lastEnded = { rotationId: otherRun, outcome: 'Done', at: at(-60) } as const;
    const world = await stepWorld({ record: { lastEnded } });
    await world.run(begin);
    expect(world.calls).toEqual([]);
  });
});
