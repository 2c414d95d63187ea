import { expect, it } from 'vitest';
import { singlesOf } from '../simulation/enumerate.ts';
import { residualsOf } from '../simulation/residuals.ts';
import { runCase } from '../simulation/run.ts';
import { settingNames } from '../simulation/settings.ts';
import { vendorNames } from '../simulation/vendor.ts';
import { modes, type Scenario } from '../simulation/world.ts';

// What the simulation's own tests exhaust, by a sample of it that takes seconds: run for every mutant of a step, and
// for nothing else. See vitest.mutation.config.ts.

const [setting] = settingNames;
const scenarios = vendorNames.flatMap((vendor) => modes.map((mode): Scenario => ({ vendor, mode, setting })));
/** One single of so many. It shares no factor with how many kinds of faults there are, so that each kind comes. */
const oneOf = 37;

// The quick ones of all scenarios first: they kill most.
it.each(scenarios)('$vendor/$mode goes well where nothing goes wrong', async (scenario) => {
  const { violations, outcomes } = await runCase(scenario, new Map());
  expect(violations).toEqual([]);
  expect(outcomes).toMatch(/\bDone$/);
});

it.each(scenarios)('$vendor/$mode does no harm where one thing goes wrong', async (scenario) => {
  const { sites } = await runCase(scenario, new Map(), true);
  const singles = singlesOf(sites).filter((_, place) => place % oneOf === 0);
  for (const single of singles) {
    const plan = new Map([single]);
    const result = await runCase(scenario, plan);
    expect(residualsOf(plan, result, scenario.setting) === null ? result.violations : []).toEqual([]);
    expect(result.notFired).toEqual([]);
  }
});
