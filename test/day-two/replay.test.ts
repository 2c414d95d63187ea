import { describe, expect, it } from 'vitest';
import { instant } from '../../functions/domain/identifiers.ts';
import type { Json, JsonObject } from '../../functions/domain/json.ts';
import { withReport } from '../../functions/domain/obligation.ts';
import { readObligation, readRecord, writeStored } from '../../functions/stored-text.ts';
import { createEngine } from '../../workflows/engine/engine.ts';
import { substitute } from '../../workflows/substitutions.ts';
import { holdsCanary } from '../simulation/canary.ts';
import { memoryJournal } from '../simulation/memory-journal.ts';
import { rememberedMachine } from '../simulation/remembered-machine.ts';
import { vendors } from '../simulation/vendor.ts';
import { virtualTime } from '../simulation/virtual-time.ts';
import type { Build, World } from '../simulation/world.ts';
import {
  presentDefinition,
  type Recording,
  readRecording,
  recordedDefinition,
  recordedNames,
  strategies,
  type Visit,
} from './recording.ts';
import { runWay } from './run-way.ts';
import { ways } from './ways.ts';

const names = recordedNames();
const latest = names.at(-1) ?? '';
const cases = names.flatMap((name) => Object.entries(ways).map(([way, how]) => ({ name, way, how })));
const recordAgain =
  'What runs in progress would meet has changed. Record it beside what is there, which stays and is replayed: ' +
  'node --import tsx test/day-two/record.ts <day>';

describe('the gate', () => {
  it.each(strategies)('the definition %s is recorded as it is', (strategy) => {
    expect(recordedDefinition(latest, strategy), recordAgain).toEqual(presentDefinition(strategy));
  });

  it.each(Object.entries(ways))('what the steps are given, answer and store is recorded: %s', async (way, how) => {
    const { recording } = await runWay(how);
    expect(formsOf(recording), recordAgain).toEqual(formsOf(readRecording(latest, way)));
    expect(recording.ended.map(({ state }) => state)).toEqual(
      readRecording(latest, way).ended.map(({ state }) => state),
    );
  });

  it('every step of every definition is recorded at work', () => {
    for (const strategy of strategies) {
      const own = Object.entries(ways).filter(([, { scenario }]) => vendors[scenario.vendor].strategy === strategy);
      const called = new Set(own.flatMap(([way]) => readRecording(latest, way).visits.map(({ state }) => state)));
      expect(Object.keys(presentDefinition(strategy).steps).filter((state) => !called.has(state))).toEqual([]);
    }
  });

  it.each(cases)('no secret is in what is recorded: $name $way', ({ name, way }) => {
    expect(holdsCanary(JSON.stringify(readRecording(name, way)))).toBe(false);
  });
});

describe('a new version, deployed in the middle of a run', () => {
  it.each(names)('keeps the function of every state that a run of %s may still come to', (name) => {
    for (const strategy of strategies) {
      const { steps } = recordedDefinition(name, strategy);
      expect(presentDefinition(strategy).steps).toMatchObject(steps);
    }
  });

  it.each(cases)('lets a run go on from wherever it stood: $name $way', async ({ name, way, how }) => {
    const recording = readRecording(name, way);
    for (const index of recording.visits.keys()) {
      const { world, recording: after } = await runWay(how, yesterdays(name, how.scenario.vendor), (at, _, there) =>
        at === index ? putBack(recording, index, there) : Promise.resolve(),
      );
      const where = `from visit ${index}, ${recording.visits[index]?.state ?? ''}`;
      expect([...world.referee.violations], where).toEqual([]);
      expect(after.ended, where).toEqual(recording.ended);
    }
  });
});

describe('a deploy that is rolled back', () => {
  it.each(cases)('today’s definition goes on with what the steps of before answer: $name $way', async (recorded) => {
    const { name, way, how } = recorded;
    const { visits, ended } = readRecording(name, way);
    const { strategy } = vendors[how.scenario.vendor];
    const { asl, steps } = presentDefinition(strategy);
    const journal = memoryJournal(() => undefined);
    const time = virtualTime(0);
    const answer = answersOf(visits);
    const engine = createEngine({
      journal: journal.port,
      clock: time,
      random: () => 0.5,
      definitions: {
        [strategy]: substitute(asl, Object.fromEntries(Object.keys(steps).map((state) => [state, state]))),
      },
      pollSeconds: 1e9,
      readMachine: rememberedMachine,
      invoke: async (state, { rotationId }, { attempt }) => answer(state, rotationId, attempt),
    });
    void engine.run(new AbortController().signal);
    for (const { rotationId } of ended) {
      const first = visits.find((visit) => visit.rotationId === rotationId);
      await engine.start(rotationId, strategy, first?.input ?? {});
      await time.runUntil(time.now() + 30 * 86_400_000);
    }
    expect(journal.executions().map(({ name: rotationId, state }) => ({ rotationId, state }))).toEqual(ended);
  });

  it.each(Object.entries(ways))('what a later version has stored beside the rest is kept: %s', async (_, how) => {
    let written = 0;
    const later = { later: 'what this version does not know' };
    const build: Build = {
      ledger: (ledger) => ({
        ...ledger,
        read: async (id) => {
          const { record, revision } = await ledger.read(id);
          const { rotation, lease } = record;
          return {
            record: {
              ...record,
              ...later,
              rotation: rotation && { ...rotation, ...later },
              lease: lease && { ...lease, ...later },
            },
            revision,
          };
        },
        replace: async (record, revision) => {
          const before = (await ledger.read(record.credentialId)).record;
          expect(record).toMatchObject(later);
          written += 1;
          if (record.rotation !== null && before.rotation?.rotationId === record.rotation.rotationId) {
            expect(record.rotation).toMatchObject(later);
          }
          return ledger.replace(record, revision);
        },
      }),
    };
    const { world } = await runWay(how, build);
    expect([...world.referee.violations]).toEqual([]);
    expect(written).toBeGreaterThan(0);
  });

  it('an obligation keeps what a later version has stored beside the rest, whatever is reported of its key', () => {
    const { visits } = readRecording(latest, 'overlap-contain-first');
    const stored = visits.flatMap(({ found }) => found.obligations).at(-1);
    if (stored === undefined) throw new TypeError('No obligation is recorded.');
    const { is, ...rest } = stored;
    const known = readObligation(JSON.stringify({ ...rest, is: { ...asObject(is), later: 'kept' } }));
    const report = { ...readObligation(JSON.stringify(stored)), containedAt: instant(0) };
    expect(withReport(known, report)).toMatchObject({ later: 'kept' });
    expect(readObligation(writeStored(withReport(known, report)))).toMatchObject({ later: 'kept' });
  });

  it('a form that this version does not know is left alone', () => {
    const stored = readRecording(latest, 'overlap-on-schedule').visits[0]?.found.record;
    expect(() => readRecord(JSON.stringify({ ...stored, form: 2 }))).toThrow(/Nothing was changed/);
  });
});

const asObject = (value: Json | undefined): object => (typeof value === 'object' && value !== null ? value : {});

/** Yesterday's definition, with today's steps behind it. */
const yesterdays = (name: string, vendor: keyof typeof vendors): Omit<Build, 'steps'> => {
  const { asl, steps } = recordedDefinition(name, vendors[vendor].strategy);
  return { definition: () => substitute(asl, steps) };
};

/**
 * Makes the world what it was when the recorded run came to that state: its own state, the ledger's items as they were
 * stored, and the labels. The step that was about to be taken is not: it is tried again from there, as after a crash.
 */
const putBack = async ({ visits }: Recording, index: number, world: World): Promise<void> => {
  const visit = visits[index];
  if (visit === undefined) throw new TypeError('There is no such visit.');
  const { ledger, vault, vendor, journal, credential } = world;
  // Keys may be counted otherwise by now.
  const ids = vendor.keys().map(({ id }) => id);
  const translated = (text: string): string =>
    visit.found.keys.reduce((changed, id, at) => changed.replaceAll(id, ids[at] ?? id), text);
  const past = JSON.parse(translated(JSON.stringify(visit))) as Visit;

  ledger.seed(readRecord(JSON.stringify(past.found.record)));
  for (const obligation of past.found.obligations) {
    await ledger.port.putObligation(readObligation(JSON.stringify(obligation)));
  }
  const { secret } = credential;
  const present = vault.labels(secret);
  for (const label of new Set([...present.keys(), ...Object.keys(past.found.labels)])) {
    const to = [...present.values()].find((version) => version === past.found.labels[label]) ?? null;
    await vault.port.moveLabel(secret, label, { from: vault.holder(secret, label), to });
  }
  const execution = await journal.port.read(past.rotationId);
  if (execution === null) throw new TypeError(`The recorded run ${past.rotationId} has not begun here.`);
  await journal.port.save({ ...execution, state: past.state, stateInput: past.input, retries: [], wakeAt: null }, []);
  throw new Error('The engine lost this transition, and looks at its journal again.');
};

/** Answers as the recorded steps did, visit by visit; a fault lasts for every try of its visit. */
const answersOf = (visits: readonly Visit[]) => {
  const come = new Map<string, number>();
  return (state: string, rotationId: unknown, attempt: number): JsonObject => {
    const own = visits.filter((visit) => visit.rotationId === rotationId && visit.state === state);
    const before = come.get(`${String(rotationId)} ${state}`) ?? -1;
    const at = attempt === 1 ? before + 1 : before;
    come.set(`${String(rotationId)} ${state}`, at);
    const { output, fault } = own[at] ?? {
      output: null,
      fault: { name: 'Lambda.ResourceNotFoundException', message: '' },
    };
    if (fault !== null) throw Object.assign(new Error(fault.message), { name: fault.name });
    return output ?? {};
  };
};

/** Visit by visit: the fields of what was given, answered and stored, with the types of their values. */
const formsOf = ({ visits }: Recording): unknown =>
  visits.map(({ state, step, input, output, fault, found: { record, obligations } }) => ({
    state,
    step,
    input: formOf(input),
    output: formOf(output),
    fault: fault?.name ?? null,
    record: formOf(record),
    obligations: formOf(obligations),
  }));

const formOf = (value: Json): unknown => {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  if (Array.isArray(value)) return [...new Set(value.map((item: Json) => JSON.stringify(formOf(item))))];
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([field, part]) => [field, formOf(part)]),
  );
};
