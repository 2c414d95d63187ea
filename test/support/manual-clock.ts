import type { EngineClock } from '../../workflows/engine/clock.ts';

export interface ManualClock extends EngineClock {
  readonly advance: (seconds: number) => void;
  readonly advanceTo: (at: number) => void;
}

/** Time stands still but for `advance`. */
export const manualClock = (start = Date.UTC(2026, 0, 1)): ManualClock => {
  let now = start;
  const waiting = new Map<() => void, number>();
  const advanceTo = (at: number): void => {
    now = Math.max(now, at);
    for (const [wake, until] of waiting) if (until <= now) wake();
  };
  return {
    now: () => now,
    until: (at, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.set(wake, at);
        signal.addEventListener('abort', wake);
        if (at <= now || signal.aborted) wake();
      }),
    advance: (seconds) => advanceTo(now + seconds * 1000),
    advanceTo,
  };
};
