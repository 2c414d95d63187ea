import type { Json, JsonObject } from '../functions/domain/json.ts';
import type { Catch, ChoiceState, FaultMatch, Flow, RetryRule, Rule, State, StepState, WaitState } from './flow.ts';

/**
 * Writes a flow as Amazon States Language with JSONata: one state per state, the same text for the same flow.
 * `${CreateKey}` stands for the function of the state of that name.
 * @throws TypeError, naming the state, for a flow that Step Functions would refuse or read differently
 */
export const toAsl = (flow: Flow): string => {
  const states: JsonObject = Object.fromEntries(
    Object.entries(flow.states).map(([name, state]) => [name, inState(name, () => stateToAsl(name, state))] as const),
  );
  return `${JSON.stringify(
    { Comment: flow.comment, QueryLanguage: 'JSONata', StartAt: flow.startAt, States: states },
    null,
    2,
  )}\n`;
};

const stateToAsl = (name: string, state: State): JsonObject => {
  // CloudFormation takes only letters and digits in the key of a substitution.
  if (!/^[A-Za-z0-9]{1,80}$/.test(name)) throw new TypeError('a name is letters and digits, at most 80');
  switch (state.kind) {
    case 'step':
      return stepToAsl(name, state);
    case 'wait':
      return waitToAsl(state);
    case 'choice':
      return choiceToAsl(state);
    case 'succeed':
      return { Type: 'Succeed' };
    case 'fail':
      return { Type: 'Fail', Error: name, Cause: state.cause };
  }
};

const stepToAsl = (name: string, state: StepState): JsonObject => {
  if (!state.onFault.at(-1)?.faults.includes('anything')) throw new TypeError('the last catch must catch anything');
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: `\${${name}}`, Payload: '{% $states.input %}' },
    Output: '{% $merge([$states.input, $states.result.Payload]) %}',
    TimeoutSeconds: wholeSeconds(state.timeoutSeconds),
    Retry: state.retry.map((rule, index) => retryToAsl(rule, index === state.retry.length - 1)),
    Catch: state.onFault.map((entry, index) => catchToAsl(entry, index === state.onFault.length - 1)),
    Next: state.next,
  };
};

const waitToAsl = (state: WaitState): JsonObject => ({
  Type: 'Wait',
  Seconds: typeof state.seconds === 'number' ? wholeSeconds(state.seconds) : `{% ${inputField(state.seconds.field)} %}`,
  Next: state.next,
});

const choiceToAsl = (state: ChoiceState): JsonObject => {
  if (state.rules.length === 0) throw new TypeError('a choice needs a rule');
  return { Type: 'Choice', Choices: state.rules.map(ruleToAsl), Default: state.otherwise };
};

const ruleToAsl = (rule: Rule): JsonObject => {
  // A field that is not there is `undefined`, and JSONata's `=` answers false for it.
  const conditions = Object.entries(rule.when).map(([field, value]) => `${inputField(field)} = ${literal(value)}`);
  if (conditions.length === 0) throw new TypeError('a rule needs a condition');
  return {
    Condition: `{% ${conditions.join(' and ')} %}`,
    ...(rule.set && { Output: `{% $merge([$states.input, ${literal(rule.set)}]) %}` }),
    Next: rule.next,
  };
};

const retryToAsl = (rule: RetryRule, last: boolean): JsonObject => {
  const errors = errorNames(rule.faults, last);
  if (rule.maximumAttempts === 0) return { ErrorEquals: errors, MaxAttempts: 0 };
  if (rule.maximumDelaySeconds <= rule.intervalSeconds) throw new TypeError('the longest delay must exceed the first');
  return {
    ErrorEquals: errors,
    IntervalSeconds: wholeSeconds(rule.intervalSeconds),
    MaxAttempts: rule.maximumAttempts,
    BackoffRate: rule.backoffRate,
    MaxDelaySeconds: wholeSeconds(rule.maximumDelaySeconds),
    JitterStrategy: rule.jitter === 'full' ? 'FULL' : 'NONE',
  };
};

const catchToAsl = (entry: Catch, last: boolean): JsonObject => ({
  ErrorEquals: errorNames(entry.faults, last),
  Output: `{% $merge([$states.input, { 'fault': { 'name': $states.errorOutput.Error, 'detail': ${faultDetail} } }${
    entry.set ? `, ${literal(entry.set)}` : ''
  }]) %}`,
  Next: entry.next,
});

/**
 * The message, of a Lambda's error (`{"errorType":...,"errorMessage":"...","trace":[...]}`:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html, 2026-11) or as it is; `& ''` makes text of a
 * Cause that is not there. Short, because it stays in the state to the end.
 */
const faultDetail = `$substring($substringBefore($substringAfter($states.errorOutput.Cause & '', '"errorMessage":"'), '","'), 0, 500)`;

const errorNames = (faults: readonly FaultMatch[], last: boolean): readonly string[] => {
  if (!faults.includes('anything')) return faults;
  if (faults.length > 1 || !last) throw new TypeError('anything stands alone, in the last entry');
  return ['States.ALL'];
};

const inputField = (field: string): string => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(field) || ['and', 'or', 'in', 'true', 'false', 'null'].includes(field)) {
    throw new TypeError(`${field} is not a name that JSONata reads as a field`);
  }
  return `$states.input.${field}`;
};

const literal = (value: Json): string => {
  if (typeof value === 'string') return `'${escaped(value)}'`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(literal).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${literal(key)}: ${literal(part)}`)
    .join(', ')} }`;
};

/** JSONata has no `\'`. A `$` or `%` could be read as a substitution or the end of the expression. */
const escaped = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll(/['$%]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

const isList = (value: readonly Json[] | JsonObject): value is readonly Json[] => Array.isArray(value);

/** Step Functions runs an execution for a year at most. */
const yearSeconds = 31_536_000;

const wholeSeconds = (seconds: number): number => {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > yearSeconds) {
    throw new TypeError(`${seconds} is not a whole number of seconds from 1 to a year`);
  }
  return seconds;
};

const inState = <T>(name: string, write: () => T): T => {
  try {
    return write();
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`State ${name}: ${error.message}.`);
    throw error;
  }
};
