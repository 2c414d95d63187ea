import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RotationWindow } from '../../functions/domain/credential.ts';
import { instant } from '../../functions/domain/identifiers.ts';
import { isOpen, isTimeZone, opensAt, windowLengthMinutes } from '../../functions/domain/window.ts';

const at = (text: string) => instant(Date.parse(text));
const everyDay: RotationWindow['days'] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const windowOf = (from: string, to: string, timeZone: string, days = everyDay): RotationWindow => ({
  days,
  from,
  to,
  timeZone,
});

// 2026-11-21 is a Saturday.
describe('isOpen', () => {
  const night = windowOf('22:00', '04:00', 'America/New_York', ['fri']);
  const rows: readonly (readonly [string, RotationWindow | null, string, boolean])[] = [
    ['no window', null, '2026-11-21T12:00:00Z', true],
    ['its first moment', windowOf('02:00', '05:00', 'UTC'), '2026-11-21T02:00:00.000Z', true],
    ['the moment before', windowOf('02:00', '05:00', 'UTC'), '2026-11-21T01:59:59.999Z', false],
    ['its last moment', windowOf('02:00', '05:00', 'UTC'), '2026-11-21T04:59:59.999Z', true],
    ['the moment after', windowOf('02:00', '05:00', 'UTC'), '2026-11-21T05:00:00.000Z', false],
    ['its own day', windowOf('02:00', '05:00', 'UTC', ['sat']), '2026-11-21T03:00:00Z', true],
    ['another day', windowOf('02:00', '05:00', 'UTC', ['sun']), '2026-11-21T03:00:00Z', false],
    ['winter in Berlin', windowOf('02:00', '05:00', 'Europe/Berlin'), '2026-11-21T01:00:00Z', true],
    ['summer in Berlin', windowOf('02:00', '05:00', 'Europe/Berlin'), '2026-07-21T00:00:00Z', true],
    ['an hour before summer in Berlin', windowOf('02:00', '05:00', 'Europe/Berlin'), '2026-07-20T23:59:00Z', false],
    [
      'the local day, which is not the day in UTC',
      windowOf('02:00', '05:00', 'Asia/Tokyo', ['sun']),
      '2026-11-21T18:00:00Z',
      true,
    ],
    ['over midnight, before it', night, '2026-11-21T03:30:00Z', true],
    ['over midnight, after it: still of the day before', night, '2026-11-21T08:30:00Z', true],
    ['over midnight, at its end', night, '2026-11-21T09:00:00Z', false],
    ['over midnight, the early morning of its own day', night, '2026-11-20T08:30:00Z', false],
    ['over midnight, the next evening', night, '2026-11-22T03:30:00Z', false],
    [
      'over midnight, on the next afternoon',
      windowOf('22:00', '21:00', 'America/New_York', ['fri']),
      '2026-11-21T20:00:00Z',
      true,
    ],
    ['both ends equal: a whole day', windowOf('06:00', '06:00', 'UTC', ['fri']), '2026-11-21T05:59:00Z', true],
    ['both ends equal: and no longer', windowOf('06:00', '06:00', 'UTC', ['fri']), '2026-11-21T06:00:00Z', false],
    ['a quarter-hour zone', windowOf('02:00', '05:00', 'Asia/Kathmandu'), '2026-11-20T20:15:00Z', true],
    ['the moment before in it', windowOf('02:00', '05:00', 'Asia/Kathmandu'), '2026-11-20T20:14:00Z', false],
    [
      'the first weekday after a change of year',
      windowOf('23:30', '01:00', 'UTC', ['thu']),
      '2027-01-01T00:30:00Z',
      true,
    ],
  ];
  it.each(rows)('%s', (_name, window, time, expected) => {
    expect(isOpen(window, at(time))).toBe(expected);
  });
});

// Berlin 2026: on 29 March 02:00 becomes 03:00 (01:00Z), on 25 October 03:00 becomes 02:00 (01:00Z).
describe('where the clock is changed', () => {
  const berlin = (from: string, to: string) => windowOf(from, to, 'Europe/Berlin', ['sun']);
  const rows: readonly (readonly [string, RotationWindow, string, string])[] = [
    ['begins before the gap, ends after it', berlin('01:00', '04:00'), '2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z'],
    ['lies in the gap', berlin('02:00', '02:30'), '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'],
    ['begins in the gap, ends after it', berlin('02:15', '03:30'), '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'],
    ['begins before the gap, ends in it', berlin('01:00', '02:30'), '2026-03-29T00:00:00Z', '2026-03-29T01:30:00Z'],
    ['lies in the hour that comes twice', berlin('02:00', '02:45'), '2026-10-25T00:00:00Z', '2026-10-25T00:45:00Z'],
    ['begins in that hour', berlin('02:30', '03:30'), '2026-10-25T00:30:00Z', '2026-10-25T02:30:00Z'],
    ['holds that hour', berlin('01:00', '04:00'), '2026-10-24T23:00:00Z', '2026-10-25T03:00:00Z'],
    [
      'over midnight into the gap',
      windowOf('23:00', '02:30', 'Europe/Berlin', ['sat']),
      '2026-03-28T22:00:00Z',
      '2026-03-29T01:30:00Z',
    ],
    // Lord Howe Island moves by half an hour: on 4 October 2026 02:00 becomes 02:30 (15:30Z the day before).
    [
      'half an hour',
      windowOf('02:10', '03:00', 'Australia/Lord_Howe', ['sun']),
      '2026-10-03T15:30:00Z',
      '2026-10-03T16:00:00Z',
    ],
    // Beirut changes at midnight: on 29 March 2026 00:00 becomes 01:00 (22:00Z the day before).
    ['at midnight', windowOf('00:00', '02:00', 'Asia/Beirut', ['sun']), '2026-03-28T22:00:00Z', '2026-03-28T23:00:00Z'],
  ];
  it.each(rows)('a window that %s opens and closes when it should', (_name, window, opens, closes) => {
    const [start, end] = [Date.parse(opens), Date.parse(closes)];
    expect(opensAt(window, instant(start - 12 * 3_600_000))).toBe(instant(start));
    expect(isOpen(window, instant(start - 1))).toBe(false);
    expect(isOpen(window, instant(start))).toBe(true);
    expect(isOpen(window, instant(end - 1))).toBe(true);
    expect(isOpen(window, instant(end))).toBe(false);
  });
});

describe('opensAt', () => {
  it.each([
    [
      'now, while it is open',
      windowOf('02:00', '05:00', 'UTC'),
      '2026-11-21T03:00:00.000Z',
      '2026-11-21T03:00:00.000Z',
    ],
    ['later today', windowOf('02:00', '05:00', 'UTC'), '2026-11-21T01:00:00.000Z', '2026-11-21T02:00:00.000Z'],
    ['tomorrow', windowOf('02:00', '05:00', 'UTC'), '2026-11-21T05:00:00.000Z', '2026-11-22T02:00:00.000Z'],
    ['in a week', windowOf('02:00', '05:00', 'UTC', ['sat']), '2026-11-21T05:00:00.000Z', '2026-11-28T02:00:00.000Z'],
    [
      'a week late, where the clock is put forward over the whole of it',
      windowOf('02:00', '03:00', 'Europe/Berlin', ['sun']),
      '2026-03-28T12:00:00.000Z',
      '2026-04-05T00:00:00.000Z',
    ],
    ['never, on no day', windowOf('02:00', '05:00', 'UTC', []), '2026-11-21T03:00:00.000Z', null],
  ])('%s', (_name, window, time, expected) => {
    expect(opensAt(window, at(time))).toBe(expected);
  });

  it('is always reached, and every window is open within a week, wherever and whenever', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Beirut',
      'Pacific/Kiritimati',
      'America/St_Johns',
    );
    const time = fc.nat({ max: 1439 }).map((minutes) => `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`);
    const pad = (number: number): string => String(number).padStart(2, '0');
    const windows = fc.record({
      days: fc.subarray([...everyDay], { minLength: 1 }),
      from: time,
      to: time,
      timeZone: zones,
    });
    const times = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
    fc.assert(
      fc.property(windows, times, (window, now) => {
        // A window that ends where the clock is put forward over it may be missing once.
        fc.pre(windowLengthMinutes(window) > 60);
        const next = opensAt(window, instant(now));
        if (next === null) throw new TypeError('never opens');
        expect(isOpen(window, next)).toBe(true);
        expect(Date.parse(next)).toBeGreaterThanOrEqual(now);
        expect(Date.parse(next) - now).toBeLessThanOrEqual((7 * 24 + 1) * 3_600_000);
        if (Date.parse(next) > now) expect(isOpen(window, instant(now))).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

it.each([
  ['02:00', '05:00', 180],
  ['22:00', '04:00', 360],
  ['06:00', '06:00', 1440],
  ['00:00', '23:59', 1439],
  ['23:59', '00:00', 1],
])('from %s to %s are %i minutes', (from, to, minutes) => {
  expect(windowLengthMinutes({ from, to })).toBe(minutes);
});

it.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['Europe/Berlino', false],
  ['+02:00', false],
  ['', false],
  ['../etc', false],
])('%j is a time zone: %s', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});
