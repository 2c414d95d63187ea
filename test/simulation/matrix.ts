import { after, dangerousOf, singlesOf, singlesTouchedBy } from './enumerate.ts';
import type { Plan } from './plan.ts';
import { type Residual, residualsOf } from './residuals.ts';
import { caseText, type Result, runCase } from './run.ts';
import { vendorNames } from './vendor.ts';
import { modes, type Scenario } from './world.ts';

/** What became of many cases. */
export interface Tally {
  cases: number;
  /** How many there are; more than `cases` where they were sampled. */
  all: number | null;
  /** Cases with something that no residual explains: the line that replays it, and what was violated. */
  readonly unexplained: string[];
  readonly explained: Map<Residual, number>;
  /** Plans of which a part never came to its turn. */
  readonly neverFired: string[];
}

export const emptyTally = (): Tally => ({ cases: 0, all: null, unexplained: [], explained: new Map(), neverFired: [] });

const count = (tally: Tally, scenario: Scenario, result: Result): void => {
  const { plan, notFired, violations, outcomes } = result;
  tally.cases += 1;
  if (notFired.length > 0) tally.neverFired.push(caseText(scenario, plan));
  if (violations.length === 0) return;
  const residuals = residualsOf(plan, result, scenario.setting);
  if (residuals === null)
    tally.unexplained.push(`${caseText(scenario, plan)}\n    ${outcomes}: ${violations.join('; ')}`);
  for (const residual of residuals ?? []) tally.explained.set(residual, (tally.explained.get(residual) ?? 0) + 1);
};

/** Every call of the fault-free run, with everything that can go wrong there: all of it, or what the setting touches. */
export const runSingles = async (scenario: Scenario, which: 'all' | 'touched'): Promise<Tally> => {
  const tally = emptyTally();
  const calm = await runCase(scenario, new Map(), true);
  count(tally, scenario, calm);
  const singles = which === 'all' ? singlesOf(calm.sites) : singlesTouchedBy(scenario.setting, calm.sites);
  for (const single of singles) count(tally, scenario, await runCase(scenario, new Map([single])));
  return tally;
};

/** As many as a commit waits for, of all vendors and modes together. */
const mostDangerousPairs = 20_000;
const mostOfOneScenario = mostDangerousPairs / (vendorNames.length * modes.length);

/** Every two dangerous faults, the second anywhere after the first: all of them, or every n-th. */
export const runDangerousPairs = async (scenario: Scenario, which: 'all' | 'sampled'): Promise<Tally> => {
  const tally = emptyTally();
  const calm = await runCase(scenario, new Map(), true);
  const pairs: Plan[] = [];
  for (const first of dangerousOf(calm.sites)) {
    const faulted = await runCase(scenario, new Map([first]), true);
    for (const second of dangerousOf(after(faulted.sites, first[0]))) pairs.push(new Map([first, second]));
  }
  tally.all = pairs.length;
  const taken = which === 'all' ? pairs : evenly(pairs, mostOfOneScenario);
  for (const pair of taken) count(tally, scenario, await runCase(scenario, pair));
  return tally;
};

/** So many of them, at even distances: the same ones each time. */
const evenly = <Item>(items: readonly Item[], most: number): readonly Item[] =>
  items.filter(
    (_, index) =>
      Math.floor(((index + 1) * most) / items.length) > Math.floor((index * most) / items.length) ||
      items.length <= most,
  );

/** Every two faults and acts. */
export const allPairs = async function* (scenario: Scenario): AsyncGenerator<Plan> {
  const calm = await runCase(scenario, new Map(), true);
  for (const first of singlesOf(calm.sites)) {
    const faulted = await runCase(scenario, new Map([first]), true);
    for (const second of singlesOf(after(faulted.sites, first[0]))) yield new Map([first, second]);
  }
};

export const runPlan = async (tally: Tally, scenario: Scenario, plan: Plan): Promise<void> =>
  count(tally, scenario, await runCase(scenario, plan));

/** A line for whoever reads the output. */
export const tallyText = (name: string, { cases, all, unexplained, explained, neverFired }: Tally): string => {
  const of = all === null || all === cases ? '' : ` of ${all}`;
  const residuals = [...explained].map(([residual, times]) => `${times} ${residual}`).join(', ');
  const known = residuals === '' ? '0 explained' : `explained: ${residuals}`;
  return `${name}: ${cases}${of} cases, ${cases - neverFired.length} fired, ${unexplained.length} unexplained, ${known}`;
};
