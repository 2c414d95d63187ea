import { z } from 'zod';
import { compileTemplate, type Template } from './expression.ts';
import type { Retrier } from './retry-delay.ts';

/** A definition, checked and compiled. */
export type Machine = { readonly startAt: string; readonly states: ReadonlyMap<string, MachineState> };

export type MachineState = TaskState | WaitState | ChoiceState | PassState | { readonly type: 'Succeed' } | FailState;

export type TaskState = {
  readonly type: 'Task';
  readonly functionName: string;
  readonly payload: Template;
  readonly output: Template;
  readonly timeoutSeconds: number;
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
  readonly next: string;
};
export type Catcher = { readonly errorEquals: readonly string[]; readonly output: Template; readonly next: string };
export type WaitState = { readonly type: 'Wait'; readonly seconds: Template; readonly next: string };
export type ChoiceState = {
  readonly type: 'Choice';
  readonly rules: readonly ChoiceRule[];
  readonly otherwise: string;
};
export type ChoiceRule = { readonly condition: Template; readonly output: Template | null; readonly next: string };
export type PassState = { readonly type: 'Pass'; readonly output: Template | null; readonly next: string };
export type FailState = { readonly type: 'Fail'; readonly error: string; readonly cause: string };

/**
 * Reads the Amazon States Language that the generator emits, after substitution, and nothing else: a field that was
 * ignored would be a workflow that runs otherwise here than on AWS.
 * @param name for the message
 * @throws TypeError that names each state and field that is refused
 */
export const readMachine = (name: string, text: string): Machine => {
  const raw = parseJson(name, text);
  const parsed = definitionSchema.safeParse(raw);
  if (!parsed.success)
    throw refused(
      name,
      parsed.error.issues.flatMap((issue) => describe(raw, issue)),
    );
  const { StartAt, States } = parsed.data;
  const problems: string[] = [];
  const compiled = new Map<string, Template>();
  const states = new Map(
    Object.entries(States).map(([state, definition]) => [
      state,
      compile(state, definition, States, { problems, compiled }),
    ]),
  );
  if (!states.has(StartAt)) problems.push(`field StartAt: there is no state ${StartAt}`);
  if (problems.length > 0) throw refused(name, problems);
  return { startAt: StartAt, states };
};

/** Step Functions' longest Wait and retry interval. */
const longestSeconds = 99_999_999;

const expression = z.string().regex(/^\{%.*%\}$/s, 'must be an expression between {% and %}');
const seconds = z.int().min(1).max(longestSeconds);
const errorNames = z
  .array(
    z.string().refine((error) => !error.startsWith('States.') || ['States.ALL', 'States.Timeout'].includes(error), {
      message: 'the engine knows States.ALL and States.Timeout, and no other name of States',
    }),
  )
  .min(1);
const allLast = (entries: readonly { readonly ErrorEquals: readonly string[] }[]): boolean =>
  entries.every(
    ({ ErrorEquals }, index) =>
      !ErrorEquals.includes('States.ALL') || (ErrorEquals.length === 1 && index === entries.length - 1),
  );
const allLastMessage = { message: 'States.ALL must stand alone, in the last entry' };

const retrySchema = z.strictObject({
  ErrorEquals: errorNames,
  IntervalSeconds: seconds.default(1),
  MaxAttempts: z.int().min(0).max(longestSeconds).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: seconds.default(longestSeconds),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});

const stateSchema = z.discriminatedUnion('Type', [
  z.strictObject({
    Type: z.literal('Task'),
    Resource: z.literal('arn:aws:states:::lambda:invoke'),
    Arguments: z.strictObject({
      FunctionName: z.string().regex(/^[^${}%]+$/, 'must be the name of a step: was the text not substituted?'),
      Payload: expression,
    }),
    Output: expression,
    TimeoutSeconds: seconds,
    Retry: z.array(retrySchema).refine(allLast, allLastMessage),
    Catch: z
      .array(z.strictObject({ ErrorEquals: errorNames, Output: expression, Next: z.string() }))
      .refine(allLast, allLastMessage),
    Next: z.string(),
  }),
  z.strictObject({
    Type: z.literal('Wait'),
    Seconds: z.union([z.int().min(0).max(longestSeconds), expression]),
    Next: z.string(),
  }),
  z.strictObject({
    Type: z.literal('Choice'),
    Choices: z.array(z.strictObject({ Condition: expression, Output: expression.optional(), Next: z.string() })).min(1),
    Default: z.string(),
  }),
  z.strictObject({ Type: z.literal('Pass'), Output: expression.optional(), Next: z.string() }),
  z.strictObject({ Type: z.literal('Succeed') }),
  z.strictObject({ Type: z.literal('Fail'), Error: z.string(), Cause: z.string() }),
]);

const definitionSchema = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata'),
  StartAt: z.string(),
  States: z.record(z.string(), stateSchema),
});

type Definition = z.infer<typeof stateSchema>;

/** What is gathered on the way: what is wrong, and each different expression, compiled once. */
type Gathered = { readonly problems: string[]; readonly compiled: Map<string, Template> };

const compile = (
  name: string,
  definition: Definition,
  all: Readonly<Record<string, Definition>>,
  { problems, compiled }: Gathered,
): MachineState => {
  const template = (field: string, part: string | number, more: readonly string[] = []): Template => {
    const key = JSON.stringify([part, more]);
    try {
      const done = compiled.get(key) ?? compileTemplate(part, ['input', 'context', ...more]);
      compiled.set(key, done);
      return done;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      problems.push(`state ${name}, field ${field}: ${error.message}`);
      return compileTemplate(null, []);
    }
  };
  const to = (field: string, next: string): string => {
    if (!Object.hasOwn(all, next)) problems.push(`state ${name}, field ${field}: there is no state ${next}`);
    return next;
  };
  switch (definition.Type) {
    case 'Task':
      return {
        type: 'Task',
        functionName: definition.Arguments.FunctionName,
        payload: template('Arguments.Payload', definition.Arguments.Payload),
        output: template('Output', definition.Output, ['result']),
        timeoutSeconds: definition.TimeoutSeconds,
        retriers: definition.Retry.map((entry) => ({
          errorEquals: entry.ErrorEquals,
          intervalSeconds: entry.IntervalSeconds,
          maxAttempts: entry.MaxAttempts,
          backoffRate: entry.BackoffRate,
          maxDelaySeconds: entry.MaxDelaySeconds,
          jitter: entry.JitterStrategy,
        })),
        catchers: definition.Catch.map((entry, index) => ({
          errorEquals: entry.ErrorEquals,
          output: template(`Catch[${index}].Output`, entry.Output, ['errorOutput']),
          next: to(`Catch[${index}].Next`, entry.Next),
        })),
        next: to('Next', definition.Next),
      };
    case 'Wait':
      return { type: 'Wait', seconds: template('Seconds', definition.Seconds), next: to('Next', definition.Next) };
    case 'Choice':
      return {
        type: 'Choice',
        rules: definition.Choices.map((rule, index) => ({
          condition: template(`Choices[${index}].Condition`, rule.Condition),
          output: rule.Output === undefined ? null : template(`Choices[${index}].Output`, rule.Output),
          next: to(`Choices[${index}].Next`, rule.Next),
        })),
        otherwise: to('Default', definition.Default),
      };
    case 'Pass':
      return {
        type: 'Pass',
        output: definition.Output === undefined ? null : template('Output', definition.Output),
        next: to('Next', definition.Next),
      };
    case 'Succeed':
      return { type: 'Succeed' };
    case 'Fail':
      return { type: 'Fail', error: definition.Error, cause: definition.Cause };
  }
};

const parseJson = (name: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(name, ['it is not JSON']);
  }
};

const refused = (name: string, problems: readonly string[]): TypeError =>
  new TypeError(
    [
      `The embedded engine refuses the definition ${name}; nothing was started:`,
      ...problems.map((problem) => `- ${problem}`),
      'It runs what workflows/to-asl.ts writes, after substitution. Generate the file anew, or teach the engine the field.',
    ].join('\n'),
  );

const describe = (raw: unknown, issue: z.core.$ZodIssue): readonly string[] => {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${place([...issue.path, key])}: unknown field`);
  const value = issue.path.reduce<unknown>((part, key) => fieldOf(part, key), raw);
  if (value === undefined) return [`${place(issue.path)}: is missing`];
  const options = 'options' in issue && Array.isArray(issue.options) ? ` (known: ${issue.options.join(', ')})` : '';
  return [`${place(issue.path)}: ${JSON.stringify(value).slice(0, 100)} is not known: ${issue.message}${options}`];
};

const place = (path: readonly PropertyKey[]): string => {
  const [top, state, ...rest] = path;
  if (top !== 'States' || state === undefined) return `field ${fieldPath(path)}`;
  return rest.length === 0 ? `state ${String(state)}` : `state ${String(state)}, field ${fieldPath(rest)}`;
};

const fieldPath = (path: readonly PropertyKey[]): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`)).join('');

const fieldOf = (part: unknown, key: PropertyKey): unknown =>
  typeof part === 'object' && part !== null ? Reflect.get(part, key) : undefined;
