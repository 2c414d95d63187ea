import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { awsLedger } from '../../functions/aws/ledger.ts';
import type { Strategy } from '../../functions/domain/credential.ts';
import { credentialId, instant, milliseconds } from '../../functions/domain/identifiers.ts';
import { usualLooks } from '../../functions/watch/pass.ts';
import { usualListings } from '../../functions/watch/sweep-strays.ts';
import {
  type Counted,
  type CountedRotation,
  type CountedSweep,
  countedFile,
  readCounted,
} from '../../infra/cost/counted.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitutions } from '../../workflows/substitutions.ts';
import { type CountedWorld, startCountedWorld } from './counted-world.ts';
import { account, region } from './deploy.ts';

// What one rotation and one run of each sweep ask of AWS, counted in a world of its own: no schedule wakes anything, no
// vendor lags, waits take their time, and nobody else is there. It is committed, and npm run cost prices it.
const renewal = 'Renew it: KEYTURN_RENEW_COUNTS=true npm run test:aws -- test/emulator/counted.test.ts';

/** A listing of all credentials is a query of each: functions/aws/ledger.ts. */
const partitions = 16;
const query = 'dynamodb:Query';
/** Of sweeps that leave some for their next run. */
const mostLooks: Readonly<Record<string, number>> = { reconcile: usualLooks, 'sweep-strays': usualListings };

const renewing = process.env['KEYTURN_RENEW_COUNTS'] === 'true';
const committed = readCounted();
/** What is counted in this run. */
const now: Counted = {
  about: 'Written by test/emulator/counted.test.ts, which says how to renew it.',
  ledger: { partitions, recordBytes: 0 },
  rotations: {} as Counted['rotations'],
  sweeps: {},
};

/** Milliseconds are the machine's affair. */
const withoutTimes = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'milliseconds' ? undefined : part)));
const compare = (found: unknown, recorded: unknown): void => {
  if (!renewing) expect(withoutTimes(found), `${renewal} (what is on record is wrong)`).toEqual(withoutTimes(recorded));
};

type Timed = { milliseconds: number; readonly calls: Counts };
/** A busy machine only makes them longer: of what still asks for the same, the shortest time ever measured stays. */
const keepShorter = (found: Readonly<Record<string, Timed>>, before: Readonly<Record<string, Timed>> = {}): void => {
  for (const [name, timed] of Object.entries(found)) {
    const earlier = before[name];
    if (earlier === undefined || JSON.stringify(earlier.calls) !== JSON.stringify(timed.calls)) continue;
    timed.milliseconds = Math.min(timed.milliseconds, earlier.milliseconds);
  }
};

const cases = {
  overlap: { provider: 'openai', credential: 'assistant-openai' },
  'two-slot': { provider: 'azure-openai', credential: 'documents-azure-openai' },
  'human-created': { provider: 'anthropic', credential: 'support-anthropic' },
} as const satisfies Record<Strategy, unknown>;
const strategies = Object.keys(cases) as Strategy[];

/** What is counted: `calls.jsonl` has a line for each call that was held to a policy. */
type Call = { readonly who: string; readonly action: string };
type Counts = Record<string, number>;

const countOf = (calls: readonly Call[]): Counts => {
  const counts: Counts = {};
  for (const { action } of calls.toSorted((one, other) => one.action.localeCompare(other.action))) {
    counts[action] = (counts[action] ?? 0) + 1;
  }
  return counts;
};

/** What is left of each count, without those of which nothing is left. */
const less = (counts: Counts, other: Counts, by = 1): Counts =>
  Object.fromEntries(
    Object.entries(counts)
      .map(([action, count]) => [action, (count - (other[action] ?? 0)) / by] as const)
      .filter(([, count]) => count !== 0),
  );

/** As https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html counts them, 2026-11. */
const bytesOf = (item: Record<string, AttributeValue>): number =>
  Object.entries(item).reduce((sum, [name, { S, N = '' }]) => sum + Buffer.byteLength(name + (S ?? N)), 0);
const unitsOf = (bytes: number): number => Math.ceil(bytes / 1024);

const kebab = (state: string): string => state.replaceAll(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();

describe.skipIf(inject('deployed') === null)('what is paid for', () => {
  let world: CountedWorld;

  const linesSoFar = (): readonly string[] => readFileSync(world.callsFile, 'utf8').trim().split('\n');
  const countedOf = (functionName: string, from: number): Counts =>
    countOf(
      linesSoFar()
        .slice(from)
        .map((line): Call => JSON.parse(line))
        .filter(({ who }) => who === functionName),
    );

  /** By hand, because Lambda's client would be one more package for one call. */
  const invoke = async (functionName: string): Promise<{ readonly calls: Counts; readonly milliseconds: number }> => {
    const from = linesSoFar().length;
    const startedAt = performance.now();
    const answer = await fetch(`${world.endpoint}/2015-03-31/functions/${functionName}/invocations`, {
      method: 'POST',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/${region}/lambda/aws4_request` },
      body: '{}',
    });
    const text = await answer.text();
    const milliseconds = Math.ceil(performance.now() - startedAt);
    expect(text.includes('errorType'), text).toBe(false);
    return { calls: countedOf(functionName, from), milliseconds };
  };

  const executionsOf = async (provider: string): Promise<readonly string[]> => {
    const stateMachineArn = `arn:aws:states:${region}:${account}:stateMachine:keyturn-${provider}`;
    const { executions = [] } = await world.machines.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions.flatMap(({ executionArn = '' }) => executionArn);
  };
  const historyOf = async (executionArn: string): Promise<readonly HistoryEvent[]> => {
    const { events = [] } = await world.machines.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
    );
    return events;
  };
  const untilAllEnded = async (provider: string): Promise<void> => {
    for (const executionArn of await executionsOf(provider)) {
      for (;;) {
        const { status } = await world.machines.send(new DescribeExecutionCommand({ executionArn }));
        if (status !== 'RUNNING') break;
        await setTimeout(200);
      }
    }
  };

  /** The longest invocation of each function so far: on AWS, too, a rotation's steps start cold. */
  const longest = new Map<string, number>();
  const noteTimes = (provider: string, events: readonly HistoryEvent[]): void => {
    let [state, scheduledAt] = ['', 0];
    for (const { type, timestamp, stateEnteredEventDetails: entered } of events) {
      const at = timestamp?.getTime() ?? 0;
      state = entered?.name ?? state;
      if (type === 'TaskScheduled') scheduledAt = at;
      if (type !== 'TaskSucceeded' && type !== 'TaskFailed') continue;
      const functionName = `keyturn-${provider}-${kebab(state)}`;
      longest.set(functionName, Math.max(longest.get(functionName) ?? 0, at - scheduledAt));
    }
  };

  const itemsOf = async (): Promise<ReadonlyMap<string, number>> => {
    const { Items = [] } = await world.table.send(
      new ScanCommand({ TableName: 'keyturn-ledger', ConsistentRead: true }),
    );
    return new Map(Items.map((item) => [`${item['pk']?.S ?? ''} ${item['sk']?.S ?? ''}`, bytesOf(item)]));
  };
  const recordBytesOf = async (credential: string): Promise<number> =>
    [...(await itemsOf())].find(([key]) => key.startsWith('credentials#') && key.endsWith(` ${credential}`))?.[1] ?? 0;

  /** The record is written again and again, and grows and shrinks: each writing of it is taken for the largest. */
  const largestRecordWhile = async (credential: string, work: Promise<unknown>): Promise<number> => {
    let [largest, goesOn] = [0, true];
    const stop = (): void => {
      goesOn = false;
    };
    work.then(stop, stop);
    while (goesOn) {
      largest = Math.max(largest, await recordBytesOf(credential));
      await setTimeout(50);
    }
    return largest;
  };

  /** Counts what the work makes the steps of that strategy ask for. */
  const counted = async (strategy: Strategy, work: () => Promise<void>): Promise<CountedRotation> => {
    const { provider, credential } = cases[strategy];
    const from = linesSoFar().length;
    const [executionsBefore, itemsBefore] = await Promise.all([executionsOf(provider), itemsOf()]);
    const working = work();
    const largestRecord = await largestRecordWhile(credential, working);
    await working;
    const executions = (await executionsOf(provider)).filter((arn) => !executionsBefore.includes(arn));
    const histories = await Promise.all(executions.toReversed().map(historyOf));
    for (const events of histories) noteTimes(provider, events);
    const failures = histories.flat().filter(({ type }) => type === 'TaskFailed');
    // What a person has to make is the one thing that a run may lack.
    expect(failures.map(({ taskFailedEventDetails: why }) => why?.error)).toEqual(failures.map(() => 'NeedsPerson'));
    const paths = histories.map((events) =>
      events.flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []),
    );
    const functions: CountedRotation['functions'] = {};
    for (const state of Object.keys(substitutions(flows[strategy]))) {
      const name = kebab(state);
      const functionName = `keyturn-${provider}-${name}`;
      const invocations = paths.flat().filter((entered) => entered === state).length;
      if (invocations === 0) continue;
      functions[name] = {
        invocations,
        milliseconds: longest.get(functionName) ?? 0,
        calls: countedOf(functionName, from),
      };
    }
    // Its other items are written once, and are billed as they stand there.
    const added = [...(await itemsOf())].filter(([key]) => !itemsBefore.has(key)).map(([, bytes]) => unitsOf(bytes));
    const writes = Object.values(functions).reduce((sum, { calls }) => sum + (calls['dynamodb:PutItem'] ?? 0), 0);
    const writeUnits = added.reduce((sum, units) => sum + units, 0) + (writes - added.length) * unitsOf(largestRecord);
    // An item of more would be read with two units: infra/cost/billed.ts takes it for one.
    expect(largestRecord).toBeLessThan(4096);
    return { executions: paths, functions, writeUnits };
  };

  beforeAll(async () => {
    world = await startCountedWorld();
  });
  afterAll(async () => world.stop());

  const submit = async (): Promise<void> => {
    const answer = await fetch(`${world.control}/anthropic/keys`, { method: 'POST', body: '{}' });
    const { value } = (await answer.json()) as { value: string };
    const { exitCode, text } = await world.keyturn('submit support-anthropic', value);
    expect(exitCode, text).toBe(0);
  };
  const rotate = async (credential: string, options = '', expected = 0): Promise<void> => {
    const { exitCode, text } = await world.keyturn(`rotate ${credential}${options}`);
    expect(exitCode, text).toBe(expected);
  };
  const emergency = ' --emergency --contain-first --yes';
  const runs: Readonly<Record<Strategy, Readonly<Record<keyof Counted['rotations'][Strategy], () => Promise<void>>>>> =
    {
      overlap: {
        scheduled: () => rotate('assistant-openai'),
        emergency: () => rotate('assistant-openai', emergency),
      },
      'two-slot': {
        scheduled: () => rotate('documents-azure-openai'),
        emergency: () => rotate('documents-azure-openai', emergency),
      },
      'human-created': {
        scheduled: submit,
        emergency: async () => {
          await rotate('support-anthropic', emergency, 1);
          await submit();
        },
      },
    };

  /** As if it had been two hours ago: later than a run that may still be writing its end, and within the week. */
  const ageLastEnd = async (credential: string): Promise<void> => {
    const ledger = awsLedger('keyturn-ledger', world.table);
    const { record, revision } = await ledger.read(credentialId(credential));
    const at = instant(milliseconds(record.lastEnded?.at ?? instant(0)) - 7_200_000);
    const lastEnded = record.lastEnded && { ...record.lastEnded, at };
    expect(await ledger.replace({ ...record, lastEnded }, revision)).toBe(true);
  };

  it('the first keys are issued', async () => {
    const made = ['openai', 'azure-openai', 'pinecone'];
    // One after the other: their cold starts are what a rotation's steps are recorded with.
    for (const provider of made) {
      await invoke(`keyturn-${provider}-start-due`);
      await untilAllEnded(provider);
    }
    await submit();
    for (const provider of [...made, 'anthropic']) {
      for (const executionArn of await executionsOf(provider)) noteTimes(provider, await historyOf(executionArn));
    }
    now.ledger.recordBytes = await recordBytesOf('assistant-openai');
    expect(now.ledger.recordBytes).toBeGreaterThan(0);
  });

  it('a sweep that finds nothing to do asks for what is on record', async () => {
    const listed = (calls: Counts): Pick<CountedSweep, 'listings' | 'calls'> => {
      const queries = calls[query] ?? 0;
      const listings = Math.floor(queries / partitions);
      return { listings, calls: less(calls, { [query]: listings * partitions }) };
    };
    for (const name of ['start-due', 'reconcile', 'sweep-strays']) {
      // The first run is a cold start; a schedule finds its function warm.
      for (const provider of ['openai', 'pinecone']) await invoke(`keyturn-${provider}-${name}`);
      const one = await invoke(`keyturn-openai-${name}`);
      const three = await invoke(`keyturn-pinecone-${name}`);
      const callsPerCredential = less(three.calls, one.calls, 2);
      now.sweeps[name] = {
        milliseconds: one.milliseconds,
        mostLooks: mostLooks[name] ?? null,
        ...listed(less(one.calls, callsPerCredential)),
        callsPerCredential,
        callsPerRecentEnd: {},
      };
    }
    const before = await invoke('keyturn-openai-reconcile');
    await ageLastEnd('rank-pinecone');
    const after = await invoke('keyturn-openai-reconcile');
    const reconcile = now.sweeps['reconcile'];
    if (reconcile !== undefined) reconcile.callsPerRecentEnd = less(after.calls, before.calls);
    const escalate = await invoke('keyturn-intake-escalate');
    now.sweeps['escalate'] = {
      milliseconds: escalate.milliseconds,
      mostLooks: null,
      ...listed(escalate.calls),
      callsPerCredential: {},
      callsPerRecentEnd: {},
    };
    compare(now.sweeps, committed.sweeps);
  });

  it.each(strategies)('a rotation of the strategy %s asks for what is on record', async (strategy) => {
    now.rotations[strategy] = {
      scheduled: await counted(strategy, runs[strategy].scheduled),
      emergency: await counted(strategy, runs[strategy].emergency),
    };
    compare(now.rotations[strategy], committed.rotations[strategy]);
  });

  it.runIf(renewing)('is put on record', () => {
    expect([Object.keys(now.rotations), Object.keys(now.sweeps).length]).toEqual([strategies, 4]);
    keepShorter(now.sweeps, committed.sweeps);
    for (const strategy of strategies) {
      for (const urgency of ['scheduled', 'emergency'] as const) {
        keepShorter(now.rotations[strategy][urgency].functions, committed.rotations[strategy][urgency].functions);
      }
    }
    writeFileSync(countedFile, `${JSON.stringify(now, null, 2)}\n`);
  });
});
