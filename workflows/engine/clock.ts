/** Time as the engine sees it, in milliseconds since 1970. */
export interface EngineClock {
  readonly now: () => number;
  /**
   * Resolves at that time or when the signal is aborted, and it may resolve sooner: who waits looks at `now` again.
   * So one timer of at most 2^31 - 1 ms is enough, beyond which setTimeout fires at once
   * (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args, 2026-11).
   */
  readonly until: (at: number, signal: AbortSignal) => Promise<void>;
}

/** Waits the whole time, however often the clock resolves before it. */
export const waitUntil = async (clock: EngineClock, at: number, signal: AbortSignal): Promise<void> => {
  while (clock.now() < at && !signal.aborted) await clock.until(at, signal);
};
