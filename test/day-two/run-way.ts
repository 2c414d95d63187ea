import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../functions/domain/json.ts';
import type { AnyStep } from '../../functions/shell/run-step.ts';
import { steps } from '../../functions/steps/index.ts';
import { writeStored } from '../../functions/stored-text.ts';
import { readPlan } from '../simulation/plan.ts';
import { play } from '../simulation/run.ts';
import { type Build, makeWorld, type World } from '../simulation/world.ts';
import type { Found, Recording, Visit } from './recording.ts';
import type { Way } from './ways.ts';

export interface Ran {
  readonly world: World;
  readonly recording: Recording;
}

/** Called when a run enters a state that calls a step, before the step does. @param index of the visit, from 0 */
export type Arrive = (index: number, visit: Visit, world: World) => Promise<void>;

/** Lets a way be taken with today's steps, and writes down what they were given and what they answered. */
export const runWay = async (
  { scenario, plan }: Way,
  build: Omit<Build, 'steps'> = {},
  arrive?: Arrive,
): Promise<Ran> => {
  const visits: Visit[] = [];
  const latest = new Map<string, number>();

  /** A retry is the same visit: what the step says at last is what the run goes on with. */
  const enter = async (step: string, input: JsonObject): Promise<number> => {
    const rotationId = rotationIn(input);
    const state = world.journal.executions().find(({ name }) => name === rotationId)?.state ?? '';
    const before = latest.get(rotationId);
    const last = before === undefined ? undefined : visits[before];
    if (before !== undefined && last?.state === state && isDeepStrictEqual(last.input, input)) return before;
    const index = visits.length;
    visits.push({ rotationId, state, step, input, output: null, fault: null, found: foundIn(world) });
    latest.set(rotationId, index);
    const visit = visits[index];
    if (visit !== undefined) await arrive?.(index, visit, world);
    return index;
  };
  const leave = (index: number | undefined, how: Pick<Visit, 'output' | 'fault'>): void => {
    const visit = index === undefined ? undefined : visits[index];
    if (index !== undefined && visit !== undefined) visits[index] = { ...visit, ...how };
  };
  const watched = (name: string, step: AnyStep): AnyStep => {
    const failing = async <T>(index: number | undefined, work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        const { name: fault, message } = error instanceof Error ? error : new TypeError('Something was thrown.');
        leave(index, { output: null, fault: { name: fault, message } });
        throw error;
      }
    };
    return {
      name: step.name,
      observe: async (input, ports) => {
        const index = await enter(name, input);
        return failing(index, () => step.observe(input, ports));
      },
      decide: (view) => step.decide(view),
      act: async (decision, view, input, ports) => {
        const index = latest.get(rotationIn(input));
        const output = await failing(index, () => step.act(decision, view, input, ports));
        leave(index, { output, fault: null });
        return output;
      },
    };
  };
  const all: Readonly<Record<string, AnyStep>> = steps;
  const world = makeWorld(scenario, readPlan(plan), false, {
    ...build,
    steps: Object.fromEntries(Object.entries(all).map(([name, step]) => [name, watched(name, step)])),
  });
  await play(world, scenario);
  const ended = world.journal.executions().map(({ name, state }) => ({ rotationId: name, state }));
  return { world, recording: throughText({ ended, visits }) };
};

const rotationIn = ({ rotationId }: JsonObject): string => (typeof rotationId === 'string' ? rotationId : '');

const foundIn = ({ vendor, ledger, vault, credential }: World): Found => ({
  keys: vendor.keys().map(({ id }) => id),
  record: storedForm(writeStored(ledger.record(credential.id))),
  obligations: ledger.obligations().map((obligation) => storedForm(writeStored(obligation))),
  labels: Object.fromEntries(vault.labels(credential.secret)),
});

const storedForm = (text: string): JsonObject => JSON.parse(text) as JsonObject;

const throughText = (recording: Recording): Recording => JSON.parse(JSON.stringify(recording)) as Recording;
