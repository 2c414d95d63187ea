import type { RotationWindow } from './credential.ts';
import { type Instant, instant, milliseconds } from './identifiers.ts';

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const minute = 60_000;
const day = 24 * 60 * minute;

/** Whether a scheduled rotation may start at that instant. No window: always. */
export const isOpen = (window: RotationWindow | null, at: Instant): boolean => opensAt(window, at) === at;

/**
 * When a scheduled rotation may start next.
 * @param at not before this
 * @returns `at` itself while the window is open; null when it never opens
 */
export const opensAt = (window: RotationWindow | null, at: Instant): Instant | null => {
  if (window === null) return at;
  const now = milliseconds(at);
  const today = Math.floor((now + offsetAt(window.timeZone, now)) / day) * day;
  // From yesterday, whose window may go over midnight, to a week after tomorrow: by then every weekday has come.
  for (let date = today - day; date <= today + 8 * day; date += day) {
    if (!window.days.some((weekday) => weekday === weekdays[new Date(date).getUTCDay()])) continue;
    const { start, end } = onDate(window, date);
    if (now >= end || start >= end) continue;
    // Stryker disable next-line EqualityOperator: at its very start, `at` and the start are the same instant
    return now < start ? instant(start) : at;
  }
  return null;
};

/** How long the window is by the clock on the wall, in minutes; both ends equal is a whole day. */
export const windowLengthMinutes = ({ from, to }: Pick<RotationWindow, 'from' | 'to'>): number =>
  (minutesOf(to) - minutesOf(from) + 1440) % 1440 || 1440;

/** Whether the name is an IANA time zone that this machine knows. */
export const isTimeZone = (name: string): boolean => {
  // Newer engines also take offsets, such as +02:00: these know no summer time.
  // Stryker disable next-line ConditionalExpression,Regex: the Node that runs this may be one that takes no offsets
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    localClock(name);
    return true;
  } catch {
    return false;
  }
};

/** The window that begins on a local date, given as that date's midnight in UTC. */
const onDate = (window: RotationWindow, date: number): { readonly start: number; readonly end: number } => {
  const from = date + minutesOf(window.from) * minute;
  // Stryker disable next-line StringLiteral: any word but the other one means this
  const start = toInstant(window.timeZone, from, 'first-moment');
  return { start, end: toInstant(window.timeZone, from + windowLengthMinutes(window) * minute, 'moved-by-gap') };
};

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/**
 * The instant at which the clock on the wall shows a local time. Shown twice, it is the first. Never shown, because
 * the clock was put forward over it, it is the first moment after the gap, or as long after it as it lies in the gap:
 * so a window that begins in the gap opens when the gap is over, and one that ends there closes later by the gap.
 */
const toInstant = (timeZone: string, local: number, inGap: 'first-moment' | 'moved-by-gap'): number => {
  const before = offsetAt(timeZone, local - day);
  const after = offsetAt(timeZone, local + day);
  const candidates = [local - before, local - after].filter((at) => at + offsetAt(timeZone, at) === local);
  if (candidates.length > 0) return Math.min(...candidates);
  if (inGap === 'moved-by-gap') return local - before;
  // Stryker disable next-line ArithmeticOperator: from further off the search finds the same change
  return changeBetween(timeZone, local - after, local - before);
};

/** The first minute, after `early` and up to `late`, that has the offset of `late`. */
const changeBetween = (timeZone: string, early: number, late: number): number => {
  const offset = offsetAt(timeZone, late);
  let [wrong, right] = [early, late];
  while (right - wrong > minute) {
    const middle = wrong + Math.floor((right - wrong) / 2 / minute) * minute;
    if (offsetAt(timeZone, middle) === offset) right = middle;
    else wrong = middle;
  }
  return right;
};

/** How far the clock on the wall is ahead of UTC, in milliseconds. */
const offsetAt = (timeZone: string, at: number): number => {
  const parts = new Map(
    localClock(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return shown - Math.floor(at / minute) * minute;
};

// A formatter costs more than a thousand uses of it, and a sweep asks about thousands of credentials.
const clocks = new Map<string, Intl.DateTimeFormat>();

const localClock = (timeZone: string): Intl.DateTimeFormat => {
  const known = clocks.get(timeZone);
  // Stryker disable next-line ConditionalExpression: without it the answer is the same, and late
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  clocks.set(timeZone, clock);
  return clock;
};
