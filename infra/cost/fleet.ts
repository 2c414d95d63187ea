import { type Strategy, strategies } from '../../functions/domain/credential.ts';
import { flows } from '../../workflows/strategies.ts';
import { type Found, millisecondsOf, ofRotation, ofSweep } from './billed.ts';
import type { Counted, CountedRotation, CountedSweep } from './counted.ts';
import type { Deployed } from './deployed.ts';
import { sumOf, times, type Usage } from './usage.ts';

export type Fleet = {
  /** Spread evenly over the register's providers. */
  readonly credentials: number;
  readonly cadenceDays: number;
};

export type MonthLine = { readonly what: string; readonly usage: Usage };
export type Month = {
  readonly lines: readonly MonthLine[];
  /** What a person should know of these figures. */
  readonly notes: readonly string[];
};

/** AWS counts a month as 730 hours. */
const minutesOfMonth = 730 * 60;
const daysOfMonth = 730 / 24;

/** Reconcile looks at the end of a rotation for a week: functions/watch/end-abandoned.ts. */
const recentDays = 7;

/**
 * Lambda keeps five pollers on a queue, each of which waits up to 20 s for a message; what they find nothing with is
 * billed too: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html, 2026-11. An estimate: how many
 * pollers an idle queue keeps is not promised.
 */
const pollsOfMonth = 5 * 3 * minutesOfMonth;

/** What CloudWatch keeps is compressed, to about so much of what was sent: https://aws.amazon.com/cloudwatch/pricing/, 2026-11. */
const keptOfLogs = 0.15;

/** One rotation that meets no lag and needs no retry. */
export const usageOfRotation = (
  strategy: Strategy,
  rotation: CountedRotation,
  { functions, strategies: byProvider }: Pick<Deployed, 'functions' | 'strategies'>,
): Usage => {
  const [provider] = Object.entries(byProvider).find(([, its]) => its === strategy) ?? [];
  return ofRotation(
    rotation,
    flows[strategy],
    (name) => requiredOf(functions, `keyturn-${provider ?? ''}-${name}`).megabytes,
  );
};

/** The strategies of the register's providers. */
export const strategiesIn = ({ strategies: byProvider }: Pick<Deployed, 'strategies'>): readonly Strategy[] =>
  strategies.filter((strategy) => Object.values(byProvider).includes(strategy));

/** A month in which nothing leaks, and every rotation goes well. */
export const monthOf = ({ credentials, cadenceDays }: Fleet, deployed: Deployed, counted: Counted): Month => {
  const providers = Object.entries(deployed.strategies);
  const credentialsEach = credentials / providers.length;
  const foundBy = ({ mostLooks }: CountedSweep, own: number): Found => ({
    own: Math.min(own, mostLooks ?? own),
    all: credentials,
    recentlyEnded: Math.min(credentials, mostLooks ?? credentials) * Math.min(1, recentDays / cadenceDays),
  });
  const notes = new Set<string>();
  const sweeps = new Map<string, Usage[]>();
  for (const { functionName, everyMinutes } of deployed.schedules) {
    const part =
      ['intake', ...providers.map(([id]) => id)].find((id) => functionName.startsWith(`keyturn-${id}-`)) ?? '';
    const name = functionName.slice(`keyturn-${part}-`.length);
    const sweep = counted.sweeps[name];
    if (sweep === undefined) {
      notes.add(`${functionName} runs every ${everyMinutes} minutes and has not been counted: it is left out.`);
      continue;
    }
    const found = foundBy(sweep, part === 'intake' ? 0 : credentialsEach);
    const lambda = requiredOf(deployed.functions, functionName);
    const runs = minutesOfMonth / everyMinutes;
    sweeps.set(name, [...(sweeps.get(name) ?? []), times(ofSweep(sweep, found, counted.ledger, lambda), runs)]);
    const seconds = millisecondsOf(sweep, found) / 1000;
    const each = Math.round(credentialsEach).toLocaleString('en');
    if (seconds > lambda.timeoutSeconds) {
      notes.add(
        `${name} would take about ${Math.round(seconds)} s for ${each} credentials of a provider, and is stopped after ` +
          `${lambda.timeoutSeconds} s: it does not come to its end.`,
      );
    }
    if (part !== 'intake' && found.own < credentialsEach) {
      const minutes = Math.round((everyMinutes * credentialsEach) / found.own);
      notes.add(
        `${name} looks at ${found.own.toLocaleString('en')} of a provider's ${each} credentials in each run: at each of ` +
          `them every ${minutes} minutes.`,
      );
    }
  }
  const rotations = providers.map(([, strategy]) =>
    times(
      usageOfRotation(strategy, counted.rotations[strategy].scheduled, deployed),
      (credentialsEach * daysOfMonth) / cadenceDays,
    ),
  );
  const running = [
    { what: 'rotations', usage: sumOf(rotations) },
    ...[...sweeps].map(([name, usages]) => ({ what: `sweep ${name}`, usage: sumOf(usages) })),
  ];
  const sent = sumOf(running.map(({ usage }) => usage))['log-gigabyte'] ?? 0;
  return {
    lines: [
      { what: 'secrets, managed and admin', usage: { 'secret-month': credentials + deployed.accounts } },
      ...running,
      { what: 'queue that Lambda polls', usage: { 'fifo-queue-request': deployed.polledQueues * pollsOfMonth } },
      {
        what: 'logs that are kept',
        usage: { 'log-gigabyte-month': sent * keptOfLogs * (deployed.logRetentionDays / daysOfMonth) },
      },
      { what: 'KMS keys', usage: { 'kms-key-month': deployed.kmsKeys } },
      {
        what: 'alarms, metrics, dashboards',
        usage: {
          'alarm-metric-month': deployed.alarmMetrics,
          'custom-metric-month': deployed.customMetrics,
          'dashboard-month': deployed.dashboards,
        },
      },
    ],
    notes: [...notes],
  };
};

const requiredOf = <T>(among: Readonly<Record<string, T>>, name: string): T => {
  const one = among[name];
  if (one === undefined) throw new TypeError(`There is no function ${name} in the templates.`);
  return one;
};
