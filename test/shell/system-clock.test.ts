import { expect, it, vi } from 'vitest';
import { engineClock } from '../../functions/local/clock.ts';
import { systemClock } from '../../functions/shell/system-clock.ts';

const monthSeconds = 31 * 24 * 3600;

it('sleeps longer than one timer can', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  let over = false;
  const sleeping = systemClock.sleep(2 * monthSeconds).then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(2 * monthSeconds * 1000 - 1);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await sleeping;
  vi.useRealTimers();
});

it("the engine's clock wakes early rather than at once, and when it is aborted", async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  let over = 0;
  const until = (signal: AbortSignal) =>
    engineClock.until(Date.now() + 2 * monthSeconds * 1000, signal).then(() => {
      over += 1;
    });
  const stop = new AbortController();
  const [waiting, aborted] = [until(new AbortController().signal), until(stop.signal)];
  await vi.advanceTimersByTimeAsync(20 * 24 * 3600 * 1000);
  expect(over).toBe(0);
  stop.abort();
  await aborted;
  expect(over).toBe(1);
  await vi.advanceTimersByTimeAsync(5 * 24 * 3600 * 1000);
  await waiting;
  expect(over).toBe(2);
  await engineClock.until(Date.now() + 1000, AbortSignal.abort());
  vi.useRealTimers();
});
