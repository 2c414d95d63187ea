import { type Instant, instant } from '../../functions/domain/identifiers.ts';
import type { EngineClock } from '../../workflows/engine/clock.ts';

/** Time that only moves from one event to the next. Everything that waits in a simulation waits here. */
export interface VirtualTime extends EngineClock {
  /** Runs something after that many seconds. */
  readonly after: (seconds: number, run: () => void) => void;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly instant: () => Instant;
  /**
   * Waits until everything else has come to a call or to an event, as each call of the outside world does. So those who
   * work at the same instant take turns, call by call, however many promises stand between two calls of one of them.
   */
  readonly turn: () => Promise<void>;
  /** Runs every event up to then, each when all that came before has settled; then it is that time. */
  readonly runUntil: (at: number) => Promise<void>;
}

type Event = { readonly at: number; readonly run: () => void; cancelled: boolean };

/** A tick comes when every promise that can go on without an event has gone on. It costs no turn of the event loop. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve);
  });

export const virtualTime = (start: number): VirtualTime => {
  let now = start;
  let text = instant(start);
  const events: Event[] = [];
  let waiting: (() => void)[] = [];
  const moveTo = (at: number): void => {
    if (at <= now) return;
    now = at;
    text = instant(at);
  };

  const schedule = (at: number, run: () => void): Event => {
    const event = { at, run, cancelled: false };
    let index = events.length;
    while (index > 0 && (events[index - 1]?.at ?? 0) > at) index -= 1;
    events.splice(index, 0, event);
    return event;
  };

  return {
    now: () => now,
    instant: () => text,
    after: (seconds, run) => {
      schedule(now + seconds * 1000, run);
    },
    sleep: (seconds) =>
      new Promise((resolve) => {
        schedule(now + seconds * 1000, resolve);
      }),
    turn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    until: (at, signal) =>
      new Promise((resolve) => {
        if (at <= now || signal.aborted) {
          resolve();
          return;
        }
        const event = schedule(at, resolve);
        signal.addEventListener('abort', () => {
          event.cancelled = true;
          resolve();
        });
      }),
    runUntil: async (at) => {
      for (;;) {
        await settled();
        if (waiting.length > 0) {
          const turns = waiting;
          waiting = [];
          for (const take of turns) take();
          continue;
        }
        const event = events[0];
        if (event === undefined || event.at > at) break;
        events.shift();
        if (event.cancelled) continue;
        moveTo(event.at);
        event.run();
      }
      moveTo(at);
    },
  };
};
