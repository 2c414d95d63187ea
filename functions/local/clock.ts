import type { EngineClock } from '../../workflows/engine/clock.ts';

/** Beyond it a timer fires at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args, 2026-11. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/** This machine's time, for the engine. */
export const engineClock: EngineClock = {
  now: () => Date.now(),
  until: (at, signal) =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(Math.max(at - Date.now(), 0), longestTimerMilliseconds));
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    }),
};
