import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { z } from 'zod';
import type { Strategy } from '../../functions/domain/credential.ts';
import { strategyOf } from '../../functions/providers/connect.ts';
import { providerOf, providers } from '../../functions/providers/index.ts';
import { loadRegister } from '../../functions/register/load.ts';
import type { DeclaredRegister } from '../../functions/register/register.ts';
import { addStacks } from '../deployment.ts';
import { readSettings } from '../settings.ts';

/** What a deployment has that is paid for, read from its templates. */
export interface Deployed {
  /** Of each provider that the register has an account of. */
  readonly strategies: Readonly<Record<string, Strategy>>;
  /** Each account has an admin secret. */
  readonly accounts: number;
  readonly functions: Readonly<Record<string, { readonly megabytes: number; readonly timeoutSeconds: number }>>;
  /** What schedules wake, and how often. */
  readonly schedules: readonly { readonly functionName: string; readonly everyMinutes: number }[];
  readonly kmsKeys: number;
  readonly alarmMetrics: number;
  /** Metrics of our own that alarms and dashboards name. */
  readonly customMetrics: number;
  readonly dashboards: number;
  /** Queues that Lambda polls. */
  readonly polledQueues: number;
  readonly logRetentionDays: number;
}

type Resource = { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> };

/** Synthesises what cdk.json and its register declare, with nothing bundled, and reads the templates. */
export const readDeployed = (): Deployed => {
  const root = new URL('../../', import.meta.url);
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(new URL('cdk.json', root), 'utf8')));
  const outdir = mkdtempSync(join(tmpdir(), 'keyturn-cost-'));
  try {
    const app = new App({ outdir, context, builtinCloudFormationValidation: false });
    const settings = readSettings(app.node);
    const register = loadRegister(readFileSync(new URL(settings.register, root), 'utf8'), basename(settings.register), {
      providers,
    });
    addStacks(app, {
      settings,
      register,
      strategyOf: strategyOfId,
      code: () => Code.fromInline('exports.handler = 0;'),
    });
    const resources = app.synth().stacks.flatMap(({ template }) => resourcesOf(template));
    return { ...deployedOf(resources, register), logRetentionDays: settings.logRetentionDays };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};

const strategyOfId = (provider: string): Strategy => strategyOf(providerOf(provider));

const templateForm = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).exactOptional() }),
  ),
});
const resourcesOf = (template: unknown): readonly Resource[] => Object.values(templateForm.parse(template).Resources);

const functionForm = z.object({ FunctionName: z.string(), MemorySize: z.number(), Timeout: z.number() });
const scheduleForm = z.object({ Name: z.string(), ScheduleExpression: z.string() });
const alarmForm = z.object({ Metrics: z.array(z.object({ MetricStat: z.unknown().optional() })).optional() });

const deployedOf = (
  resources: readonly Resource[],
  { accounts }: DeclaredRegister,
): Omit<Deployed, 'logRetentionDays'> => {
  const all = (type: string): readonly unknown[] =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties ?? {});
  const alarms = all('AWS::CloudWatch::Alarm');
  const dashboards = all('AWS::CloudWatch::Dashboard');
  return {
    strategies: Object.fromEntries(accounts.map(({ provider }) => [provider, strategyOfId(provider)])),
    accounts: accounts.length,
    functions: Object.fromEntries(
      z
        .array(functionForm)
        .parse(all('AWS::Lambda::Function'))
        .map(({ FunctionName, MemorySize, Timeout }) => [
          FunctionName,
          { megabytes: MemorySize, timeoutSeconds: Timeout },
        ]),
    ),
    // A sweep's schedule has the name of its function.
    schedules: z
      .array(scheduleForm)
      .parse(all('AWS::Scheduler::Schedule'))
      .map(({ Name, ScheduleExpression }) => ({ functionName: Name, everyMinutes: minutesOf(ScheduleExpression) })),
    kmsKeys: all('AWS::KMS::Key').length,
    alarmMetrics: z
      .array(alarmForm)
      .parse(alarms)
      .reduce((sum, { Metrics }) => sum + (Metrics?.filter((one) => one.MetricStat !== undefined).length ?? 1), 0),
    customMetrics: customMetricsOf(alarms, dashboards).size,
    dashboards: dashboards.length,
    polledQueues: all('AWS::Lambda::EventSourceMapping').length,
  };
};

const minutesIn: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };

/** @throws TypeError for an expression that is no rate: how often it fires is then not known here */
const minutesOf = (expression: string): number => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = minutesIn[unit];
  if (minutes === undefined) throw new TypeError(`infra/cost/deployed.ts does not understand ${expression}.`);
  return Number(count) * minutes;
};

const metricForm = z.object({ Namespace: z.literal('Keyturn'), MetricName: z.string() });

/** An alarm names a metric by its properties, a dashboard in the JSON of its body. */
const customMetricsOf = (alarms: readonly unknown[], dashboards: readonly unknown[]): ReadonlySet<string> => {
  const inAlarms = alarms.flatMap((alarm) => {
    const { success, data } = metricForm.safeParse(alarm);
    return success ? [data.MetricName] : [];
  });
  const text = JSON.stringify(dashboards).replaceAll('\\', '');
  const inDashboards = Array.from(text.matchAll(/"Keyturn","(\w+)"/g), ([, name = '']) => name);
  return new Set([...inAlarms, ...inDashboards]);
};
