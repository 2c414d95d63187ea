import { after, dangerousOf, singlesOf } from './enumerate.ts';
import type { Plan } from './plan.ts';
import { type Residual, residualOf } from './residuals.ts';
import { caseText, type Result, runCase } from './run.ts';
import type { Scenario } from './world.ts';

/** What became of many cases. */
export interface Tally {
  cases: number;
  /** Cases with something that no residual explains: the line that replays it, and what was violated. */
  readonly unexplained: string[];
  readonly explained: Map<Residual, number>;
  /** Plans of which a part never came to its turn. */
  readonly neverFired: string[];
}

export const emptyTally = (): Tally => ({ cases: 0, unexplained: [], explained: new Map(), neverFired: [] });

const count = (tally: Tally, scenario: Scenario, { plan, notFired, violations, outcomes }: Result): void => {
  tally.cases += 1;
  if (notFired.length > 0) tally.neverFired.push(caseText(scenario, plan));
  if (violations.length === 0) return;
  const residual = residualOf(plan, violations);
  if (residual === null) {
    tally.unexplained.push(`${caseText(scenario, plan)}\n    ${outcomes}: ${violations.join('; ')}`);
  } else tally.explained.set(residual, (tally.explained.get(residual) ?? 0) + 1);
};

/** Every call of the fault-free run, with everything that can go wrong there. */
export const runSingles = async (scenario: Scenario): Promise<Tally> => {
  const tally = emptyTally();
  const calm = await runCase(scenario, new Map(), true);
  count(tally, scenario, calm);
  for (const single of singlesOf(calm.sites)) count(tally, scenario, await runCase(scenario, new Map([single])));
  return tally;
};

/** Every two dangerous faults, the second anywhere after the first. */
export const runDangerousPairs = async (scenario: Scenario): Promise<Tally> => {
  const tally = emptyTally();
  const calm = await runCase(scenario, new Map(), true);
  for (const first of dangerousOf(calm.sites)) {
    const faulted = await runCase(scenario, new Map([first]), true);
    for (const second of dangerousOf(after(faulted.sites, first[0]))) {
      count(tally, scenario, await runCase(scenario, new Map([first, second])));
    }
  }
  return tally;
};

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

/** A line for whoever reads the test's output. */
export const tallyText = (name: string, { cases, unexplained, explained }: Tally): string => {
  const known = [...explained].map(([residual, times]) => `${times} ${residual}`).join(', ');
  return `${name}: ${cases} cases, ${unexplained.length} unexplained${known === '' ? '' : `, explained: ${known}`}`;
};
