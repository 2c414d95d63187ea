import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../functions/domain/json.ts';
import { readMachine } from '../../../workflows/engine/machine.ts';
import { flows } from '../../../workflows/strategies.ts';
import { substitute, substitutions } from '../../../workflows/substitutions.ts';
import { toAsl } from '../../../workflows/to-asl.ts';
import { definitionOf, task } from '../../support/engine-world.ts';

test.each(Object.entries(flows))('reads the definition of %s', (strategy, flow) => {
  const machine = readMachine(strategy, substitute(toAsl(flow), substitutions(flow)));
  expect([...machine.states.keys()]).toEqual(Object.keys(flow.states));
});

const refusal = (text: string): string => {
  try {
    readMachine('main', text);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
  }
  throw new Error('It was not refused.');
};

const retry = (more: JsonObject): JsonObject => task('a', { Retry: [{ ErrorEquals: ['States.ALL'], ...more }] });
const catching = (...entries: Json[]): JsonObject => task('a', { Catch: entries });
const output = '{% $states.input %}';
const choice = (rule: JsonObject): JsonObject => ({ Type: 'Choice', Choices: [rule], Default: 'Done' });

describe('refuses by the name of state and field', () => {
  test.each<[string, JsonObject, string]>([
    ['Parallel', { Type: 'Parallel', Branches: [], Next: 'Done' }, 'state Only, field Type: "Parallel" is not known'],
    ['Map', { Type: 'Map', Next: 'Done' }, 'state Only, field Type: "Map" is not known'],
    ['a state without a type', { Next: 'Done' }, 'state Only, field Type: is missing'],
    ['a JSONPath field', task('a', { ResultPath: '$.a' }), 'state Only, field ResultPath: unknown field'],
    [
      'another query language',
      task('a', { QueryLanguage: 'JSONPath' }),
      'state Only, field QueryLanguage: unknown field',
    ],
    ['Assign', task('a', { Assign: { a: 1 } }), 'state Only, field Assign: unknown field'],
    ['a heartbeat', task('a', { HeartbeatSeconds: 5 }), 'state Only, field HeartbeatSeconds: unknown field'],
    ['another resource', task('a', { Resource: 'arn:aws:states:::sqs:sendMessage' }), 'state Only, field Resource: '],
    [
      'a qualifier',
      task('a', { Arguments: { FunctionName: 'a', Payload: output, Qualifier: '1' } }),
      'state Only, field Arguments.Qualifier: unknown field',
    ],
    [
      'text that was not substituted',
      task('a', { Arguments: { FunctionName: `\${Only}`, Payload: output } }),
      `state Only, field Arguments.FunctionName: "\${Only}" is not known`,
    ],
    ['a task without a timeout', task('a', { TimeoutSeconds: null }), 'state Only, field TimeoutSeconds: null'],
    ['an unknown field of Retry', retry({ Reason: 'x' }), 'state Only, field Retry[0].Reason: unknown field'],
    ['another jitter', retry({ JitterStrategy: 'HALF' }), 'state Only, field Retry[0].JitterStrategy: "HALF"'],
    ['a rate below one', retry({ BackoffRate: 0.5 }), 'state Only, field Retry[0].BackoffRate: 0.5'],
    [
      'an error name of States that it does not know',
      retry({ ErrorEquals: ['States.TaskFailed'] }),
      'state Only, field Retry[0].ErrorEquals[0]: "States.TaskFailed"',
    ],
    [
      'States.ALL beside another',
      retry({ ErrorEquals: ['States.ALL', 'Refused'] }),
      'States.ALL must stand alone, in the last entry',
    ],
    [
      'States.ALL before another',
      catching(
        { ErrorEquals: ['States.ALL'], Output: output, Next: 'Done' },
        { ErrorEquals: ['Refused'], Output: output, Next: 'Done' },
      ),
      'state Only, field Catch: ',
    ],
    [
      'a catch with a result path',
      catching({ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Done' }),
      'state Only, field Catch[0].ResultPath: unknown field',
    ],
    [
      'a next state that is not there',
      catching({ ErrorEquals: ['States.ALL'], Output: output, Next: 'Gone' }),
      'state Only, field Catch[0].Next: there is no state Gone',
    ],
    ['a name that every object has', task('a', { Next: 'toString' }), 'field Next: there is no state toString'],
    ['a Wait until', { Type: 'Wait', Timestamp: output, Next: 'Done' }, 'state Only, field Timestamp: unknown field'],
    ['a Wait for a part of a second', { Type: 'Wait', Seconds: 0.5, Next: 'Done' }, 'state Only, field Seconds: 0.5'],
    [
      'a Choice without a default',
      { Type: 'Choice', Choices: [{ Condition: output, Next: 'Done' }] },
      'state Only, field Default: is missing',
    ],
    [
      'a rule of JSONPath',
      choice({ Variable: '$.a', StringEquals: 'x', Next: 'Done' }),
      'state Only, field Choices[0].StringEquals: unknown field',
    ],
    [
      'a condition that is no expression',
      choice({ Condition: '$states.input.a', Next: 'Done' }),
      'state Only, field Choices[0].Condition: "$states.input.a" is not known',
    ],
    [
      'an expression that does not parse',
      choice({ Condition: '{% $states.input. %}', Next: 'Done' }),
      'state Only, field Choices[0].Condition: the expression $states.input. does not parse',
    ],
    [
      'a variable that nobody sets',
      choice({ Condition: '{% $region = 1 %}', Next: 'Done' }),
      'state Only, field Choices[0].Condition: the variable $region is not known',
    ],
    [
      'a path from nowhere',
      choice({ Condition: '{% urgency = 1 %}', Next: 'Done' }),
      'state Only, field Choices[0].Condition: a path must start with $states',
    ],
    [
      'an error output where there is none',
      choice({ Condition: '{% $states.errorOutput.Error = 1 %}', Next: 'Done' }),
      'state Only, field Choices[0].Condition: $states.errorOutput is not known here',
    ],
    [
      'a function that Step Functions lacks',
      choice({ Condition: "{% $eval('1') %}", Next: 'Done' }),
      'state Only, field Choices[0].Condition: the function $eval is not known',
    ],
    [
      'a filter, deep inside',
      choice({ Condition: '{% $states.input.a[$uuid() = 1] = 1 %}', Next: 'Done' }),
      'state Only, field Choices[0].Condition: a JSONata expression of the kind filter is not known',
    ],
    ['a field of Succeed', { Type: 'Succeed', Output: output }, 'state Only, field Output: unknown field'],
    ['a Fail without a cause', { Type: 'Fail', Error: 'Bad' }, 'state Only, field Cause: is missing'],
  ])('%s', (_, state, message) => {
    expect(refusal(definitionOf({ Only: state }))).toContain(message);
  });

  test.each<[string, JsonObject, string]>([
    ['a machine of JSONPath', { StartAt: 'Done' }, 'field QueryLanguage: is missing'],
    ['a timeout of the whole', { QueryLanguage: 'JSONata', TimeoutSeconds: 5 }, 'field TimeoutSeconds: unknown field'],
    [
      'a start that is not there',
      { QueryLanguage: 'JSONata', StartAt: 'Gone' },
      'field StartAt: there is no state Gone',
    ],
  ])('%s', (_, definition, message) => {
    const done = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };
    expect(refusal(JSON.stringify({ ...done, ...definition }))).toContain(message);
  });

  test('an expression in one place that is right in another', () => {
    const expression = '{% $states.result.Payload %}';
    const Only = choice({ Condition: expression, Next: 'Done' });
    expect(refusal(definitionOf({ First: task('a', { Output: expression, Next: 'Only' }), Only }))).toContain(
      'state Only, field Choices[0].Condition: $states.result is not known here',
    );
  });

  test('text that is not JSON', () => {
    expect(refusal('{')).toContain('the definition main; nothing was started:\n- it is not JSON');
  });

  test('everything at once, not only the first', () => {
    const message = refusal(
      definitionOf({ Only: task('a', { Assign: {}, ResultPath: null }), Other: { Type: 'Map' } }),
    );
    for (const part of ['field Assign', 'field ResultPath', 'state Other, field Type']) expect(message).toContain(part);
  });
});
