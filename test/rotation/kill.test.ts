import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Lane, openLane, type Programs, preparePrograms } from './kill/lane.ts';
import { faults } from './kill/proxy.ts';
import { type Plan, type RunReport, run } from './kill/run.ts';
import { type Scenario, scenarios } from './kill/scenarios.ts';

// The engine, a provider and what lies between them, as processes on this machine. Every request of a rotation is
// struck once in every way, and the engine is killed around each of its writes; then the rotation must end
// as if nothing had been. One strike alone:
// KEYTURN_STRIKE='openai: kill-after 3' npx vitest run test/rotation/kill.test.ts

const only = process.env['KEYTURN_STRIKE'];
const nameOf = (scenario: Scenario, { fault, at }: Plan): string => `${scenario.name}: ${fault} ${at}`;

let programs: Programs;
beforeAll(async () => {
  programs = await preparePrograms();
});

let lanes: readonly Lane[];
beforeEach(() => {
  // As many as a small machine has cores.
  lanes = [openLane(programs), openLane(programs)];
});
afterEach(() => Promise.all(lanes.map((lane) => lane.close())));

/** What is wrong with a run, in words; every scenario ends `Done`, whatever is struck once. */
const judge = (report: RunReport, plan: Plan, undisturbed: RunReport): readonly string[] => {
  const { outcome, struck, orphans, deadMoments, keysMade } = report;
  return [
    ...report.faults,
    ...(outcome === 'Done' ? [] : [`it ended ${outcome}`]),
    ...(report.kills === (plan.fault.startsWith('kill') ? 1 : 0)
      ? []
      : [`the engine was killed ${report.kills} times`]),
    ...(struck === null || struck === undisturbed.requests[plan.at - 1] ? [] : [`struck ${struck}`]),
    ...orphans.map((id) => `${id} lives on`),
    ...deadMoments.map((moment) => `a dead key was served at ${moment}`),
    ...(keysMade <= 2 ? [] : [`${keysMade} keys were made`]),
    ...(keysMade === 1 + report.strays ? [] : [`${keysMade} keys were made, and ${report.strays} swept`]),
  ];
};

/** Both lanes take from one list until it is empty. */
const inLanes = async <Item, Answer>(
  items: readonly Item[],
  work: (lane: Lane, item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  const left = items.entries();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const [index, item] of left) answers[index] = await work(lane, item);
    }),
  );
  return answers;
};

/**
 * After one write and before the next is one state of the disk, unless a request lies between, which is struck by itself:
 * so each write is struck before it, and the last one after it too.
 */
const plansOf = ({ requests, writes }: RunReport): readonly Plan[] => [
  ...requests.flatMap((_, index) => faults.map((fault): Plan => ({ fault, at: index + 1 }))),
  ...Array.from({ length: writes }, (_, index): Plan => ({ fault: 'kill-before-write', at: index + 1 })),
  { fault: 'kill-after-write', at: writes },
];

const summaryOf = ({ name }: Scenario, { requests, writes }: RunReport, reports: readonly RunReport[]): string => {
  const total = (figure: (report: RunReport) => number): number => sum(reports.map(figure));
  return [
    `${name}: ${reports.length} runs over ${requests.length} requests and ${writes} writes`,
    `${total(({ kills }) => kills)} kills`,
    `${total(({ orphans }) => orphans.length)} orphans`,
    `${total(({ deadSeconds }) => deadSeconds)} s of a dead key served`,
    `${(total(({ containedSeconds }) => containedSeconds) / reports.length).toFixed(1)} s contained on average`,
    `${(total(({ keysMade }) => keysMade) / reports.length).toFixed(2)} keys per success`,
    `${Math.max(...reports.map(({ keysMade }) => keysMade))} at most`,
    `${total(({ strays }) => strays)} strays swept`,
  ].join(', ');
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

describe('a rotation of which any one request is struck', () => {
  it.each(scenarios.filter(({ name }) => only === undefined || only.startsWith(`${name}:`)))(
    '$name: by kill -9 before and after it, a cut, a lost answer, a stall; by kill -9 at every write',
    async (scenario) => {
      const [undisturbed] = await inLanes([null], (lane, plan) => run(lane, scenario, plan));
      expect(undisturbed).toMatchObject({ outcome: 'Done', orphans: [], deadMoments: [], keysMade: 1, faults: [] });
      // The positive control: this judge does see a dead key served where one must be.
      expect(undisturbed!.containedSeconds > 0).toBe(scenario.urgency === 'emergency');
      const plans = plansOf(undisturbed!).filter((plan) => only === undefined || only === nameOf(scenario, plan));
      expect(plans).not.toEqual([]);
      const reports = await inLanes(plans, async (lane, plan) => ({ plan, report: await run(lane, scenario, plan) }));

      const failures = reports.flatMap(({ plan, report }) => {
        const wrong = judge(report, plan, undisturbed!);
        return wrong.length === 0 ? [] : [`KEYTURN_STRIKE='${nameOf(scenario, plan)}': ${wrong.join('; ')}`];
      });
      const told = summaryOf(
        scenario,
        undisturbed!,
        reports.map(({ report }) => report),
      );
      console.log(told);
      expect(failures).toEqual([]);
    },
    600_000,
  );
});
