import { expect, test } from 'vitest';
import { waitUntil } from '../../../workflows/engine/clock.ts';
import { manualClock } from '../../support/manual-clock.ts';

const longestTimerMilliseconds = 2 ** 31 - 1;

test('400 days pass on a clock whose timers reach 24.8 days', async () => {
  const clock = manualClock();
  const end = clock.now() + 400 * 86_400_000;
  let timers = 0;
  const chunked = {
    now: clock.now,
    until: (at: number): Promise<void> => {
      timers += 1;
      clock.advanceTo(Math.min(at, clock.now() + longestTimerMilliseconds));
      return Promise.resolve();
    },
  };
  await waitUntil(chunked, end, new AbortController().signal);
  expect(clock.now()).toBe(end);
  expect(timers).toBe(17);
});

test('a wait ends when it is aborted', async () => {
  const clock = manualClock();
  const stop = new AbortController();
  const waiting = waitUntil(clock, clock.now() + 1000, stop.signal);
  stop.abort();
  await waiting;
  await waitUntil(clock, clock.now() + 1000, stop.signal);
});
