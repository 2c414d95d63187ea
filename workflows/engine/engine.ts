import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../functions/domain/json.ts';
import type { EngineClock } from './clock.ts';
import { waitUntil } from './clock.ts';
import type { Execution, Failure, Journal } from './journal.ts';
import { type Machine, readMachine as readAsl, type TaskState } from './machine.ts';
import { throughText } from './through-text.ts';
import { begin, fail, type Move, pass, payloadOf, taskAnswered, taskFailed } from './transition.ts';

export interface EngineOptions {
  readonly journal: Journal;
  readonly clock: EngineClock;
  /** Evenly from 0 up to, not including, 1. For jitter. */
  readonly random: () => number;
  readonly invoke: Invoke;
  /** By strategy: the ASL text after `substitute`. */
  readonly definitions: { readonly [strategy: string]: string };
  /** How many executions are driven side by side; 50 unless told. */
  readonly maximumConcurrent?: number;
  /** How often to look for executions that another process started; 1 unless told. */
  readonly pollSeconds?: number;
  /** Reads a definition's text; a simulation of many engines reads each text once. */
  readonly readMachine?: typeof readAsl;
}

/** Runs one step. What it throws is known by `error.name`. */
export type Invoke = (step: string, payload: JsonObject, context: InvocationContext) => Promise<Json>;

export type InvocationContext = {
  /** The engine gives up after this; the late answer is ignored, but what the step did has happened. */
  readonly timeoutSeconds: number;
  readonly executionName: string;
  /** From 1; the same number again after a crash. */
  readonly attempt: number;
};

export interface Engine {
  /**
   * Resolves when the journal holds it. The same name with the same input is the same execution.
   * @throws TypeError for a strategy that has no definition
   */
  readonly start: (
    name: string,
    strategy: string,
    input: JsonObject,
  ) => Promise<'started' | 'already-started' | 'taken-by-another-input'>;
  /**
   * Drives everything, also what other processes start, until aborted; resolves when the steps in flight have ended.
   * @throws what the journal throws: without it no step may run
   */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Drives everything that is due; resolves with the next wake time in milliseconds since 1970, or null. */
  readonly runUntilIdle: () => Promise<number | null>;
  /**
   * Drives one execution through its waits; resolves with how it stands when it has ended or the signal is aborted.
   * @throws TypeError when there is no such execution
   */
  readonly settle: (name: string, signal?: AbortSignal) => Promise<Execution>;
}

/**
 * Runs definitions on one machine as Step Functions does. Every transition is in the journal before the next effect,
 * so a process may die at any instant: what was in flight is invoked again, waits and retries stand where they stood.
 *
 * One engine at a time should drive a journal. Two do no harm, since the second to write starts over from what the
 * first wrote, but steps run twice.
 *
 * @throws TypeError for a definition that it would not run as AWS does
 */
export const createEngine = (options: EngineOptions): Engine => {
  const { journal, clock, random, invoke, definitions } = options;
  const { maximumConcurrent = 50, pollSeconds = 1, readMachine = readAsl } = options;
  const machines = new Map<string, Machine>();
  const driving = new Map<string, Promise<void>>();
  const pauses = new Set<() => void>();
  const never = new AbortController().signal;
  let stirs = 0;
  /** What the journal threw. From then on nothing is invoked or written, as if the process had died. */
  let broken: { readonly error: unknown } | null = null;

  const current = new Map(
    Object.entries(definitions).map(([strategy, text]) => {
      const [hash, machine] = [hashOf(text), readMachine(strategy, text)];
      machines.set(hash, machine);
      return [strategy, { text, hash, machine }];
    }),
  );

  /** The machine that it started with; a failure when this engine would not run it as AWS does. */
  const machineOf = async (execution: Execution): Promise<Machine | Failure> => {
    const present = machines.get(execution.definitionHash);
    if (present !== undefined) return present;
    const text = await journal.definitionText(execution.definitionHash);
    if (text === null || hashOf(text) !== execution.definitionHash) {
      throw new TypeError(`The journal has lost the definition that ${execution.name} started with.`);
    }
    try {
      const machine = readMachine(execution.definition, text);
      machines.set(execution.definitionHash, machine);
      return machine;
    } catch (error) {
      if (error instanceof TypeError) return { error: 'States.Runtime', cause: error.message };
      throw error;
    }
  };

  const move = async (execution: Execution): Promise<Move> => {
    const machine = await machineOf(execution);
    if ('error' in machine) return fail(execution, machine, clock.now());
    const state = machine.states.get(execution.state);
    if (state === undefined) throw new TypeError(`${execution.name} stands in ${execution.state}, which is no state.`);
    if (state.type !== 'Task') return pass(machine, execution, state, clock.now());
    const outcome = await perform(execution, state);
    return outcome.kind === 'failed'
      ? taskFailed(machine, execution, state, outcome.failure, clock.now(), random)
      : taskAnswered(machine, execution, state, outcome.answer, clock.now(), random);
  };

  const perform = async (execution: Execution, task: TaskState): Promise<Outcome> => {
    const payload = await payloadOf(execution, task);
    if (payload.kind === 'failed') return payload;
    const attempt = 1 + execution.retries.reduce((sum, count) => sum + count, 0);
    const over = new AbortController();
    const timedOut = waitUntil(clock, clock.now() + task.timeoutSeconds * 1000, over.signal).then(() => timeOut(task));
    try {
      return await Promise.race([
        call(() =>
          invoke(task.functionName, payload.value, {
            timeoutSeconds: task.timeoutSeconds,
            executionName: execution.name,
            attempt,
          }),
        ),
        timedOut,
      ]);
    } finally {
      over.abort('answered');
    }
  };

  /** Moves an execution on until it has to wait, has ended, or somebody else moved it. */
  const drive = async (name: string, signal: AbortSignal): Promise<void> => {
    let execution = await journal.read(name);
    while (execution !== null && isDue(execution, clock.now()) && !isBroken() && !signal.aborted) {
      const { execution: next, entries } = await move(execution);
      if (isBroken() || !(await journal.save(next, entries))) return;
      execution = { ...next, revision: next.revision + 1 };
    }
  };

  const launch = (name: string, signal: AbortSignal): Promise<void> => {
    const present = driving.get(name);
    if (present !== undefined) return present;
    const done = drive(name, signal)
      .catch((error: unknown) => {
        broken ??= { error };
      })
      .finally(() => {
        driving.delete(name);
        stir();
      });
    driving.set(name, done);
    return done;
  };

  const launchDue = async (signal: AbortSignal): Promise<number | null> => {
    try {
      const { due, nextWakeAt } = await journal.runnable(clock.now(), maximumConcurrent);
      for (const name of due) if (driving.size < maximumConcurrent && broken === null) void launch(name, signal);
      return nextWakeAt;
    } catch (error) {
      broken ??= { error };
      return null;
    }
  };

  /** Something may be due: ends every pause, also one that is about to begin. */
  const stir = (): void => {
    stirs += 1;
    for (const end of pauses) end();
  };

  const pause = async (at: number, signal: AbortSignal, stirsSeen: number): Promise<void> => {
    if (stirs !== stirsSeen || signal.aborted) return;
    const over = new AbortController();
    const end = (): void => over.abort('stirred');
    pauses.add(end);
    signal.addEventListener('abort', end);
    await waitUntil(clock, at, over.signal);
    pauses.delete(end);
    signal.removeEventListener('abort', end);
  };

  const isBroken = (): boolean => broken !== null;
  const throwIfBroken = (): void => {
    if (broken !== null) throw broken.error;
  };

  return {
    start: async (name, strategy, input) => {
      const definition = current.get(strategy);
      if (definition === undefined) throw new TypeError(`There is no definition ${strategy}. Nothing was started.`);
      const { text, hash: definitionHash, machine } = definition;
      const first = await begin(machine, { name, definition: strategy, definitionHash, input }, clock.now());
      const answer = await journal.start(first.execution, text, first.entries);
      stir();
      if (answer.kind === 'started') return 'started';
      return isDeepStrictEqual(answer.execution.input, input) ? 'already-started' : 'taken-by-another-input';
    },

    run: async (signal) => {
      while (!signal.aborted && broken === null) {
        const stirsSeen = stirs;
        const nextWakeAt = await launchDue(signal);
        await pause(Math.min(nextWakeAt ?? Infinity, clock.now() + pollSeconds * 1000), signal, stirsSeen);
      }
      await Promise.all(driving.values());
      throwIfBroken();
    },

    runUntilIdle: async () => {
      for (;;) {
        const nextWakeAt = await launchDue(never);
        throwIfBroken();
        if (driving.size === 0) return nextWakeAt;
        await Promise.race(driving.values());
      }
    },

    settle: async (name, signal = never) => {
      for (;;) {
        const stirsSeen = stirs;
        const execution = await journal.read(name);
        if (execution === null) throw new TypeError(`There is no execution ${name}.`);
        if (execution.status !== 'running' || signal.aborted) return execution;
        if (isDue(execution, clock.now())) await launch(name, signal);
        else await pause(execution.wakeAt ?? 0, signal, stirsSeen);
        throwIfBroken();
      }
    },
  };
};

type Outcome =
  | { readonly kind: 'answered'; readonly answer: Json }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The step's answer as a Lambda function's would arrive: by way of text. */
const call = async (step: () => Promise<Json>): Promise<Outcome> => {
  try {
    return { kind: 'answered', answer: throughText(await step()) };
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
};

const failureOf = (error: unknown): Failure =>
  error instanceof Error
    ? { error: error.name, cause: error.message }
    : { error: 'Error', cause: 'The step threw something that is not an error.' };

const timeOut = (task: TaskState): Outcome => ({
  kind: 'failed',
  failure: { error: 'States.Timeout', cause: `${task.functionName} did not answer within ${task.timeoutSeconds} s.` },
});

const isDue = (execution: Execution, now: number): boolean =>
  execution.status === 'running' && (execution.wakeAt ?? 0) <= now;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
