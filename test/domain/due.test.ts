import { describe, expect, it } from 'vitest';
import type { Credential } from '../../functions/domain/credential.ts';
import { type DueView, decideDue, dueInstant } from '../../functions/domain/decisions/due.ts';
import { instant, keyId, rotationId, versionId } from '../../functions/domain/identifiers.ts';
import type { OpenRotation } from '../../functions/domain/rotation.ts';
import { credentialOf } from '../triggers/sweep-world.ts';

const now = instant(Date.parse('2026-11-21T12:00:00Z'));
const daysAgo = (days: number) => instant(Date.parse(now) - days * 86_400_000);
const cadenceSeconds = 30 * 86_400;
const shut: Credential['window'] = { days: ['sat'], from: '13:00', to: '14:00', timeZone: 'UTC' };
const open: Credential['window'] = { days: ['sat'], from: '12:00', to: '13:00', timeZone: 'UTC' };

const left = (change: Partial<OpenRotation>): OpenRotation => ({
  rotationId: rotationId('earlier'),
  urgency: 'scheduled',
  startedAt: daysAgo(1),
  credential: credentialOf('shop'),
  old: null,
  attempts: [],
  new: { keyId: keyId('new'), versionId: versionId('v2') },
  phase: 'cut-over',
  containedAt: null,
  cutOverAt: daysAgo(1),
  oldRevokedAt: null,
  oldKeyProof: null,
  endedAs: 'CutOverOldLive',
  ...change,
});

const view = (change: Partial<DueView> & { readonly window?: Credential['window'] }): DueView => ({
  now,
  credential: { cadenceSeconds, window: change.window ?? null },
  strategy: 'overlap',
  record: { rotation: null, lastRotatedAt: daysAgo(31) },
  retired: false,
  owner: 'none',
  ...change,
});

const emergency = left({ urgency: 'emergency' });
const escalated = left({ endedAs: 'Escalated' });
const withoutKey = left({ endedAs: 'ContainedNoReplacement', new: null });
const parked = left({});

describe('decideDue', () => {
  const rows: readonly (readonly [string, Parameters<typeof view>[0], object])[] = [
    ['due since a day', {}, { kind: 'start', dueAt: daysAgo(1) }],
    ['due at this moment', { record: { rotation: null, lastRotatedAt: daysAgo(30) } }, { kind: 'start', dueAt: now }],
    [
      'due in a millisecond',
      { record: { rotation: null, lastRotatedAt: instant(Date.parse(daysAgo(30)) + 1) } },
      { kind: 'skip', reason: 'not-due' },
    ],
    ['never rotated', { record: { rotation: null, lastRotatedAt: null } }, { kind: 'start', dueAt: null }],
    ['due, and retired', { retired: true }, { kind: 'skip', reason: 'retired' }],
    [
      'retired, with a rotation left open',
      { retired: true, record: { rotation: parked, lastRotatedAt: null } },
      { kind: 'resume', rotation: parked },
    ],
    ['due, in its window', { window: open }, { kind: 'start', dueAt: daysAgo(1) }],
    ['due, outside its window', { window: shut }, { kind: 'skip', reason: 'outside-window' }],
    [
      'neither due nor in its window',
      { window: shut, record: { rotation: null, lastRotatedAt: now } },
      { kind: 'skip', reason: 'not-due' },
    ],
    ['being rotated', { owner: 'running' }, { kind: 'skip', reason: 'busy' }],
    [
      'being rotated in an emergency',
      { owner: 'running', record: { rotation: emergency, lastRotatedAt: null } },
      { kind: 'skip', reason: 'busy' },
    ],
    ['leased to a run that has ended, with nothing open', { owner: 'ended' }, { kind: 'start', dueAt: daysAgo(1) }],
    ['two slots', { strategy: 'two-slot' }, { kind: 'start', dueAt: daysAgo(1) }],
    ['made by people', { strategy: 'human-created' }, { kind: 'remind', dueAt: daysAgo(1) }],
    [
      'made by people, never rotated',
      { strategy: 'human-created', record: { rotation: null, lastRotatedAt: null } },
      { kind: 'remind', dueAt: null },
    ],
    [
      'made by people, outside its window',
      { strategy: 'human-created', window: shut },
      { kind: 'remind', dueAt: daysAgo(1) },
    ],
    [
      'made by people, not due',
      { strategy: 'human-created', record: { rotation: null, lastRotatedAt: now } },
      { kind: 'skip', reason: 'not-due' },
    ],
    [
      'left with the old key live, not due',
      { record: { rotation: parked, lastRotatedAt: now } },
      { kind: 'resume', rotation: parked },
    ],
    [
      'left with the old key live, outside its window',
      { window: shut, record: { rotation: parked, lastRotatedAt: now } },
      { kind: 'skip', reason: 'outside-window' },
    ],
    [
      'left by an emergency, outside its window',
      { window: shut, record: { rotation: emergency, lastRotatedAt: now } },
      { kind: 'resume', rotation: emergency },
    ],
    [
      'left by a run that died',
      { owner: 'ended', record: { rotation: left({ endedAs: null }), lastRotatedAt: null } },
      { kind: 'resume', rotation: left({ endedAs: null }) },
    ],
    [
      'left for a person',
      { record: { rotation: escalated, lastRotatedAt: daysAgo(31) } },
      { kind: 'skip', reason: 'needs-person' },
    ],
    [
      'made by people, left with the old key live',
      { strategy: 'human-created', record: { rotation: parked, lastRotatedAt: now } },
      { kind: 'resume', rotation: parked },
    ],
    [
      'made by people, contained without a new key',
      { strategy: 'human-created', record: { rotation: withoutKey, lastRotatedAt: null } },
      { kind: 'remind', dueAt: null },
    ],
    [
      'contained without a new key',
      { record: { rotation: withoutKey, lastRotatedAt: null } },
      { kind: 'resume', rotation: withoutKey },
    ],
  ];
  it.each(rows)('%s', (_name, change, expected) => {
    expect(decideDue(view(change))).toEqual(expected);
  });
});

it('is due a cadence after the last rotation', () => {
  expect(dueInstant({ cadenceSeconds }, daysAgo(30))).toBe(now);
  expect(dueInstant({ cadenceSeconds }, null)).toBeNull();
});
