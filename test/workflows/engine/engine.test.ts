import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../functions/domain/json.ts';
import type { Execution } from '../../../workflows/engine/journal.ts';
import { definitionOf, engineWorld, errorNamed, task } from '../../support/engine-world.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { memoryJournal } from '../../support/memory-journal.ts';

const start = manualClock().now();
const seconds = (at: number): number => (at - start) / 1000;

const run = async (
  states: { readonly [name: string]: JsonObject },
  steps: Parameters<typeof engineWorld>[0] = {},
  input: JsonObject = {},
): Promise<Execution> => engineWorld(steps, { definitions: { main: definitionOf(states) } }).ended(input);

const merge = (literal: string): string => `{% $merge([$states.input, ${literal}]) %}`;
const all = (more: JsonObject = {}): JsonObject => ({ ErrorEquals: ['States.ALL'], ...more });

describe('states', () => {
  test('a task is invoked with the state, and its answer is merged into it', async () => {
    const world = engineWorld(
      { a: () => ({ b: 2, c: [3] }) },
      { definitions: { main: definitionOf({ A: task('a') }) } },
    );
    const ended = await world.ended({ a: 1, b: 1 });
    expect(world.calls).toMatchObject([
      { step: 'a', payload: { a: 1, b: 1 }, timeoutSeconds: 60, executionName: 'run', attempt: 1 },
    ]);
    expect(ended).toMatchObject({ status: 'succeeded', state: 'Done', output: { a: 1, b: 2, c: [3] }, failure: null });
  });

  test('what a step does to its payload later changes nothing', async () => {
    const nested = { list: [1] };
    const states = { A: task('a', { Next: 'B' }), B: task('b') };
    const answer = { kept: [1] };
    const ended = await run(
      states,
      {
        a: ({ payload }) => {
          Object.assign(payload, { broken: true });
          return answer;
        },
        b: () => {
          answer.kept.push(2);
          return {};
        },
      },
      { nested },
    );
    expect(ended.output).toEqual({ nested: { list: [1] }, kept: [1] });
  });

  test('a fail ends with its error and cause', async () => {
    const ended = await run({ A: { Type: 'Pass', Next: 'Bad' } });
    expect(ended).toMatchObject({ status: 'failed', state: 'Bad', output: null });
    expect(ended.failure).toEqual({ error: 'Bad', cause: 'It went wrong.' });
  });

  test('a pass changes the state only by its output', async () => {
    const ended = await run(
      { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Output: merge('{ "b": 2 }'), Next: 'Done' } },
      {},
      { a: 1 },
    );
    expect(ended.output).toEqual({ a: 1, b: 2 });
  });

  test.each<[JsonObject, string, Json]>([
    [{ a: 'x', b: true }, 'Done', 'first'],
    [{ a: 'x', b: false }, 'Done', 'second'],
    [{ a: 'x' }, 'Done', 'second'],
    [{}, 'Bad', null],
    [{ a: null }, 'Bad', null],
    [{ a: { x: 1 } }, 'Bad', null],
  ])('a choice over %j ends in %s', async (input, state, by) => {
    const ended = await run(
      {
        Which: {
          Type: 'Choice',
          Choices: [
            {
              Condition: "{% $states.input.a = 'x' and $states.input.b = true %}",
              Output: merge("{ 'by': 'first' }"),
              Next: 'Done',
            },
            { Condition: "{% $states.input.a = 'x' %}", Output: merge("{ 'by': 'second' }"), Next: 'Done' },
          ],
          Default: 'Bad',
        },
      },
      {},
      input,
    );
    expect(ended.state).toBe(state);
    expect(ended.output?.['by'] ?? null).toBe(by);
  });

  test.each<[string, Json, JsonObject, number]>([
    ['a number', 5, {}, 5],
    ['nothing', 0, {}, 0],
    ['a field', '{% $states.input.pauseSeconds %}', { pauseSeconds: 7 }, 7],
    ['400 days', '{% $states.input.pauseSeconds %}', { pauseSeconds: 400 * 86_400 }, 34_560_000],
  ])('a wait for %s', async (_, Seconds, input, expected) => {
    const ended = await run({ Pause: { Type: 'Wait', Seconds, Next: 'Done' } }, {}, input);
    expect(ended.state).toBe('Done');
    expect(seconds(ended.endedAt ?? 0)).toBe(expected);
  });

  test.each<[string, JsonObject]>([
    ['is missing', {}],
    ['is not whole', { pauseSeconds: 0.5 }],
    ['is negative', { pauseSeconds: -1 }],
    ['is text', { pauseSeconds: '5' }],
  ])('a wait whose field %s fails by name', async (_, input) => {
    const Pause = { Type: 'Wait', Seconds: '{% $states.input.pauseSeconds %}', Next: 'Done' };
    const ended = await run({ Pause }, {}, input);
    expect(ended).toMatchObject({
      status: 'failed',
      state: 'Pause',
      failure: { error: 'States.QueryEvaluationError' },
    });
  });

  test('a condition that is neither true nor false fails by name', async () => {
    const Which = { Type: 'Choice', Choices: [{ Condition: '{% $states.input.a %}', Next: 'Done' }], Default: 'Done' };
    const ended = await run({ Which }, {}, { a: 'true' });
    expect(ended).toMatchObject({
      status: 'failed',
      state: 'Which',
      failure: { error: 'States.QueryEvaluationError' },
    });
  });

  test('a state of more than 256 KiB fails, and nothing catches that', async () => {
    const ended = await run(
      { A: task('a', { Catch: [{ ...all(), Output: '{% $states.input %}', Next: 'Done' }] }) },
      { a: () => ({ text: 'x'.repeat(262_144) }) },
    );
    expect(ended).toMatchObject({ status: 'failed', failure: { error: 'States.DataLimitExceeded' } });
  });
});

describe('retry and catch', () => {
  const times = (count: number, name: string): (() => JsonObject) => {
    let failures = 0;
    return () => {
      failures += 1;
      if (failures <= count) throw errorNamed(name);
      return { tries: failures };
    };
  };

  test('waits between tries as the entry says, and each try knows its number', async () => {
    const Retry = [all({ IntervalSeconds: 2, MaxAttempts: 5, BackoffRate: 3, MaxDelaySeconds: 20 })];
    const world = engineWorld(
      { a: times(4, 'NothingChanged') },
      { definitions: { main: definitionOf({ A: task('a', { Retry }) }) } },
    );
    expect(await world.ended()).toMatchObject({ state: 'Done', output: { tries: 5 } });
    expect(world.calls.map(({ at }) => seconds(at))).toEqual([0, 2, 8, 26, 46]);
    expect(world.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
  });

  test('full jitter takes what the random source gives', async () => {
    const Retry = [
      all({ IntervalSeconds: 4, MaxAttempts: 3, BackoffRate: 2, MaxDelaySeconds: 60, JitterStrategy: 'FULL' }),
    ];
    const parts = [0.5, 0, 0.75];
    const world = engineWorld(
      { a: times(3, 'NothingChanged') },
      { definitions: { main: definitionOf({ A: task('a', { Retry }) }) }, random: () => parts.shift() ?? 1 },
    );
    await world.ended();
    expect(world.calls.map(({ at }) => seconds(at))).toEqual([0, 2, 2, 14]);
  });

  test("Amazon's defaults: three retries after 1, 2 and 4 seconds", async () => {
    const world = engineWorld(
      { a: times(9, 'NothingChanged') },
      { definitions: { main: definitionOf({ A: task('a', { Retry: [all()] }) }) } },
    );
    const ended = await world.ended();
    expect(world.calls.map(({ at }) => seconds(at))).toEqual([0, 1, 3, 7]);
    expect(ended).toMatchObject({
      status: 'failed',
      state: 'A',
      failure: { error: 'NothingChanged', cause: 'It failed.' },
    });
  });

  test('each entry counts for itself, and the first that names the error decides', async () => {
    const errors = ['Slow', 'Other', 'Slow', 'Other', 'Slow'];
    const Retry = [
      { ErrorEquals: ['Slow'], IntervalSeconds: 10, MaxAttempts: 2, BackoffRate: 1 },
      all({ IntervalSeconds: 1, MaxAttempts: 9, BackoffRate: 1 }),
    ];
    const world = engineWorld(
      {
        a: () => {
          throw errorNamed(errors.shift() ?? 'Other');
        },
      },
      { definitions: { main: definitionOf({ A: task('a', { Retry }) }) } },
    );
    // The third Slow finds its entry used up; States.ALL, further down, is not asked.
    expect((await world.ended()).failure?.error).toBe('Slow');
    expect(world.calls.map(({ at }) => seconds(at))).toEqual([0, 10, 11, 21, 22]);
  });

  test('no attempts: never again', async () => {
    const Retry = [{ ErrorEquals: ['Refused'], MaxAttempts: 0 }, all()];
    const world = engineWorld(
      { a: times(9, 'Refused') },
      { definitions: { main: definitionOf({ A: task('a', { Retry }) }) } },
    );
    await world.ended();
    expect(world.calls).toHaveLength(1);
  });

  test('a later visit to the same state counts anew', async () => {
    const Retry = [all({ IntervalSeconds: 1, MaxAttempts: 1 })];
    const results = ['fail', 'again', 'fail', 'done'];
    const ended = await run(
      {
        A: task('a', { Retry, Next: 'Again' }),
        Again: {
          Type: 'Choice',
          Choices: [{ Condition: "{% $states.input.go = 'again' %}", Next: 'A' }],
          Default: 'Done',
        },
      },
      {
        a: () => {
          const go = results.shift() ?? '';
          if (go === 'fail') throw errorNamed('NothingChanged');
          return { go };
        },
      },
    );
    expect(ended.state).toBe('Done');
  });

  test.each<[string, string]>([
    ['Refused', 'first'],
    ['NeedsPerson', 'second'],
    ['Whatever', 'last'],
    ['States.Timeout', 'last'],
  ])('the first catch that names %s is taken: the %s', async (name, by) => {
    const to = (ErrorEquals: string[], mark: string): JsonObject => ({
      ErrorEquals,
      Output: merge(
        `{ 'fault': { 'name': $states.errorOutput.Error, 'detail': $states.errorOutput.Cause }, 'by': '${mark}' }`,
      ),
      Next: 'Done',
    });
    const Catch = [to(['Refused'], 'first'), to(['Refused', 'NeedsPerson'], 'second'), to(['States.ALL'], 'last')];
    const ended = await run({ A: task('a', { Catch }) }, { a: times(9, name) }, { kept: 1 });
    expect(ended.output).toEqual({ kept: 1, fault: { name, detail: 'It failed.' }, by });
  });

  test('without a catch that names it, the execution fails with the error', async () => {
    const Catch = [{ ErrorEquals: ['Refused'], Output: '{% $states.input %}', Next: 'Done' }];
    expect(await run({ A: task('a', { Catch }) }, { a: times(9, 'Whatever') })).toMatchObject({
      status: 'failed',
      state: 'A',
      failure: { error: 'Whatever' },
    });
  });

  test('an answer that cannot be merged is an error of the task', async () => {
    const Catch = [{ ...all(), Output: merge("{ 'name': $states.errorOutput.Error }"), Next: 'Done' }];
    const ended = await run({ A: task('a', { Catch }) }, { a: () => 'text' });
    expect(ended.output).toEqual({ name: 'States.QueryEvaluationError' });
  });

  test('what has no JSON is an error of the task', async () => {
    const Catch = [{ ...all(), Output: merge("{ 'detail': $states.errorOutput.Cause }"), Next: 'Done' }];
    const answer: JsonObject = {};
    Object.defineProperty(answer, 'toJSON', {
      value: () => {
        throw new TypeError('A secret value has no JSON.');
      },
    });
    const ended = await run({ A: task('a', { Catch }) }, { a: () => answer });
    expect(ended.output).toEqual({ detail: 'A secret value has no JSON.' });
  });

  test('a step that does not answer in time: States.Timeout, and its late answer is ignored', async () => {
    const late: ((answer: Json) => void)[] = [];
    const world = engineWorld(
      {
        a: ({ attempt }) => (attempt === 1 ? new Promise((resolve) => late.push(resolve)) : { by: 'second' }),
      },
      {
        definitions: {
          main: definitionOf({ A: task('a', { Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1 }] }) }),
        },
      },
    );
    await world.engine.start('run', 'main', {});
    const first = world.engine.runUntilIdle();
    await untilTrue(() => late.length > 0);
    world.clock.advance(60);
    const next = await first;
    late[0]?.({ by: 'first' });
    world.clock.advanceTo(next ?? 0);
    await world.driveToTheEnd();
    expect((await world.engine.settle('run')).output).toEqual({ by: 'second' });
    expect(world.calls.map(({ at }) => seconds(at))).toEqual([0, 61]);
  });

  test('the history tells what happened, never the data', async () => {
    const Retry = [all({ IntervalSeconds: 2, MaxAttempts: 1 })];
    const Catch = [{ ...all(), Output: '{% $states.input %}', Next: 'Bad' }];
    const world = engineWorld(
      { a: times(9, 'NothingChanged') },
      { definitions: { main: definitionOf({ A: task('a', { Retry, Catch }) }) } },
    );
    await world.ended({ data: 'private' });
    const history = await world.journal.history('run');
    expect(history.map(({ state, event, detail, at }) => [seconds(at), state, event, detail])).toEqual([
      [0, 'A', 'started', 'main'],
      [0, 'A', 'entered', ''],
      [0, 'A', 'retried', 'retry 1 of 1 in 2.0 s: NothingChanged: It failed.'],
      [2, 'A', 'caught', 'NothingChanged: It failed.'],
      [2, 'Bad', 'entered', ''],
      [2, 'Bad', 'failed', 'Bad: It went wrong.'],
    ]);
    expect(JSON.stringify(history)).not.toContain('private');
  });
});

describe('executions', () => {
  const definitions = { main: definitionOf({ A: task('a') }) };

  test('a name is one execution', async () => {
    const { engine, calls, driveToTheEnd } = engineWorld({ a: () => ({}) }, { definitions });
    expect(await engine.start('run', 'main', { a: 1, b: 2 })).toBe('started');
    expect(await engine.start('run', 'main', { b: 2, a: 1 })).toBe('already-started');
    await driveToTheEnd();
    expect(await engine.start('run', 'main', { a: 1, b: 2 })).toBe('already-started');
    expect(await engine.start('run', 'main', { a: 2 })).toBe('taken-by-another-input');
    expect(calls).toHaveLength(1);
  });

  test('what is not there is named', async () => {
    const { engine } = engineWorld({}, { definitions });
    await expect(engine.start('run', 'other', {})).rejects.toThrow(
      'There is no definition other. Nothing was started.',
    );
    await expect(engine.settle('gone')).rejects.toThrow('There is no execution gone.');
  });

  test('a refused definition stops the engine before it begins', () => {
    expect(() => engineWorld({}, { definitions: { main: '{}' } })).toThrow('refuses the definition main');
  });

  test('many run side by side, up to the bound, and each of them once', async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const journal = memoryJournal();
    const { engine, calls } = engineWorld(
      {
        a: async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise<void>((resolve) => release.push(resolve));
          running -= 1;
          return {};
        },
      },
      {
        definitions,
        maximumConcurrent: 3,
        // Another order than before, and more than was asked for.
        journal: {
          ...journal,
          runnable: async (now) => {
            const { due, nextWakeAt } = await journal.runnable(now, 100);
            return { due: [...due].reverse(), nextWakeAt };
          },
        },
      },
    );
    const names = Array.from({ length: 10 }, (_, index) => `run-${index}`);
    for (const name of names) await engine.start(name, 'main', {});
    const idle = engine.runUntilIdle();
    for (let ended = 0; ended < 10; ended += 1) {
      await turns();
      release.shift()?.();
    }
    expect(await idle).toBeNull();
    expect(most).toBe(3);
    expect(calls.map(({ executionName }) => executionName).sort()).toEqual(names);
    for (const name of names) expect((await journal.read(name))?.status).toBe('succeeded');
  });

  test('settle waits through the waits', async () => {
    const { engine, clock } = engineWorld(
      {},
      { definitions: { main: definitionOf({ W: { Type: 'Wait', Seconds: 90, Next: 'Done' } }) } },
    );
    await engine.start('run', 'main', {});
    const settled = engine.settle('run');
    for (let step = 0; step < 9; step += 1) {
      await turns();
      clock.advance(10);
    }
    expect(seconds((await settled).endedAt ?? 0)).toBe(90);
  });

  test('run picks up what another process starts, and stops when it is told', async () => {
    const journal = memoryJournal();
    const clock = manualClock();
    const here = engineWorld({ a: () => ({}) }, { definitions, journal, clock, pollSeconds: 5 });
    const there = engineWorld({}, { definitions, journal, clock });
    const stop = new AbortController();
    const running = here.engine.run(stop.signal);
    await turns();
    await there.engine.start('run', 'main', {});
    clock.advance(4);
    await turns();
    expect(here.calls).toHaveLength(0);
    clock.advance(1);
    await turns();
    expect((await journal.read('run'))?.status).toBe('succeeded');
    await here.engine.start('own', 'main', {});
    await turns();
    expect((await journal.read('own'))?.status, 'what it starts itself needs no poll').toBe('succeeded');
    stop.abort();
    await running;
    await there.engine.start('late', 'main', {});
    clock.advance(100);
    await turns();
    expect((await journal.read('late'))?.status).toBe('running');
  });

  test('what is started while run looks is not left until the next look', async () => {
    const journal = memoryJournal();
    const release: (() => void)[] = [];
    const { engine } = engineWorld(
      { a: () => ({}) },
      {
        definitions,
        journal: {
          ...journal,
          runnable: async (now, limit) => {
            const answer = await journal.runnable(now, limit);
            await new Promise<void>((resolve) => release.push(resolve));
            return answer;
          },
        },
      },
    );
    const stop = new AbortController();
    const running = engine.run(stop.signal);
    await untilTrue(() => release.length === 1);
    await engine.start('run', 'main', {});
    release[0]?.();
    await untilTrue(() => release.length === 2);
    release[1]?.();
    await turns();
    expect((await journal.read('run'))?.status).toBe('succeeded');
    stop.abort();
    for (const each of release) each();
    await running;
  });

  test('when it is told to stop, the step in flight ends and is kept, and no other begins', async () => {
    const release: (() => void)[] = [];
    const world = engineWorld(
      { a: () => new Promise((resolve) => release.push(() => resolve({ a: 1 }))) },
      { definitions: { main: definitionOf({ A: task('a', { Next: 'B' }), B: task('b') }) } },
    );
    await world.engine.start('run', 'main', {});
    const stop = new AbortController();
    const running = world.engine.run(stop.signal);
    await untilTrue(() => release.length > 0);
    stop.abort();
    await turns();
    release[0]?.();
    await running;
    expect(world.calls.map(({ step }) => step)).toEqual(['a']);
    expect(await world.journal.read('run')).toMatchObject({ status: 'running', state: 'B', stateInput: { a: 1 } });
  });

  test('two engines on one journal: the slower one drops what it has and takes up what the faster one wrote', async () => {
    const journal = memoryJournal();
    const clock = manualClock();
    const release: (() => void)[] = [];
    const chain = { main: definitionOf({ A: task('a', { Next: 'B' }), B: task('b') }) };
    const slow = engineWorld(
      { a: () => new Promise((resolve) => release.push(() => resolve({ by: 'slow' }))) },
      { definitions: chain, journal, clock },
    );
    const fast = engineWorld({ a: () => ({ by: 'fast' }), b: () => ({}) }, { definitions: chain, journal, clock });
    await slow.engine.start('run', 'main', {});
    const idle = slow.engine.runUntilIdle();
    await untilTrue(() => release.length > 0);
    await fast.engine.runUntilIdle();
    release[0]?.();
    await idle;
    expect((await journal.read('run'))?.output).toEqual({ by: 'fast' });
    expect(slow.calls.map(({ step }) => step)).toEqual(['a']);
  });

  test('when the journal fails one execution, no other goes on, even if its own write had come through', async () => {
    const memory = memoryJournal();
    const release: (() => void)[] = [];
    const { engine, calls } = engineWorld(
      { a: () => ({}), b: () => ({}) },
      {
        definitions: { main: definitionOf({ A: task('a', { Next: 'B' }), B: task('b') }) },
        journal: {
          ...memory,
          save: async (execution, entries) => {
            if (execution.name === 'first') throw new Error('The disk is full.');
            await new Promise<void>((resolve) => release.push(resolve));
            return memory.save(execution, entries);
          },
        },
      },
    );
    await engine.start('second', 'main', {});
    await engine.start('first', 'main', {});
    await expect(engine.runUntilIdle()).rejects.toThrow('The disk is full.');
    release[0]?.();
    await turns();
    expect(calls.map(({ step }) => step)).toEqual(['a', 'a']);
    expect(await memory.read('second'), 'its write is kept').toMatchObject({ state: 'B' });
  });
});

/** Lets everything that needs no clock happen. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const untilTrue = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1000 && !condition(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
