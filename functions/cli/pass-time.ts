import { setTimeout as pause } from 'node:timers/promises';
import { milliseconds } from '../domain/identifiers.ts';
import type { Io } from './io.ts';

/** How often a person sees what is new while steps are at work. */
const tickMilliseconds = 200;
/** How often it is looked for what other processes have begun. */
const pollSeconds = 1;

/** Resolves with the work; meanwhile ticks. */
export const passTime = async <T>(work: Promise<T>, tick: () => Promise<void>): Promise<T> => {
  const done = new AbortController();
  const finished = work.finally(() => done.abort());
  finished.catch(() => undefined);
  while (!done.signal.aborted) {
    await tick();
    await Promise.race([finished, pause(tickMilliseconds, undefined, { signal: done.signal }).catch(() => undefined)]);
  }
  return finished;
};

/** Waits until then, and a second at most. */
export const waitAtMost = async (
  { clock }: Pick<Io, 'clock'>,
  tick: () => Promise<void>,
  wakeAt: number | null,
): Promise<void> => {
  await tick();
  const secondsLeft = wakeAt === null ? pollSeconds : (wakeAt - milliseconds(clock.now())) / 1000;
  await clock.sleep(Math.min(Math.max(secondsLeft, 0), pollSeconds));
};
