import type { Json, JsonObject } from '../../functions/domain/json.ts';
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type InvocationContext,
} from '../../workflows/engine/engine.ts';
import type { Execution, Journal } from '../../workflows/engine/journal.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';
import { memoryJournal } from './memory-journal.ts';

export type Called = { readonly step: string; readonly at: number; readonly payload: JsonObject } & InvocationContext;

export interface EngineWorld {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly clock: ManualClock;
  /** Every invocation, with its time in milliseconds since 1970. */
  readonly calls: readonly Called[];
  /** Drives everything to its end; the clock jumps over the waits. */
  readonly driveToTheEnd: () => Promise<void>;
  /** Starts one with the definition `main` and drives everything to its end. */
  readonly ended: (input?: JsonObject) => Promise<Execution>;
}

/** An engine on a clock that stands still and, unless another is given, a journal in memory. */
export const engineWorld = (
  steps: { readonly [step: string]: (called: Called) => Promise<Json> | Json },
  options: Partial<EngineOptions> & Pick<EngineOptions, 'definitions'> & { readonly clock?: ManualClock },
): EngineWorld => {
  const clock = options.clock ?? manualClock();
  const journal = options.journal ?? memoryJournal();
  const calls: Called[] = [];
  const engine = createEngine({
    random: () => 0.5,
    invoke: async (step, payload, context) => {
      const called = { step, at: clock.now(), payload, ...context };
      calls.push(called);
      const run = steps[step];
      if (run === undefined) throw new Error(`There is no step ${step}.`);
      return run(called);
    },
    ...options,
    clock,
    journal,
  });
  const driveToTheEnd = async (): Promise<void> => {
    for (let next = await engine.runUntilIdle(); next !== null; next = await engine.runUntilIdle())
      clock.advanceTo(next);
  };
  return {
    engine,
    journal,
    clock,
    calls,
    driveToTheEnd,
    ended: async (input = {}) => {
      await engine.start('run', 'main', input);
      await driveToTheEnd();
      return engine.settle('run');
    },
  };
};

/** Text of a definition that starts with the first of these states, and has the ends Done and Bad. */
export const definitionOf = (states: { readonly [name: string]: JsonObject }): string =>
  JSON.stringify({
    QueryLanguage: 'JSONata',
    StartAt: Object.keys(states)[0],
    States: { ...states, Done: { Type: 'Succeed' }, Bad: { Type: 'Fail', Error: 'Bad', Cause: 'It went wrong.' } },
  });

export const task = (step: string, more: JsonObject = {}): JsonObject => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: step, Payload: '{% $states.input %}' },
  Output: '{% $merge([$states.input, $states.result.Payload]) %}',
  TimeoutSeconds: 60,
  Retry: [],
  Catch: [],
  Next: 'Done',
  ...more,
});

/** What a step throws when the world is so. */
export const errorNamed = (name: string, message = 'It failed.'): Error => Object.assign(new Error(message), { name });
