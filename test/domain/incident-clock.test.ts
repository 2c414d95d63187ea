import { describe, expect, test } from 'vitest';
import { accountId, credentialId } from '../../functions/domain/identifiers.ts';
import type { Incident } from '../../functions/domain/incident.ts';
import { incidentClock } from '../../functions/domain/incident-clock.ts';
import { closingMetrics, standingMetrics } from '../../functions/domain/incident-metrics.ts';
import { callDue } from '../../functions/domain/incident-policy.ts';
import type { Obligation } from '../../functions/domain/obligation.ts';
import type { OpenRotation } from '../../functions/domain/rotation.ts';
import { durationOf, timeOf } from '../../functions/domain/time-words.ts';
import { at, refusedAfter, sampleIncident, sampleObligation, sampleRotation } from '../support/incident-world.ts';

const clockOf = (
  seconds: number,
  incident: Incident,
  obligations: readonly Obligation[],
  rotations: readonly OpenRotation[] = [],
) => incidentClock(incident, obligations, rotations, at(seconds));
const overdue = (...given: Parameters<typeof clockOf>) => clockOf(...given).overdue.map(({ what }) => what);

describe('the clock', () => {
  test('counts from the acceptance of each key', () => {
    const { state, keys, reportedAt, closedAt } = clockOf(100, sampleIncident(), [refusedAfter('key_a', 9)], []);
    expect({ state, reportedAt, closedAt }).toEqual({ state: 'closed', reportedAt: at(-4), closedAt: at(9) });
    expect(keys).toMatchObject([
      {
        contained: { seconds: 1 },
        firstRefused: { seconds: 1.5 },
        replaced: { at: at(5), seconds: 5 },
        refused: { seconds: 9 },
        consumersMoved: { seconds: 65 },
      },
    ]);
  });

  test('of many keys is that of the last, and stands until all have come so far', () => {
    const late = refusedAfter('key_b', 20, { acceptedAt: at(2) });
    expect(clockOf(100, sampleIncident(), [refusedAfter('key_a', 9), late], []).all.refused).toEqual({
      at: at(20),
      seconds: 18,
    });
    const some = clockOf(100, sampleIncident(), [sampleObligation('key_0'), refusedAfter('key_a', 9)], []);
    expect(some).toMatchObject({ state: 'open', closedAt: null, all: { refused: null, contained: null } });
  });

  test('tells the keys in order of credential, provider, account and key', () => {
    const named = (key: string, change: Partial<Obligation> = {}) => refusedAfter(key, 9, change);
    const { target } = named('key_a');
    const elsewhere = (account: string) => ({ target: { ...target, account: accountId(account) } });
    const ordered = [
      named('key_z', { credentialId: null }),
      named('key_d', elsewhere('an-account')),
      named('key_b'),
      named('key_c'),
      named('key_a', elsewhere('test-account')),
      named('key_a', { target: { ...target, provider: 'pinecone' } }),
      named('key_a', { credentialId: credentialId('search') }),
    ];
    const told = (given: readonly Obligation[]) => clockOf(100, sampleIncident(), given).keys;
    const wanted = told([ordered[0]!]).concat(ordered.slice(1).flatMap((each) => told([each])));
    expect(told(ordered)).toEqual(wanted);
    expect(told(ordered.toReversed())).toEqual(wanted);
    expect(told([ordered[3]!, ordered[6]!, ordered[0]!, ordered[5]!, ordered[2]!, ordered[4]!, ordered[1]!])).toEqual(
      wanted,
    );
  });

  test('of many keys says when the last one was stopped, and nothing while one is not', () => {
    const stopped = (key: string, seconds: number) => sampleObligation(key, { containedAt: at(seconds) });
    const contained = (...keys: readonly Obligation[]) => clockOf(100, sampleIncident(), keys).all.contained?.seconds;
    expect(contained(stopped('key_a', 3), stopped('key_b', 8), stopped('key_c', 5))).toBe(8);
    expect(contained(stopped('key_a', 3), sampleObligation('key_b'), stopped('key_c', 5))).toBeUndefined();
    expect(contained(stopped('key_a', 3), stopped('key_b', 8), sampleObligation('key_c'))).toBeUndefined();
    expect(contained(sampleObligation('key_a'), stopped('key_b', 8))).toBeUndefined();
    const together = { acceptedAt: at(2), containedAt: at(8) };
    expect(contained(stopped('key_a', 8), sampleObligation('key_b', together))).toBe(8);
  });

  test('stands at nothing for a report that was only noted', () => {
    expect(clockOf(9999, sampleIncident({ state: 'noted' }), [])).toMatchObject({ state: 'none', overdue: [] });
  });

  test('leaves the keys of another incident out', () => {
    expect(clockOf(1, sampleIncident(), [refusedAfter('key_a', 9, { incidentId: null })], []).keys).toEqual([]);
  });

  test('knows from the open rotation what is on no obligation yet', () => {
    const rotation = sampleRotation('key_a', { containedAt: at(1), cutOverAt: at(7) });
    const [key] = clockOf(10, sampleIncident(), [sampleObligation('key_a')], [rotation]).keys;
    expect(key).toMatchObject({ contained: { seconds: 1 }, replaced: { seconds: 7 }, refused: null });
    const first = sampleRotation('key_a', { old: null, cutOverAt: at(2) });
    const [same] = clockOf(10, sampleIncident(), [sampleObligation('key_a')], [first, rotation]).keys;
    expect(same).toEqual(key);
    const { target } = sampleObligation('key_a');
    const elsewhere = { target: { ...target, account: accountId('another') } };
    const [namesake] = clockOf(10, sampleIncident(), [sampleObligation('key_a', elsewhere)], [rotation]).keys;
    expect(namesake).toMatchObject({ contained: null, replaced: null });
    const [other] = clockOf(10, sampleIncident(), [sampleObligation('key_z')], [rotation]).keys;
    expect(other).toMatchObject({ contained: null, replaced: null });
  });
});

describe('what is overdue', () => {
  const open = [sampleObligation('key_a')];

  test.each([
    [60, []],
    [61, ['contain']],
    [181, ['contain', 'replace']],
    [301, ['contain', 'replace', 'prove']],
    [3601, ['contain', 'replace', 'prove', 'report']],
  ])('of an open key after %i s', (seconds, expected) => {
    expect(overdue(seconds, sampleIncident(), open, [])).toEqual(expected);
  });

  test.each([
    [
      'a key that was stopped',
      sampleIncident(),
      sampleObligation('key_a', { containedAt: at(1) }),
      ['replace', 'prove'],
    ],
    [
      'a key that was seen refused once',
      sampleIncident(),
      sampleObligation('key_a', { firstRefusedAt: at(1) }),
      ['replace', 'prove'],
    ],
    [
      'a key to be replaced first',
      sampleIncident({ containFirst: false }),
      sampleObligation('key_a'),
      ['replace', 'prove'],
    ],
    ['an admin key', sampleIncident(), sampleObligation('key_a', { credentialId: null }), ['contain', 'prove']],
    [
      'a key that is only to be contained',
      sampleIncident({ state: 'contained-only' }),
      sampleObligation('key_a'),
      ['contain', 'prove', 'decide'],
    ],
    ['a key that is proven refused', sampleIncident(), refusedAfter('key_a', 9), []],
    [
      'a key that was replaced',
      sampleIncident(),
      sampleObligation('key_a', { replacedAt: at(1) }),
      ['contain', 'prove'],
    ],
    ['a key whose report a person dismissed', sampleIncident({ state: 'dismissed' }), sampleObligation('key_a'), []],
  ] as const)('of %s after 301 s', (_, incident, obligation, expected) => {
    expect(overdue(301, incident, [obligation], []).toSorted()).toEqual([...expected].toSorted());
  });

  test('an admin key that expires, from its date on', () => {
    const { account } = sampleObligation('key_a').target;
    const expiring = sampleIncident({ leak: { kind: 'admin-key', account, expiresAt: at(86_400) } });
    const own = [sampleObligation('key_a', { credentialId: null })];
    expect(overdue(86_400, expiring, own)).toEqual([]);
    expect(overdue(86_401, expiring, own)).toEqual(['prove']);
    expect(overdue(86_400 + 3601, expiring, own)).toEqual(['prove', 'report']);
    const oldest = (seconds: number) =>
      standingMetrics([expiring], own, [], at(seconds)).find(({ name }) => name === 'OldestOpenObligation')?.value;
    expect([oldest(86_400), oldest(86_460)]).toEqual([0, 60]);
  });

  test('is told the earliest first, whatever it is', () => {
    const keys = [sampleObligation('key_a', { acceptedAt: at(200) }), sampleObligation('key_b')];
    const { overdue: told } = clockOf(9999, sampleIncident({ state: 'contained-only', acceptedAt: at(-100) }), keys);
    expect(told.map(({ what, keyId }) => `${what} ${String(keyId)}`)).toEqual([
      'contain key_b',
      'decide null',
      'contain key_a',
      'prove key_b',
      'prove key_a',
      'report null',
    ]);
  });

  test('nothing of a replacement that the open rotation has cut over to', () => {
    const rotation = sampleRotation('key_a', { containedAt: at(1), cutOverAt: at(7) });
    expect(overdue(181, sampleIncident(), open, [rotation])).toEqual([]);
  });

  test('a decision, until it is taken', () => {
    expect(overdue(300, sampleIncident({ state: 'awaiting-approval' }), [], [])).toEqual([]);
    expect(overdue(301, sampleIncident({ state: 'awaiting-approval' }), [], [])).toEqual(['decide']);
    expect(overdue(9999, sampleIncident({ state: 'dismissed' }), [], [])).toEqual([]);
  });

  test('a replacement, as the register declares it', () => {
    const rotation = sampleRotation('key_a');
    const credential = { ...rotation.credential, emergency: 'replace-first' as const };
    expect(overdue(61, sampleIncident(), open, [{ ...rotation, credential }])).toEqual([]);
    expect(overdue(61, sampleIncident(), open, [rotation])).toEqual(['contain']);
  });

  test('no report once it was sent', () => {
    const told = [
      { at: at(1), to: 'owner', what: 'accepted' },
      { at: at(9), to: 'security lead', what: 'closed' },
    ];
    expect(overdue(3601, sampleIncident({ told: told.slice(0, 1) }), [refusedAfter('key_a', 9)], [])).toEqual([
      'report',
    ]);
    expect(overdue(3601, sampleIncident({ told }), [refusedAfter('key_a', 9)], [])).toEqual([]);
    expect(overdue(3601, sampleIncident(), [refusedAfter('key_a', 9)], [])).toEqual(['report']);
  });
});

test.each([
  [0, 1],
  [599, 1],
  [600, 2],
  [1500, 3],
  [28_800, 5],
  [28_800 + 86_399, 5],
  [28_800 + 86_400, 6],
  [28_800 + 10 * 86_400, 15],
])('%i s after something was overdue, call %i is due', (seconds, call) => {
  expect(callDue(seconds)).toBe(call);
});

test('the metrics say how things stand, and name nobody', () => {
  const waiting = sampleIncident({ state: 'awaiting-approval' });
  const beyond = sampleIncident({ state: 'contained-only' });
  const metrics = standingMetrics([waiting, beyond, sampleIncident()], [sampleObligation('key_a')], [], at(70));
  expect(Object.fromEntries(metrics.map(({ name, value }) => [name, value]))).toEqual({
    EscalationRuns: 1,
    OpenObligations: 1,
    OldestOpenObligation: 70,
    AwaitingApproval: 1,
    ContainedOnly: 1,
    OverdueIncidents: 3,
  });
  expect(metrics.map(({ name, unit }) => `${name} in ${unit}`).filter((text) => !text.endsWith('Count'))).toEqual([
    'OldestOpenObligation in Seconds',
  ]);
  const inTime = standingMetrics([sampleIncident(), waiting], [sampleObligation('key_a')], [], at(60));
  expect(inTime.find(({ name }) => name === 'OverdueIncidents')).toEqual({
    name: 'OverdueIncidents',
    unit: 'Count',
    value: 0,
  });
  expect(standingMetrics([], [], [], at(0)).map(({ name, value }) => `${name} ${value}`)).toContain('EscalationRuns 1');
});

test('the closing metrics give what a key took, and leave out what did not happen', () => {
  const { keys } = clockOf(
    100,
    sampleIncident(),
    [refusedAfter('key_a', 9, { replacedAt: null, consumersMovedAt: null })],
    [],
  );
  expect(closingMetrics(keys)).toEqual([
    { name: 'SecondsToContained', unit: 'Seconds', value: 1 },
    { name: 'SecondsToFirstRefused', unit: 'Seconds', value: 1.5 },
    { name: 'SecondsToRefused', unit: 'Seconds', value: 9 },
  ]);
  const whole = closingMetrics(clockOf(100, sampleIncident(), [refusedAfter('key_a', 9)], []).keys);
  expect(whole.map(({ name, value }) => `${name} ${value}`)).toEqual([
    'SecondsToContained 1',
    'SecondsToFirstRefused 1.5',
    'SecondsToReplaced 5',
    'SecondsToRefused 9',
    'SecondsToConsumersMoved 65',
  ]);
});

test.each([
  [0, '0.0 s'],
  [0.2, '0.2 s'],
  [59.95, '1 min'],
  [59.96, '1 min'],
  [200, '3 min 20 s'],
  [3599.6, '1 h'],
  [7500, '2 h 5 min'],
  [-4, '-4.0 s'],
  [-200, '-3 min 20 s'],
])('%d s is %s', (seconds, words) => {
  expect(durationOf(seconds)).toBe(words);
});

test('a time is told to the second, with its zone', () => {
  expect(timeOf(at(61))).toBe('2026-11-21 09:01:01Z');
});
