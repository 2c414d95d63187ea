import { beforeAll, describe, expect, it } from 'vitest';
import { type Counted, readCounted, transitionsOf } from '../../../infra/cost/counted.ts';
import { type Deployed, readDeployed } from '../../../infra/cost/deployed.ts';
import { monthOf, usageOfRotation } from '../../../infra/cost/fleet.ts';
import { costOf, readPrices } from '../../../infra/cost/prices.ts';

const counted: Counted = readCounted();
const functions = (names: readonly string[]): Deployed['functions'] =>
  Object.fromEntries(names.map((name) => [name, { megabytes: 512, timeoutSeconds: 300 }]));

const small: Deployed = {
  strategies: { openai: 'overlap' },
  accounts: 2,
  functions: functions([
    'keyturn-openai-start-due',
    ...Object.keys(counted.rotations.overlap.scheduled.functions).map((name) => `keyturn-openai-${name}`),
  ]),
  schedules: [{ functionName: 'keyturn-openai-start-due', everyMinutes: 60 }],
  kmsKeys: 3,
  alarmMetrics: 4,
  customMetrics: 5,
  dashboards: 1,
  polledQueues: 1,
  logRetentionDays: 30,
};

const quantityOf = (what: string, deployed = small, cadenceDays = 73) =>
  monthOf({ credentials: 240, cadenceDays }, deployed, counted).lines.find((line) => line.what === what)?.usage;

describe('a month of a fleet', () => {
  it('has 100 rotations of 240 credentials, 73 days apart', () => {
    const one = usageOfRotation('overlap', counted.rotations.overlap.scheduled, small);
    // 240 x 30.41667 days / 73 days
    expect(quantityOf('rotations')?.['state-transition']).toBeCloseTo(100 * (one['state-transition'] ?? 0), 6);
  });

  it('has 730 runs of what an hourly schedule wakes', () => {
    expect(quantityOf('sweep start-due')?.['schedule-invocation']).toBe(730);
  });

  it('pays for each secret, of credentials and of accounts, and for what stands there', () => {
    expect(quantityOf('secrets, managed and admin')).toEqual({ 'secret-month': 242 });
    expect(quantityOf('KMS keys')).toEqual({ 'kms-key-month': 3 });
    expect(quantityOf('alarms, metrics, dashboards')).toEqual({
      'alarm-metric-month': 4,
      'custom-metric-month': 5,
      'dashboard-month': 1,
    });
    expect(quantityOf('queue that Lambda polls')).toEqual({ 'fifo-queue-request': 657_000 });
  });

  it('says what nobody has counted, and leaves it out', () => {
    const schedules = [{ functionName: 'keyturn-openai-something-new', everyMinutes: 5 }];
    const { notes, lines } = monthOf({ credentials: 1, cadenceDays: 90 }, { ...small, schedules }, counted);
    expect(notes.join()).toContain('keyturn-openai-something-new');
    expect(lines.map(({ what }) => what)).not.toContain('sweep something-new');
  });

  it('looks at so many in a run, and says so', () => {
    const name = 'keyturn-openai-reconcile';
    const reconcile = { ...counted.sweeps['reconcile'], mostLooks: 60 };
    const capped = { ...counted, sweeps: { reconcile } } as Counted;
    const deployed = {
      ...small,
      functions: { ...small.functions, ...functions([name]) },
      schedules: [{ functionName: name, everyMinutes: 5 }],
    };
    const callsOf = (credentials: number, among: Counted): number | undefined =>
      monthOf({ credentials, cadenceDays: 90 }, deployed, among).lines.find(({ what }) => what === 'sweep reconcile')
        ?.usage['secrets-manager-call'];
    expect(callsOf(240, capped)).toBe(callsOf(60, capped));
    expect(monthOf({ credentials: 240, cadenceDays: 90 }, deployed, capped).notes.join()).toContain(
      "looks at 60 of a provider's 240 credentials in each run: at each of them every 20 minutes",
    );
  });

  it('says when a sweep cannot come to its end', () => {
    const name = 'keyturn-openai-reconcile';
    const deployed = {
      ...small,
      functions: { ...small.functions, ...functions([name]) },
      schedules: [{ functionName: name, everyMinutes: 5 }],
    };
    expect(monthOf({ credentials: 100, cadenceDays: 90 }, deployed, counted).notes).toEqual([]);
    const reconcile = { ...counted.sweeps['reconcile'], mostLooks: null };
    const patient = { ...counted, sweeps: { reconcile } } as Counted;
    expect(monthOf({ credentials: 100_000, cadenceDays: 90 }, deployed, patient).notes.join()).toContain(
      'it does not come to its end',
    );
  });
});

describe('the deployment as it is declared', () => {
  let deployed: Deployed;
  beforeAll(() => {
    deployed = readDeployed();
  });

  it('has every function that the counts name, and a count for everything that a schedule wakes', () => {
    expect(monthOf({ credentials: 100, cadenceDays: 90 }, deployed, counted).notes).toEqual([]);
  });

  it('one rotation of the overlap strategy takes at most 20 transitions and USD 0.0009', () => {
    const { scheduled } = counted.rotations.overlap;
    expect(transitionsOf(scheduled)).toBeLessThanOrEqual(20);
    const cost = costOf(usageOfRotation('overlap', scheduled, deployed), readPrices('us-east-1', null));
    expect(cost).toBeLessThanOrEqual(0.0009);
  });
});
