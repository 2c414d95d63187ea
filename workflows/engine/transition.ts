import { z } from 'zod';
import type { Json, JsonObject } from '../../functions/domain/json.ts';
import type { StatesVariable, Template } from './expression.ts';
import type { Execution, Failure, HistoryEntry } from './journal.ts';
import type { Catcher, ChoiceState, Machine, MachineState, TaskState } from './machine.ts';
import { matches, retryDelaySeconds } from './retry-delay.ts';

/** The execution after a transition, and what the journal keeps of it. It is one write. */
export type Move = { readonly execution: Execution; readonly entries: readonly HistoryEntry[] };

/** Step Functions' limit for the input of a state, in bytes. */
const largestStateBytes = 262_144;
const longestDetail = 500;

/** A new execution, in its first state. */
export const begin = async (
  machine: Machine,
  start: {
    readonly name: string;
    readonly definition: string;
    readonly definitionHash: string;
    readonly input: JsonObject;
  },
  now: number,
): Promise<Move> => {
  const execution: Execution = {
    ...start,
    status: 'running',
    failure: null,
    state: machine.startAt,
    stateInput: start.input,
    retries: [],
    wakeAt: null,
    startedAt: now,
    endedAt: null,
    output: null,
    revision: 0,
  };
  const move = await enter(machine, execution, machine.startAt, start.input, now);
  return { ...move, entries: [entry(now, machine.startAt, 'started', start.definition), ...move.entries] };
};

/** Leaves a state that asks nothing of the outside: every kind but Task. A Wait must be over. */
export const pass = async (
  machine: Machine,
  execution: Execution,
  state: Exclude<MachineState, TaskState>,
  now: number,
): Promise<Move> => {
  switch (state.type) {
    case 'Wait':
      return enter(machine, execution, state.next, execution.stateInput, now);
    case 'Pass':
      return enterWith(machine, execution, { output: state.output, next: state.next }, inputOf(execution), now);
    case 'Choice':
      return choose(machine, execution, state, now);
    case 'Succeed':
      return {
        execution: { ...execution, status: 'succeeded', output: execution.stateInput, endedAt: now },
        entries: [entry(now, execution.state, 'succeeded', '')],
      };
    case 'Fail':
      return fail(execution, { error: state.error, cause: state.cause }, now);
  }
};

/** What the task's function is called with. */
export const payloadOf = (execution: Execution, task: TaskState): Promise<EvaluatedObject> =>
  objectFrom(task.payload, inputOf(execution));

/** The task's function has answered. */
export const taskAnswered = async (
  machine: Machine,
  execution: Execution,
  task: TaskState,
  answer: Json,
  now: number,
  random: () => number,
): Promise<Move> => {
  const states = { ...inputOf(execution), result: { Payload: answer } };
  const output = await objectFrom(task.output, states);
  return output.kind === 'failed'
    ? taskFailed(machine, execution, task, output.failure, now, random)
    : enter(machine, execution, task.next, output.value, now);
};

/** The task has failed: the first retrier that names the error decides; when it is used up, the first catcher. */
export const taskFailed = async (
  machine: Machine,
  execution: Execution,
  task: TaskState,
  failure: Failure,
  now: number,
  random: () => number,
): Promise<Move> => {
  const index = task.retriers.findIndex(({ errorEquals }) => matches(errorEquals, failure.error));
  const retrier = task.retriers[index];
  const retriesSoFar = execution.retries[index] ?? 0;
  if (retrier !== undefined && retriesSoFar < retrier.maxAttempts) {
    const seconds = retryDelaySeconds(retrier, retriesSoFar, random);
    const retries = task.retriers.map((_, at) => (execution.retries[at] ?? 0) + (at === index ? 1 : 0));
    const plan = `retry ${retriesSoFar + 1} of ${retrier.maxAttempts} in ${seconds.toFixed(1)} s`;
    return {
      execution: { ...execution, retries, wakeAt: now + Math.ceil(seconds * 1000) },
      entries: [entry(now, execution.state, 'retried', `${plan}: ${describe(failure)}`)],
    };
  }
  const catcher = task.catchers.find(({ errorEquals }) => matches(errorEquals, failure.error));
  return catcher === undefined ? fail(execution, failure, now) : caught(machine, execution, catcher, failure, now);
};

/** Ends the execution. */
export const fail = (execution: Execution, failure: Failure, now: number): Move => ({
  execution: { ...execution, status: 'failed', failure, wakeAt: null, endedAt: now },
  entries: [entry(now, execution.state, 'failed', describe(failure))],
});

const caught = async (
  machine: Machine,
  execution: Execution,
  catcher: Catcher,
  failure: Failure,
  now: number,
): Promise<Move> => {
  const states = { ...inputOf(execution), errorOutput: { Error: failure.error, Cause: failure.cause } };
  const move = await enterWith(machine, execution, catcher, states, now);
  return { ...move, entries: [entry(now, execution.state, 'caught', describe(failure)), ...move.entries] };
};

const choose = async (machine: Machine, execution: Execution, state: ChoiceState, now: number): Promise<Move> => {
  const states = inputOf(execution);
  for (const rule of state.rules) {
    const condition = await rule.condition(states);
    if (condition.kind === 'failed') return fail(execution, condition.failure, now);
    if (condition.value === true) return enterWith(machine, execution, rule, states, now);
    if (condition.value !== false) return fail(execution, notBoolean, now);
  }
  return enter(machine, execution, state.otherwise, execution.stateInput, now);
};

const notBoolean: Failure = { error: 'States.QueryEvaluationError', cause: 'The condition is neither true nor false.' };

const enterWith = async (
  machine: Machine,
  execution: Execution,
  { output, next }: { readonly output: Template | null; readonly next: string },
  states: StatesVariable,
  now: number,
): Promise<Move> => {
  if (output === null) return enter(machine, execution, next, execution.stateInput, now);
  const value = await objectFrom(output, states);
  return value.kind === 'failed'
    ? fail(execution, value.failure, now)
    : enter(machine, execution, next, value.value, now);
};

/** Enters a state. A Wait's end is fixed here, so that it stays where it is whenever the process dies. */
const enter = async (
  machine: Machine,
  from: Execution,
  name: string,
  input: JsonObject,
  now: number,
): Promise<Move> => {
  const execution: Execution = { ...from, state: name, stateInput: input, retries: [], wakeAt: null };
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > largestStateBytes) {
    const cause = `The state's input has ${bytes} bytes; ${largestStateBytes} are allowed.`;
    return fail({ ...execution, stateInput: from.stateInput }, { error: 'States.DataLimitExceeded', cause }, now);
  }
  const entered = entry(now, name, 'entered', '');
  const state = machine.states.get(name);
  if (state?.type !== 'Wait') return { execution, entries: [entered] };
  const seconds = await state.seconds(inputOf(execution));
  const parsed = secondsSchema.safeParse(seconds.kind === 'value' ? seconds.value : null);
  if (parsed.success) return { execution: { ...execution, wakeAt: now + parsed.data * 1000 }, entries: [entered] };
  const failure = seconds.kind === 'failed' ? seconds.failure : notSeconds;
  const ended = fail(execution, failure, now);
  return { ...ended, entries: [entered, ...ended.entries] };
};

const secondsSchema = z.int().min(0).max(99_999_999);
const notSeconds: Failure = {
  error: 'States.QueryEvaluationError',
  cause: 'Seconds is not a whole number from 0 to 99999999.',
};

type EvaluatedObject =
  | { readonly kind: 'value'; readonly value: JsonObject }
  | { readonly kind: 'failed'; readonly failure: Failure };

const objectFrom = async (template: Template, states: StatesVariable): Promise<EvaluatedObject> => {
  const evaluated = await template(states);
  if (evaluated.kind === 'failed') return evaluated;
  return isObject(evaluated.value) ? { kind: 'value', value: evaluated.value } : { kind: 'failed', failure: notObject };
};

const notObject: Failure = { error: 'States.QueryEvaluationError', cause: 'The value is not a JSON object.' };

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inputOf = (execution: Execution): StatesVariable => ({
  input: execution.stateInput,
  context: { Execution: { Name: execution.name }, State: { Name: execution.state } },
});

const describe = ({ error, cause }: Failure): string => `${error}: ${cause}`;

const entry = (at: number, state: string, event: HistoryEntry['event'], detail: string): HistoryEntry => ({
  at,
  state,
  event,
  detail: detail.slice(0, longestDetail),
});
