import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../functions/domain/json.ts';
import type { Journal } from '../../../workflows/engine/journal.ts';
import { overlap } from '../../../workflows/overlap.ts';
import { substitute, substitutions } from '../../../workflows/substitutions.ts';
import { toAsl } from '../../../workflows/to-asl.ts';
import { type Called, definitionOf, engineWorld, errorNamed, task } from '../../support/engine-world.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { memoryJournal } from '../../support/memory-journal.ts';

/** A journal whose process dies at its n-th write: just before it is stored, or just after. */
const dyingJournal = (journal: Journal, write: number, moment: 'before' | 'after'): Journal => {
  let writes = 0;
  let dead = false;
  const alive = (): void => {
    if (dead) throw new Error('The process is dead.');
  };
  const guarded = async <T>(store: () => Promise<T>): Promise<T> => {
    alive();
    writes += 1;
    dead = writes === write;
    if (moment === 'before') alive();
    const answer = await store();
    alive();
    return answer;
  };
  return {
    ...journal,
    start: (...given) => guarded(() => journal.start(...given)),
    save: (...given) => guarded(() => journal.save(...given)),
    read: async (name) => {
      alive();
      return journal.read(name);
    },
    runnable: async (now, limit) => {
      alive();
      return journal.runnable(now, limit);
    },
  };
};

const definitions = { overlap: substitute(toAsl(overlap), substitutions(overlap)) };

/** Steps whose answer follows from the try and the state alone, as steps that look first have it. */
const failing =
  (times: number, name: string, answer: JsonObject = {}) =>
  ({ attempt }: Called): JsonObject => {
    if (attempt <= times) throw errorNamed(name, `try ${attempt}`);
    return answer;
  };

const always =
  (name: string): (() => never) =>
  () => {
    throw errorNamed(name);
  };

const wellBehaved = {
  begin: () => ({
    start: 'create',
    hasOldKey: true,
    overlapSeconds: 86_400,
    askAgainSeconds: 3600,
    letCallsLandSeconds: 300,
  }),
  'create-key': failing(1, 'OutcomeUnknown', { newKeyId: 'new', firstIssue: false }),
  stage: () => ({}),
  validate: failing(3, 'NothingChanged'),
  'cut-over': failing(2, 'States.Timeout'),
  confirm: () => ({}),
  'check-usage': ({ payload }: Called) =>
    payload['oldKeyUse'] === undefined ? { oldKeyUse: 'wait' } : { oldKeyUse: 'over' },
  'disable-old': () => ({}),
  'revoke-old': () => ({}),
  'prove-refused': failing(5, 'NothingChanged', { proof: 'value-refused' }),
  finish: () => ({}),
  'roll-back': () => ({ rolledBack: true, outcome: 'RolledBack' }),
  'record-outcome': failing(1, 'NothingChanged'),
};

const stories = [
  ['all goes well', wellBehaved, 'Done'],
  ['the new key is refused', { ...wellBehaved, validate: always('Refused') }, 'RolledBack'],
  ['the old key cannot be revoked', { ...wellBehaved, 'revoke-old': always('NothingChanged') }, 'CutOverOldLive'],
] as const;

describe.each(stories)('when %s', { timeout: 60_000 }, (_, steps, end) => {
  const input = { rotationId: 'run', urgency: 'scheduled' };

  const undisturbed = async (): Promise<{ outcome: unknown; history: unknown; calls: readonly Called[] }> => {
    const world = engineWorld(steps, { definitions });
    await world.engine.start('run', 'overlap', input);
    await world.driveToTheEnd();
    return {
      outcome: await world.journal.read('run'),
      history: await world.journal.history('run'),
      calls: world.calls,
    };
  };

  test.each(['before', 'after'] as const)(
    'a death %s any write changes neither the end nor when it comes',
    async (moment) => {
      const expected = await undisturbed();
      expect(expected.outcome).toMatchObject({ state: end });
      let deaths = 0;
      for (let write = 2; ; write += 1) {
        const journal = memoryJournal();
        const clock = manualClock();
        const first = engineWorld(steps, { definitions, journal: dyingJournal(journal, write, moment), clock });
        await first.engine.start('run', 'overlap', input);
        const died = await first.driveToTheEnd().then(
          () => false,
          () => true,
        );
        if (!died) break;
        deaths += 1;
        const second = engineWorld(steps, { definitions, journal, clock });
        await second.driveToTheEnd();
        expect(await journal.read('run'), `write ${write}`).toEqual(expected.outcome);
        expect(await journal.history('run')).toEqual(expected.history);

        // What was in flight is invoked once more, as the same try at the same time; nothing else is.
        const calls = [...first.calls, ...second.calls];
        const again = first.calls.at(-1);
        const repeated = calls.length - expected.calls.length;
        expect(repeated, `write ${write}`).toBeLessThanOrEqual(moment === 'before' ? 1 : 0);
        if (repeated === 1) expect(second.calls[0]).toEqual(again);
      }
      expect(deaths).toBeGreaterThan(15);
    },
  );
});

test('a death before the start is written leaves nothing; after it, everything', async () => {
  const start = async (moment: 'before' | 'after'): Promise<unknown> => {
    const journal = memoryJournal();
    const world = engineWorld(wellBehaved, { definitions, journal: dyingJournal(journal, 1, moment) });
    await expect(world.engine.start('run', 'overlap', {})).rejects.toThrow('The process is dead.');
    return journal.read('run');
  };
  expect(await start('before')).toBeNull();
  expect(await start('after')).toMatchObject({ status: 'running', state: 'IsContainFirst' });
});

test('a wait and a retry end when they were to end, however long nobody was there', async () => {
  const journal = memoryJournal();
  const clock = manualClock();
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 50, MaxAttempts: 1 }];
  const main = definitionOf({ W: { Type: 'Wait', Seconds: 100, Next: 'A' }, A: task('a', { Retry }) });
  const steps = { a: failing(1, 'NothingChanged') };
  const restarted = async (seconds: number): Promise<[number, number | null]> => {
    clock.advance(seconds);
    const world = engineWorld(steps, { definitions: { main }, journal, clock });
    const next = await world.engine.runUntilIdle();
    return [world.calls.length, next === null ? null : (next - clock.now()) / 1000];
  };
  await engineWorld(steps, { definitions: { main }, journal, clock }).engine.start('run', 'main', {});
  expect(await restarted(30)).toEqual([0, 70]);
  expect(await restarted(69)).toEqual([0, 1]);
  expect(await restarted(11)).toEqual([1, 50]);
  expect(await restarted(20)).toEqual([0, 30]);
  expect(await restarted(1000)).toEqual([1, null]);
  expect((await journal.read('run'))?.status).toBe('succeeded');
});

test('after the journal has failed, the engine begins no step', async () => {
  const journal = memoryJournal();
  const world = engineWorld(wellBehaved, { definitions, journal: dyingJournal(journal, 5, 'after') });
  await world.engine.start('run', 'overlap', {});
  await expect(world.engine.runUntilIdle()).rejects.toThrow('The process is dead.');
  const { length } = world.calls;
  await expect(world.engine.run(new AbortController().signal)).rejects.toThrow('The process is dead.');
  expect(world.calls).toHaveLength(length);
});

describe('a definition that has changed', () => {
  const pause = { Type: 'Wait', Seconds: 100, Next: 'A' };
  const before = definitionOf({ W: pause, A: task('old') });
  const after = definitionOf({ W: pause, A: task('new') });

  test('is for new executions; the others end on the one they started with', async () => {
    const journal = memoryJournal();
    const clock = manualClock();
    const first = engineWorld({}, { definitions: { main: before }, journal, clock });
    await first.engine.start('run-1', 'main', {});
    await first.engine.runUntilIdle();
    const second = engineWorld({ old: () => ({}), new: () => ({}) }, { definitions: { main: after }, journal, clock });
    await second.engine.start('run-2', 'main', {});
    await second.driveToTheEnd();
    const ran = second.calls.map(({ executionName, step }) => [executionName, step]);
    expect(ran.sort()).toEqual([
      ['run-1', 'old'],
      ['run-2', 'new'],
    ]);
  });

  test('and that this engine refuses ends its own execution, and no other', async () => {
    const journal = memoryJournal();
    const world = engineWorld({ new: () => ({}) }, { definitions: { main: after }, journal });
    const told = engineWorld(
      {},
      {
        definitions: { main: before },
        journal: {
          ...journal,
          start: async (execution, _, entries) => {
            const text = '{"StartAt":"W","States":{}}';
            return journal.start({ ...execution, definitionHash: await sha256(text) }, text, entries);
          },
        },
      },
    );
    await told.engine.start('run-1', 'main', {});
    await world.engine.start('run-2', 'main', {});
    world.clock.advance(100);
    await world.driveToTheEnd();
    expect(await journal.read('run-1')).toMatchObject({ status: 'failed', failure: { error: 'States.Runtime' } });
    expect(await journal.read('run-2')).toMatchObject({ status: 'succeeded' });
  });

  test.each([
    ['has lost', null],
    ['has in other words', after],
  ])('and that the journal %s stops the engine', async (_, text) => {
    const journal = memoryJournal();
    await engineWorld({}, { definitions: { main: before }, journal }).engine.start('run', 'main', {});
    const world = engineWorld({}, { definitions: {}, journal: { ...journal, definitionText: async () => text } });
    world.clock.advance(100);
    await expect(world.engine.runUntilIdle()).rejects.toThrow('has lost the definition that run started with');
    expect((await journal.read('run'))?.status).toBe('running');
  });
});

const sha256 = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex');
};
