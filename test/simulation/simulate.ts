import { parseArgs } from 'node:util';
import { allPairs, emptyTally, runDangerousPairs, runPlan, runSingles, type Tally, tallyText } from './matrix.ts';
import { readPlan } from './plan.ts';
import { randomPlan, sequence } from './random-plan.ts';
import { runCase } from './run.ts';
import type { SettingName } from './settings.ts';
import { settingsOf, vendorNames } from './vendor.ts';
import { modes, readScenario, type Scenario, scenarioText } from './world.ts';

const help = `npm run simulate                                 all pairs of every vendor and mode, setting prompt: hours
npm run simulate -- --only 'human/*/prompt'      of these vendors, modes and settings; goes with each of the following
npm run simulate -- --every 40 --seed 1          every 40th of them, from the first on: forty seeds make the whole
npm run simulate -- --dangerous                  every dangerous pair
npm run simulate -- --singles                    every single fault in every setting
npm run simulate -- --random 20000 --seed 1      that many random plans of three to five faults
npm run simulate -- --replay '<case> <site>=<fault> ...'   one case, told line by line`;

/** What a person has to mend needs no stack trace. */
const orRefuse = <Read>(read: () => Read): Read => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\nNothing was run. What there is: npm run simulate -- --help\n`);
    process.exit(2);
  }
};
const wholeNumber = (option: string, text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new TypeError(`${option} is "${text}": it is a whole number from 1 to 9999999.`);
};

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      only: { type: 'string', default: '*/*/*' },
      dangerous: { type: 'boolean', default: false },
      singles: { type: 'boolean', default: false },
      random: { type: 'string' },
      every: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      replay: { type: 'string' },
    },
  }),
);

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const every = vendorNames.flatMap((vendor) =>
  settingsOf(vendor).flatMap((setting) => modes.map((mode) => ({ vendor, mode, setting }))),
);
const scenarios = (setting: SettingName | '*'): readonly Scenario[] => {
  const named = values.only.split('/');
  const found = every
    .filter((scenario) =>
      scenarioText(scenario)
        .split('/')
        .every((word, at) => ['*', word].includes(named[at] ?? '*')),
    )
    .filter((scenario) => named[2] !== '*' || setting === '*' || scenario.setting === setting);
  if (found.length === 0) throw new TypeError(`${values.only} is no vendor/mode/setting.`);
  return found;
};

const report = (name: string, tally: Tally): boolean => {
  say(tallyText(name, tally));
  for (const line of tally.unexplained) say(line);
  return tally.unexplained.length === 0;
};

const replay = async (line: string): Promise<boolean> => {
  const [where = '', ...words] = line.split(' ');
  const [scenario, plan] = orRefuse(() => [readScenario(where), readPlan(words)] as const);
  const { outcomes, violations, notFired, story } = await runCase(scenario, plan);
  for (const each of story()) say(each);
  say(`Ended: ${outcomes}`);
  for (const site of notFired) say(`Never came to its turn: ${site}`);
  for (const violation of violations) say(`Violated: ${violation}`);
  return violations.length === 0;
};

const pairs = async (every: number, from: number): Promise<boolean> => {
  let well = true;
  for (const scenario of scenarios('prompt')) {
    const tally = emptyTally();
    let all = 0;
    for await (const plan of allPairs(scenario)) {
      if (all % every === (from - 1) % every) await runPlan(tally, scenario, plan);
      all += 1;
    }
    tally.all = all;
    well = report(`pairs ${scenarioText(scenario)}`, tally) && well;
  }
  return well;
};

const dangerous = async (): Promise<boolean> => {
  let well = true;
  for (const scenario of scenarios('prompt')) {
    well = report(`dangerous pairs ${scenarioText(scenario)}`, await runDangerousPairs(scenario, 'all')) && well;
  }
  return well;
};

const singles = async (): Promise<boolean> => {
  let well = true;
  for (const scenario of scenarios('*')) {
    well = report(`singles ${scenarioText(scenario)}`, await runSingles(scenario, 'all')) && well;
  }
  return well;
};

const random = async (plans: number, seed: number): Promise<boolean> => {
  const draw = sequence(seed);
  const tally = emptyTally();
  const all = scenarios('*');
  const calm = new Map<Scenario, Awaited<ReturnType<typeof runCase>>['sites']>();
  while (tally.cases < plans) {
    const scenario = all[Math.floor(draw() * all.length)];
    if (scenario === undefined) break;
    const sites = calm.get(scenario) ?? (await runCase(scenario, new Map(), true)).sites;
    calm.set(scenario, sites);
    await runPlan(tally, scenario, randomPlan(sites, draw));
  }
  return report(`random, seed ${seed}`, tally);
};

if (values.help) say(help);
else {
  const [plans, every, seed] = orRefuse(() => {
    scenarios('*');
    return [
      values.random === undefined ? null : wholeNumber('--random', values.random),
      wholeNumber('--every', values.every),
      wholeNumber('--seed', values.seed),
    ] as const;
  });
  const well =
    values.replay !== undefined
      ? await replay(values.replay)
      : plans !== null
        ? await random(plans, seed)
        : await (values.singles ? singles() : values.dangerous ? dangerous() : pairs(every, seed));
  process.exitCode = well ? 0 : 1;
}
