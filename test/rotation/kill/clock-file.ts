import { readFileSync, writeFileSync } from 'node:fs';
import { instant } from '../../../functions/domain/identifiers.ts';
import type { Clock } from '../../../functions/ports.ts';
import type { EngineClock } from '../../../workflows/engine/clock.ts';

export interface SharedTime {
  readonly now: () => number;
  readonly advance: (seconds: number) => void;
  readonly advanceTo: (at: number) => void;
  readonly clock: Clock;
  readonly engineClock: EngineClock;
}

const start = Date.UTC(2026, 10, 21);

export const makeClockFile = (path: string): void => writeFileSync(path, String(start));

/**
 * The one time of several processes, in a file: milliseconds since 1970, always of 13 digits, so that a write replaces
 * all of them at once and a reader finds the old time or the new. It stands still but for `advance`, and survives
 * whoever is killed.
 */
export const clockFile = (path: string): SharedTime => {
  const now = (): number => Number(readFileSync(path, 'latin1'));
  const advanceTo = (at: number): void => {
    if (at > now()) writeFileSync(path, String(Math.ceil(at)), { flag: 'r+' });
  };
  const advance = (seconds: number): void => advanceTo(now() + seconds * 1000);
  return {
    now,
    advance,
    advanceTo,
    clock: {
      now: () => instant(now()),
      sleep: (seconds) => {
        advance(seconds);
        return Promise.resolve();
      },
    },
    engineClock: {
      now,
      // Whoever drives moves the time on when nothing is left to do; what is in flight never outlives its time here.
      until: (_at, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve());
        }),
    },
  };
};
