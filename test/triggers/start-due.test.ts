import { describe, expect, it } from 'vitest';
import type { Credential } from '../../functions/domain/credential.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { instant, keyId, rotationId, versionId } from '../../functions/domain/identifiers.ts';
import { type CredentialRecord, emptyRecord, type OpenRotation } from '../../functions/domain/rotation.ts';
import { dueMetrics } from '../../functions/triggers/due-metrics.ts';
import { type StartDueOptions, startDue } from '../../functions/triggers/start-due.ts';
import { credentialOf, type SweepWorld, sweepWorld } from './sweep-world.ts';

const options: StartDueOptions = {
  strategyOf: (provider) => (provider === 'people' ? 'human-created' : 'overlap'),
  maximumStarts: 10,
  letCallsLandSeconds: 900,
};
const sweep = (world: SweepWorld, change: Partial<StartDueOptions> = {}) =>
  startDue(world.ports, { ...options, ...change });

const rotatedAt = (credential: Credential, at: string): CredentialRecord => ({
  ...emptyRecord(credential.id),
  lastRotatedAt: instant(Date.parse(at)),
});

const leftOpen = (credential: Credential, change: Partial<OpenRotation> = {}): OpenRotation => ({
  rotationId: rotationId(`${credential.id}-earlier`),
  urgency: 'scheduled',
  startedAt: instant(Date.parse('2026-11-20T12:00:00Z')),
  credential,
  old: { keyId: keyId('old'), versionId: versionId('v1') },
  attempts: [],
  new: { keyId: keyId('new'), versionId: versionId('v2') },
  phase: 'cut-over',
  containedAt: null,
  cutOverAt: null,
  oldRevokedAt: null,
  oldKeyProof: null,
  endedAs: 'CutOverOldLive',
  ...change,
});

const leased = (credential: Credential, rotation: OpenRotation): CredentialRecord => ({
  ...emptyRecord(credential.id),
  lastRotatedAt: instant(Date.parse('2026-11-21T00:00:00.000Z')),
  lease: { rotationId: rotation.rotationId, epoch: 1, takenAt: rotation.startedAt },
  rotation,
});

const [a, b, c, d] = [credentialOf('a'), credentialOf('b'), credentialOf('c'), credentialOf('d')];

describe('startDue', () => {
  it('starts what is due and leaves the rest', async () => {
    const world = sweepWorld([a, b]);
    world.write(rotatedAt(b, '2026-11-20T00:00:00Z'));
    const report = await sweep(world);
    expect(report).toEqual({
      started: [{ credentialId: 'a', rotationId: world.runs[0]?.rotationId }],
      reminded: [],
      skipped: [],
      failed: [],
      notDue: 1,
      waiting: 0,
      oldestWaitingSeconds: 0,
    });
    expect(world.runs).toHaveLength(1);
    expect(world.runs[0]).toMatchObject({
      credentialId: 'a',
      urgency: 'scheduled',
      containFirst: false,
      leakedKeyId: null,
    });
    expect(world.runs[0]?.letCallsLandSeconds).toBe(900);
  });

  it('twice on a day is one start; the next day tries again', async () => {
    const world = sweepWorld([a]);
    world.write(rotatedAt(a, '2026-10-01T00:00:00Z'));
    await sweep(world);
    world.moveTo('2026-11-21T23:59:59Z');
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'a', reason: 'already-started' }]);
    expect(world.runs).toHaveLength(1);
    const [first] = world.runs;
    if (first !== undefined) world.end(first, 'RolledBack');
    world.moveTo('2026-11-22T00:00:00Z');
    expect((await sweep(world)).started).toHaveLength(1);
    expect(world.runs).toHaveLength(2);
  });

  it('a cadence of an hour is kept within the day', async () => {
    const hourly = credentialOf('hourly', { cadenceSeconds: 3600 });
    const world = sweepWorld([hourly]);
    await sweep(world);
    world.write(rotatedAt(hourly, '2026-11-21T12:01:00Z'));
    world.moveTo('2026-11-21T13:01:00Z');
    expect((await sweep(world)).started).toHaveLength(1);
  });

  it('starts the oldest first, what was never rotated before all, and no more than it may', async () => {
    const world = sweepWorld([a, b, c, d]);
    world.write(rotatedAt(a, '2026-10-03T00:00:00Z'));
    world.write(rotatedAt(b, '2026-10-01T00:00:00Z'));
    world.write(rotatedAt(d, '2026-10-02T00:00:00Z'));
    const report = await sweep(world, { maximumStarts: 3 });
    expect(report.started.map(({ credentialId }) => credentialId)).toEqual(['c', 'b', 'd']);
    expect(report.skipped).toEqual([{ credentialId: 'a', reason: 'paced' }]);
  });

  it('what the first run had no room for is started by the next', async () => {
    const world = sweepWorld([a, b]);
    await sweep(world, { maximumStarts: 1 });
    const report = await sweep(world, { maximumStarts: 1 });
    expect(report.started.map(({ credentialId }) => credentialId)).toEqual(['b']);
  });

  it('waits for the window', async () => {
    const nightly = credentialOf('nightly', { window: { days: ['sun'], from: '02:00', to: '05:00', timeZone: 'UTC' } });
    const world = sweepWorld([nightly]);
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'nightly', reason: 'outside-window' }]);
    world.moveTo('2026-11-22T02:00:00Z');
    expect((await sweep(world)).started).toHaveLength(1);
  });

  it('has no view of a removed credential', async () => {
    const world = sweepWorld([]);
    world.write(rotatedAt(a, '2020-01-01T00:00:00Z'));
    expect(await sweep(world)).toMatchObject({ started: [], skipped: [], notDue: 0, waiting: 0 });
  });
});

describe('credentials with a common consumer', () => {
  const shared = { consumers: [{ name: 'gateway', cacheTtlSeconds: 60 }] };
  const [first, second] = [credentialOf('first', shared), credentialOf('second', shared)];

  it('are not started in one run, nor while one of them may not have taken its lease yet', async () => {
    const world = sweepWorld([first, second]);
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'second', reason: 'consumer-busy' }]);
    expect((await sweep(world)).skipped).toEqual([
      { credentialId: 'first', reason: 'already-started' },
      { credentialId: 'second', reason: 'consumer-busy' },
    ]);
    const [run] = world.runs;
    if (run !== undefined) world.end(run, 'RolledBack');
    expect((await sweep(world)).started).toEqual([{ credentialId: 'second', rotationId: world.runs[1]?.rotationId }]);
  });

  it.each([
    ['staged', 0],
    ['confirmed', 1],
    ['revoking-old', 0],
  ] as const)('while the first is %s, %i starts', async (phase, count) => {
    const world = sweepWorld([first, second]);
    world.write(leased(first, leftOpen(first, { phase, endedAs: null })));
    expect((await sweep(world)).started).toHaveLength(count);
  });

  it('of the same name in different environments are different programs', async () => {
    const world = sweepWorld([first, credentialOf('other', { ...shared, environment: 'staging' })]);
    expect((await sweep(world)).started).toHaveLength(2);
  });
});

describe('what an earlier run left', () => {
  it('is busy while its run lives, or when nobody could look', async () => {
    const world = sweepWorld([a]);
    world.write(leased(a, leftOpen(a, { endedAs: null })));
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'a', reason: 'busy' }]);
    world.before = (port) => {
      if (port === 'look') throw new Fault('NothingChanged', 'The engine does not answer.');
    };
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'a', reason: 'busy' }]);
  });

  it('is taken up when its run has ended without a record, although it is not due', async () => {
    const world = sweepWorld([a]);
    const rotation = leftOpen(a, { endedAs: null });
    world.write(leased(a, rotation));
    world.end(rotation, 'Escalated');
    expect((await sweep(world)).started).toHaveLength(1);
    expect(world.runs[0]).toMatchObject({ urgency: 'scheduled', leakedKeyId: null, containFirst: false });
    expect(world.runs[0]?.reason).toContain('a-earlier');
  });

  it('is taken up once a day, although every attempt leaves it under another id', async () => {
    const world = sweepWorld([a]);
    world.write({ ...rotatedAt(a, '2026-11-20T00:00:00Z'), rotation: leftOpen(a) });
    await sweep(world);
    const [run] = world.runs;
    if (run === undefined) throw new TypeError('nothing was started');
    world.end(run, 'CutOverOldLive');
    world.write({ ...rotatedAt(a, '2026-11-20T00:00:00Z'), rotation: leftOpen(a, { rotationId: run.rotationId }) });
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'a', reason: 'already-started' }]);
    world.moveTo('2026-11-22T00:00:00Z');
    expect((await sweep(world)).started).toHaveLength(1);
  });

  it('of an emergency goes first, waits for nothing, names the leaked key where it lives, and is tried every hour', async () => {
    const shared = { consumers: [{ name: 'gateway', cacheTtlSeconds: 60 }] };
    const before = credentialOf('b', {
      ...shared,
      target: { ...b.target, account: a.target.account, settings: { was: 'here' } },
    });
    const now = credentialOf('b', {
      ...shared,
      window: { days: ['mon'], from: '01:00', to: '02:00', timeZone: 'UTC' },
    });
    const running = credentialOf('running', shared);
    const world = sweepWorld([credentialOf('a', shared), now, running, c]);
    world.write(leased(running, leftOpen(running, { phase: 'staged', endedAs: null })));
    const containedAt = instant(Date.parse('2026-11-21T11:00:00.000Z'));
    world.write({
      ...emptyRecord(now.id),
      rotation: leftOpen(before, { urgency: 'emergency', endedAs: 'ContainedNoReplacement', new: null, containedAt }),
    });
    const report = await sweep(world, { maximumStarts: 1 });
    expect(report.started.map(({ credentialId }) => credentialId)).toEqual(['b', 'c']);
    expect(report.skipped).toEqual([
      { credentialId: 'running', reason: 'busy' },
      { credentialId: 'a', reason: 'consumer-busy' },
    ]);
    expect(world.runs[0]).toMatchObject({
      urgency: 'emergency',
      containFirst: true,
      leakedKeyId: 'old',
      target: { settings: { was: 'here' } },
    });
    world.moveTo('2026-11-21T12:59:00Z');
    expect((await sweep(world, { maximumStarts: 0 })).started).toEqual([]);
    world.moveTo('2026-11-21T13:00:00Z');
    expect((await sweep(world, { maximumStarts: 0 })).started).toHaveLength(1);
  });

  it('of a credential that has left the register is taken up by its own copy of the entry, and nothing new is started', async () => {
    const elsewhere = credentialOf('elsewhere', { target: { ...a.target, provider: 'another' } });
    const world = sweepWorld([]);
    world.write({ ...emptyRecord(a.id), rotation: leftOpen(a) });
    world.write({ ...emptyRecord(elsewhere.id), rotation: leftOpen(elsewhere) });
    world.write(rotatedAt(b, '2020-01-01T00:00:00Z'));
    await sweep(world, { provider: 'vendor' });
    expect(world.runs.map(({ credentialId, secret }) => [credentialId, secret])).toEqual([['a', a.secret]]);
  });

  it('is left alone while its run waits for the end of the overlap, whether anybody can look or not', async () => {
    const world = sweepWorld([a]);
    const cutOverAt = instant(Date.parse('2026-11-21T00:00:00.000Z'));
    const rotation = leftOpen(a, { phase: 'confirmed', cutOverAt, endedAs: null });
    world.write(leased(a, rotation));
    world.end(rotation, 'Escalated');
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'a', reason: 'busy' }]);
    world.moveTo('2026-11-22T00:00:00Z');
    expect((await sweep(world)).started).toHaveLength(1);
  });

  it('for a person is left for a person', async () => {
    const world = sweepWorld([a]);
    world.write({ ...emptyRecord(a.id), rotation: leftOpen(a, { endedAs: 'Escalated' }) });
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'a', reason: 'needs-person' }]);
  });
});

describe('keys that only people can make', () => {
  const people = credentialOf('people', { target: { ...a.target, provider: 'people' } });

  it('are asked for, once a day, and never started', async () => {
    const world = sweepWorld([people]);
    world.write(rotatedAt(people, '2026-10-01T00:00:00Z'));
    expect((await sweep(world)).reminded).toEqual(['people']);
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'people', reason: 'already-reminded' }]);
    world.moveTo('2026-11-22T00:00:00Z');
    expect((await sweep(world)).reminded).toEqual(['people']);
    expect(world.runs).toEqual([]);
    expect(world.notices).toHaveLength(2);
    expect(world.notices[0]).toEqual({
      credentialId: 'people',
      rotationId: null,
      severity: 'action-needed',
      contact: 'team@example.com',
      subject: 'people needs a new key',
      text: [
        'The key of people was to be replaced by 2026-10-31T00:00:00.000Z; it goes on working.',
        'Only a person can make keys at people.',
        'Make one there for people, chat, production, and hand it over:',
        'keyturn submit people',
      ].join('\n'),
    });
  });

  it('are asked for as a page when the leaked one was stopped', async () => {
    const world = sweepWorld([people]);
    const containedAt = instant(Date.parse('2026-11-21T11:00:00.000Z'));
    world.write({ ...emptyRecord(people.id), rotation: leftOpen(people, { new: null, containedAt }) });
    await sweep(world);
    expect(world.notices[0]).toMatchObject({ severity: 'page' });
    expect(world.notices[0]?.text).toContain('its consumers fail until there is another');
  });

  it('are not asked for twice when the notice fails, and the failure is reported', async () => {
    const world = sweepWorld([people]);
    world.before = (port) => {
      if (port === 'send') throw new Fault('OutcomeUnknown', 'The topic did not answer.');
    };
    expect((await sweep(world)).failed).toEqual([
      { credentialId: 'people', fault: 'OutcomeUnknown', detail: 'The topic did not answer.' },
    ]);
    expect((await sweep(world)).skipped).toEqual([{ credentialId: 'people', reason: 'already-reminded' }]);
  });
});

describe('a port that fails', () => {
  it.each([
    [new Fault('NothingChanged', 'Throttled.'), { fault: 'NothingChanged', detail: 'Throttled.' }],
    [new RangeError('sk-secret'), { fault: 'RangeError', detail: 'An error that nobody expected.' }],
  ])('for one credential (%s) does not keep the others', async (error, told) => {
    const world = sweepWorld([a, b]);
    world.before = (port, id) => {
      if (port === 'start' && id === 'a') throw error;
    };
    const report = await sweep(world);
    expect(report.failed).toEqual([{ credentialId: 'a', ...told }]);
    expect(report.started.map(({ credentialId }) => credentialId)).toEqual(['b']);
    world.before = () => undefined;
    expect((await sweep(world)).started.map(({ credentialId }) => credentialId)).toEqual(['a']);
  });

  it('for the register stops the sweep before it starts anything', async () => {
    const world = sweepWorld([a]);
    const register = {
      ...world.ports.register,
      credentials: () => Promise.reject(new Fault('NothingChanged', 'The bucket does not answer.')),
    };
    await expect(startDue({ ...world.ports, register }, options)).rejects.toThrow('The bucket does not answer.');
    expect(world.runs).toEqual([]);
  });
});

describe('what is due and has no run at work', () => {
  /** Since ten days ago. */
  const overdue = (credential: Credential) => rotatedAt(credential, '2026-10-12T12:00:00Z');
  const tenDays = 10 * 86_400;
  const waitingIn = async (world: SweepWorld, change: Partial<StartDueOptions> = {}) => {
    const { waiting, oldestWaitingSeconds } = await sweep(world, change);
    return { waiting, oldestWaitingSeconds };
  };

  it('is counted with the age of the oldest, not with that of what this run starts', async () => {
    const world = sweepWorld([a, b, c, d]);
    world.write(overdue(a));
    world.write(rotatedAt(b, '2026-10-21T12:00:00Z'));
    world.write(rotatedAt(d, '2026-11-20T00:00:00Z'));
    expect(await waitingIn(world, { maximumStarts: 0 })).toEqual({ waiting: 3, oldestWaitingSeconds: tenDays });
    // What was never rotated goes first, and has no age; the oldest goes next.
    expect(await waitingIn(world, { maximumStarts: 2 })).toEqual({ waiting: 1, oldestWaitingSeconds: 86_400 });
  });

  it.each([
    ['it waits for its window', { window: { days: ['sun'], from: '02:00', to: '05:00', timeZone: 'UTC' } }],
    ['a person has to make its key', { target: { ...a.target, provider: 'people' } }],
  ] as const)('counts while %s', async (_, change) => {
    const credential = credentialOf('a', change);
    const world = sweepWorld([credential]);
    world.write(overdue(credential));
    expect(await waitingIn(world)).toEqual({ waiting: 1, oldestWaitingSeconds: tenDays });
  });

  it('counts when its rotation ended without being done, and not while one is at work', async () => {
    const world = sweepWorld([a]);
    world.write({ ...overdue(a), rotation: leftOpen(a, { endedAs: 'Escalated' }) });
    expect(await waitingIn(world)).toEqual({ waiting: 1, oldestWaitingSeconds: tenDays });
    world.write({ ...leased(a, leftOpen(a, { endedAs: null })), lastRotatedAt: overdue(a).lastRotatedAt });
    expect(await waitingIn(world)).toEqual({ waiting: 0, oldestWaitingSeconds: 0 });
  });

  it('does not count when a person has retired it', async () => {
    const world = sweepWorld([a]);
    const askedAt = instant(Date.parse('2026-11-20T12:00:00Z'));
    const retirement = { keyId: keyId('old'), askedAt, reason: '', sentAt: null, refusedAt: null, evidence: null };
    world.write({ ...overdue(a), retirement });
    expect(await waitingIn(world)).toEqual({ waiting: 0, oldestWaitingSeconds: 0 });
  });

  it('is sent to CloudWatch, and with it how many were held back', async () => {
    const world = sweepWorld([a, b]);
    world.write(overdue(a));
    world.write(overdue(b));
    expect(dueMetrics(await sweep(world, { maximumStarts: 1 }))).toEqual([
      { name: 'CredentialsDue', unit: 'Count', value: 1 },
      { name: 'OldestDueCredential', unit: 'Seconds', value: tenDays },
      { name: 'RotationsHeldBack', unit: 'Count', value: 1 },
    ]);
  });
});
