import { readFileSync } from 'node:fs';
import validate from 'asl-validator';
import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../functions/domain/json.ts';
import type { Flow, State, StepState } from '../../workflows/flow.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitute, substitutions } from '../../workflows/substitutions.ts';
import { toAsl } from '../../workflows/to-asl.ts';

const committed = (strategy: string): string =>
  readFileSync(new URL(`../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');

const entrySchema = z.looseObject({ ErrorEquals: z.array(z.string()), Next: z.string().optional() });
const stateSchema = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  Choices: z.array(z.looseObject({ Next: z.string() })).optional(),
  TimeoutSeconds: z.number().optional(),
  Retry: z.array(entrySchema).optional(),
  Catch: z.array(entrySchema).optional(),
  Error: z.string().optional(),
});
const definitionSchema = z.looseObject({
  QueryLanguage: z.string(),
  StartAt: z.string(),
  States: z.record(z.string(), stateSchema),
});

const successors = (state: z.infer<typeof stateSchema>): string[] =>
  [
    state.Next,
    state.Default,
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
  ].filter((next) => next !== undefined);

describe.each(Object.entries(flows))('the definition of %s', (strategy, flow) => {
  const text = committed(strategy);
  const definition = definitionSchema.parse(JSON.parse(text));
  const states = Object.entries(definition.States);

  test('is what the generator writes', () => {
    expect(text).toBe(toAsl(flow));
  });

  test('passes asl-validator', () => {
    // It writes into its argument.
    const { isValid, errorsText } = validate(z.record(z.string(), z.unknown()).parse(JSON.parse(text)));
    expect(isValid, errorsText('\n')).toBe(true);
  });

  test('every task has a timeout, retries, and a catch whose last entry catches everything', () => {
    const tasks = states.filter(([, { Type }]) => Type === 'Task');
    expect(tasks.length).toBeGreaterThan(10);
    for (const [name, task] of tasks) {
      expect(task.TimeoutSeconds, name).toBeGreaterThan(0);
      expect(task.Retry?.length, name).toBeGreaterThan(0);
      expect(task.Catch?.at(-1)?.ErrorEquals, name).toEqual(['States.ALL']);
    }
  });

  test('States.ALL stands alone and last wherever it stands', () => {
    for (const [name, state] of states) {
      for (const entries of [state.Retry ?? [], state.Catch ?? []]) {
        for (const { ErrorEquals } of entries.slice(0, -1)) expect(ErrorEquals, name).not.toContain('States.ALL');
        if (entries.at(-1)?.ErrorEquals.includes('States.ALL')) expect(entries.at(-1)?.ErrorEquals).toHaveLength(1);
      }
    }
  });

  test('every next state exists and every state is reached', () => {
    const reached = new Set<string>();
    const open = [definition.StartAt];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (reached.has(name)) continue;
      reached.add(name);
      const state = definition.States[name];
      if (state === undefined) throw new Error(`There is no state ${name}.`);
      open.push(...successors(state));
    }
    expect([...reached].sort()).toEqual(states.map(([name]) => name).sort());
  });

  test('every state leads to an end, and no loop is without a task or a wait', () => {
    const ends = new Set(states.filter(([, { Type }]) => ['Succeed', 'Fail'].includes(Type)).map(([name]) => name));
    for (let grown = true; grown; ) {
      const before = ends.size;
      for (const [name, state] of states) if (successors(state).some((next) => ends.has(next))) ends.add(name);
      grown = ends.size > before;
    }
    expect(ends.size).toBe(states.length);

    const choices = new Map(states.filter(([, { Type }]) => Type === 'Choice'));
    const settles = (name: string, path: readonly string[]): boolean => {
      const state = choices.get(name);
      return (
        state === undefined ||
        (!path.includes(name) && successors(state).every((next) => settles(next, [...path, name])))
      );
    };
    for (const name of choices.keys()) expect(settles(name, []), name).toBe(true);
  });

  test('a Fail has its own name as the error', () => {
    const failures = states.filter(([, { Type }]) => Type === 'Fail');
    expect(failures.map(([, state]) => state.Error)).toEqual(failures.map(([name]) => name));
  });

  test('its substitutions are the steps of its tasks', () => {
    const asked = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, key]) => key);
    expect(asked.sort()).toEqual(Object.keys(substitutions(flow)).sort());
    for (const key of asked) expect(key).toMatch(/^[A-Za-z0-9]+$/);
    const whole = substitute(text, substitutions(flow));
    for (const state of Object.values(flow.states)) {
      if (state.kind === 'step') expect(whole).toContain(`"FunctionName": "${state.run}"`);
    }
    expect(whole).not.toContain('${');
  });

  test('every step that the strategy names is run under the name of its state', () => {
    for (const [name, step] of Object.entries(substitutions(flow))) {
      const state = flow.states[name];
      expect(state?.kind === 'step' && state.run).toBe(step);
    }
  });
});

test('the same flow gives the same text', () => {
  expect(toAsl(flows.overlap)).toBe(toAsl(structuredClone(flows.overlap)));
});

test('a substitution that is not there is named', () => {
  expect(() => substitute(`"\${CreateKey}"`, {})).toThrow(`\${CreateKey}`);
});

const done: State = { kind: 'succeed' };
const step: StepState = {
  kind: 'step',
  run: 'begin',
  timeoutSeconds: 60,
  retry: [],
  onFault: [{ faults: ['anything'], next: 'Done' }],
  next: 'Done',
};
const flow = (state: State, name = 'Only'): Flow => ({
  comment: '',
  startAt: name,
  states: { [name]: state, Done: done },
});
const retry = {
  faults: ['NothingChanged'],
  intervalSeconds: 1,
  maximumAttempts: 1,
  backoffRate: 1,
  maximumDelaySeconds: 2,
  jitter: 'none',
} as const;

test.each<[string, Flow, string]>([
  ['a name with other characters', flow(step, 'Create-Key'), 'State Create-Key: a name is letters and digits'],
  ['a step without a catch-all', flow({ ...step, onFault: [] }), 'State Only: the last catch must catch anything'],
  [
    'anything beside a name',
    flow({ ...step, onFault: [{ faults: ['Refused', 'anything'], next: 'Done' }] }),
    'anything stands alone',
  ],
  [
    'anything before the last',
    flow({ ...step, retry: [{ ...retry, faults: ['anything'] }, retry] }),
    'anything stands alone',
  ],
  [
    'a longest delay that the first exceeds',
    flow({ ...step, retry: [{ ...retry, maximumDelaySeconds: 1 }] }),
    'the longest delay must exceed',
  ],
  ['half a second', flow({ ...step, timeoutSeconds: 0.5 }), '0.5 is not a whole number of seconds'],
  ['more than a year', flow({ kind: 'wait', seconds: 31_536_001, next: 'Done' }), 'from 1 to a year'],
  ['a field that is a path', flow({ kind: 'wait', seconds: { field: 'a.b' }, next: 'Done' }), 'a.b is not a name'],
  [
    'a field that is a word of JSONata',
    flow({ kind: 'wait', seconds: { field: 'in' }, next: 'Done' }),
    'in is not a name',
  ],
  ['a choice without rules', flow({ kind: 'choice', rules: [], otherwise: 'Done' }), 'a choice needs a rule'],
  [
    'a rule without a condition',
    flow({ kind: 'choice', rules: [{ when: {}, next: 'Done' }], otherwise: 'Done' }),
    'a rule needs a condition',
  ],
])('refuses %s', (_, refused, message) => {
  expect(() => toAsl(refused)).toThrow(message);
});

const onlyState = (state: State): z.infer<typeof stateSchema> => {
  const only = definitionSchema.parse(JSON.parse(toAsl(flow(state)))).States['Only'];
  if (only === undefined) throw new Error('The state is gone.');
  return only;
};

const evaluate = async (expression: unknown, states: JsonObject): Promise<unknown> => {
  const result: unknown = await jsonata(z.string().parse(expression).slice(2, -2)).evaluate(undefined, { states });
  return JSON.parse(JSON.stringify(result));
};

test.each<[JsonObject, boolean]>([
  [{ a: "it's", b: 1 }, true],
  [{ a: "it's", b: '1' }, false],
  [{ a: "it's" }, false],
  [{}, false],
  [{ a: null, b: null }, false],
  [{ a: { c: 1 }, b: [1] }, false],
])('the rule a = "it\'s" and b = 1 over %j is %s', async (input, expected) => {
  const state = onlyState({ kind: 'choice', rules: [{ when: { a: "it's", b: 1 }, next: 'Done' }], otherwise: 'Done' });
  expect(await evaluate(state.Choices?.[0]?.['Condition'], { input })).toBe(expected);
});

test('what is set is merged as it is, whatever it holds', async () => {
  const set = {
    text: `a"b'c\\d\n\${x}{%é%}`,
    list: [1, [], [2]],
    nested: { gone: null, yes: true, minus: -1.5 },
    empty: {},
  };
  const state = onlyState({ kind: 'choice', rules: [{ when: { a: 1 }, next: 'Done', set }], otherwise: 'Done' });
  const input = { a: 1, kept: [3] };
  expect(await evaluate(state.Choices?.[0]?.['Output'], { input })).toEqual({ ...input, ...set });
});

test.each<[string, JsonObject, string]>([
  ['plain text', { Error: 'Refused', Cause: 'The key is not valid.' }, 'The key is not valid.'],
  [
    "a Lambda's error",
    {
      Error: 'Refused',
      Cause: '{"errorType":"Refused","errorMessage":"Not valid, says \\"it\\".","trace":["Refused: x"]}',
    },
    'Not valid, says \\"it\\".',
  ],
  ['nothing', { Error: 'States.Timeout' }, ''],
  ['a long text', { Error: 'Refused', Cause: 'x'.repeat(2000) }, 'x'.repeat(500)],
])('a catch keeps the error and what is told about it: %s', async (_, errorOutput, detail) => {
  const state = onlyState({
    ...step,
    onFault: [{ faults: ['anything'], next: 'Done', set: { outcome: 'Escalated' } }],
  });
  expect(await evaluate(state.Catch?.[0]?.['Output'], { input: { kept: 1 }, errorOutput })).toEqual({
    kept: 1,
    fault: { name: errorOutput['Error'], detail },
    outcome: 'Escalated',
  });
});
