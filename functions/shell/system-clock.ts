import { instant } from '../domain/identifiers.ts';
import type { Clock } from '../ports.ts';

/** Beyond it a timer fires at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args, 2026-11. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
  sleep: async (seconds) => {
    for (let left = Math.ceil(seconds * 1000); left > 0; left -= longestTimerMilliseconds) {
      await pause(Math.min(left, longestTimerMilliseconds));
    }
  },
};

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
