import type { FaultName } from '../functions/domain/fault.ts';
import type { JsonObject } from '../functions/domain/json.ts';
import type { StepName } from '../functions/steps/step.ts';

/**
 * A workflow as data, over five words: step, wait, choice, succeed, fail. `to-asl.ts` writes it as Amazon States
 * Language. The state is one JSON object: each step's answer is merged into it, and so is what a rule or a catch
 * `set`s; a catch also merges `fault: { name, detail }`.
 */
export type Flow<StateName extends string = string> = {
  readonly comment: string;
  readonly startAt: StateName;
  readonly states: { readonly [Name in StateName]: State<StateName> };
};

export type State<StateName extends string = string> =
  | StepState<StateName>
  | WaitState<StateName>
  | ChoiceState<StateName>
  | SucceedState
  | FailState;

export type StepState<StateName extends string = string> = {
  readonly kind: 'step';
  readonly run: StepName;
  /** The engine gives up on one try of the step after this. Longer than the step's own longest call. */
  readonly timeoutSeconds: number;
  readonly retry: readonly RetryRule[];
  /** The first entry that names the fault decides; the last one must catch everything. */
  readonly onFault: readonly Catch<StateName>[];
  readonly next: StateName;
};

export type WaitState<StateName extends string = string> = {
  readonly kind: 'wait';
  /** A number, or the field of the state that holds it. */
  readonly seconds: number | { readonly field: string };
  readonly next: StateName;
};

export type ChoiceState<StateName extends string = string> = {
  readonly kind: 'choice';
  readonly rules: readonly Rule<StateName>[];
  readonly otherwise: StateName;
};

export type SucceedState = { readonly kind: 'succeed' };
/** Fails with the state's own name as the error. */
export type FailState = { readonly kind: 'fail'; readonly cause: string };

export type Rule<StateName extends string = string> = {
  /** Every field must equal its value. A field that is not there equals nothing. */
  readonly when: { readonly [field: string]: string | number | boolean };
  readonly next: StateName;
  readonly set?: JsonObject;
};

/** `anything` is States.ALL: what nobody knows by name counts as OutcomeUnknown. */
export type FaultMatch = FaultName | 'Superseded' | 'anything';

export type RetryRule = {
  readonly faults: readonly FaultMatch[];
  readonly intervalSeconds: number;
  readonly maximumAttempts: number;
  readonly backoffRate: number;
  readonly maximumDelaySeconds: number;
  readonly jitter: 'full' | 'none';
};

export type Catch<StateName extends string = string> = {
  readonly faults: readonly FaultMatch[];
  readonly next: StateName;
  readonly set?: JsonObject;
};

/** Fixes the state names, so that the compiler checks every `next`. */
export const defineFlow = <const StateName extends string>(flow: {
  readonly comment: string;
  readonly startAt: NoInfer<StateName>;
  readonly states: { readonly [Name in StateName]: State<NoInfer<StateName>> };
}): Flow<StateName> => flow;

/** The same flow in which named states run another step: a strategy. A name that the flow does not have does not compile. */
export const replaceSteps = <StateName extends string>(
  flow: Flow<StateName>,
  comment: string,
  replacements: { readonly [Name in StateName]?: StepName },
): Flow<StateName> => {
  const states: Record<StateName, State<StateName>> = { ...flow.states };
  for (const name in replacements) {
    const state: State<StateName> = states[name];
    const run = replacements[name];
    if (state.kind !== 'step' || run === undefined) throw new TypeError(`${name} is not a step.`);
    states[name] = { ...state, run };
  }
  return { ...flow, comment, states };
};
