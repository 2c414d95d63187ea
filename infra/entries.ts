import type { Entry } from './constructs/bundle.ts';
import type { FunctionName, SweepName } from './constructs/permissions.ts';

const ports = `
  import { awsPorts } from './functions/aws/ports.ts';
  const ports = awsPorts(process.env);
`;

/** For what serves every provider. */
const portsOfAll = `
  import { awsPortsOfAll } from './functions/aws/ports.ts';
  const ports = awsPortsOfAll(process.env);
`;

/** All steps in one bundle, told apart by KEYTURN_STEP: the AWS clients in it are many times as large as the steps. */
const step: Entry = {
  name: 'step',
  source: `
    import { lambdaHandler } from './functions/shell/lambda.ts';
    import { steps } from './functions/steps/index.ts';
    ${ports}
    export const handler = lambdaHandler(steps[process.env.KEYTURN_STEP], ports);
  `,
};

const sweeps: { readonly [Name in SweepName]: Entry } = {
  'start-due': {
    name: 'start-due',
    source: `
      import { guardOutput } from './functions/shell/guard-output.ts';
      import { sendMetrics } from './functions/shell/send-metrics.ts';
      import { behindWall } from './functions/shell/wall.ts';
      import { dueMetrics } from './functions/triggers/due-metrics.ts';
      import { startDue } from './functions/triggers/start-due.ts';
      import { strategyOf } from './functions/providers/connect.ts';
      import { providerOf } from './functions/providers/index.ts';
      ${ports}
      guardOutput();
      const options = {
        provider: process.env.KEYTURN_PROVIDER,
        strategyOf: (id) => strategyOf(providerOf(id)),
        maximumStarts: Number(process.env.KEYTURN_MAXIMUM_STARTS),
        letCallsLandSeconds: Number(process.env.KEYTURN_LET_CALLS_LAND_SECONDS),
      };
      export const handler = () =>
        behindWall(async () => {
          const report = await startDue(ports, options);
          sendMetrics(dueMetrics(report), process.env.KEYTURN_PROVIDER);
          console.info(JSON.stringify(report));
          // The others were started; the error is for the alarm.
          if (report.failed.length > 0) throw new Error(report.failed.length + ' credentials could not be looked at.');
        });
    `,
  },
  reconcile: {
    name: 'reconcile',
    source: `
      import { guardOutput } from './functions/shell/guard-output.ts';
      import { sendMetrics } from './functions/shell/send-metrics.ts';
      import { behindWall } from './functions/shell/wall.ts';
      import { reconcile } from './functions/watch/reconcile.ts';
      import { reconcileMetrics } from './functions/watch/reconcile-metrics.ts';
      import { strategyOf } from './functions/providers/connect.ts';
      import { providerOf } from './functions/providers/index.ts';
      ${ports}
      guardOutput();
      const options = {
        provider: process.env.KEYTURN_PROVIDER,
        strategyOf: (id) => strategyOf(providerOf(id)),
        maximumStarts: Number(process.env.KEYTURN_MAXIMUM_STARTS),
        letCallsLandSeconds: Number(process.env.KEYTURN_LET_CALLS_LAND_SECONDS),
        dryRun: false,
      };
      export const handler = () =>
        behindWall(async () => {
          const report = await reconcile(ports, options);
          sendMetrics(reconcileMetrics(report), process.env.KEYTURN_PROVIDER);
          console.info(JSON.stringify(report));
          // The others were looked at; the error is for the alarm.
          if (report.failed.length > 0) throw new Error(report.failed.length + ' could not be looked at or mended.');
        });
    `,
  },
  'sweep-strays': {
    name: 'sweep-strays',
    source: `
      import { guardOutput } from './functions/shell/guard-output.ts';
      import { sendMetrics } from './functions/shell/send-metrics.ts';
      import { behindWall } from './functions/shell/wall.ts';
      import { strayMetrics } from './functions/watch/stray-metrics.ts';
      import { sweepStrays } from './functions/watch/sweep-strays.ts';
      ${ports}
      guardOutput();
      const options = {
        provider: process.env.KEYTURN_PROVIDER,
        graceSeconds: Number(process.env.KEYTURN_STRAY_GRACE_SECONDS),
        dryRun: false,
      };
      export const handler = () =>
        behindWall(async () => {
          const swept = await sweepStrays(ports, options);
          sendMetrics(strayMetrics(swept), process.env.KEYTURN_PROVIDER);
          console.info(JSON.stringify(swept));
        });
    `,
  },
  escalate: {
    name: 'escalate',
    source: `
      import { guardOutput } from './functions/shell/guard-output.ts';
      import { sendMetrics } from './functions/shell/send-metrics.ts';
      import { behindWall } from './functions/shell/wall.ts';
      import { escalate } from './functions/watch/escalate.ts';
      ${portsOfAll}
      guardOutput();
      export const handler = () =>
        behindWall(async () => {
          const { told, failed, metrics } = await escalate(ports);
          sendMetrics(metrics);
          console.info(JSON.stringify({ told, failed }));
          // The others were told of; the error is for the alarm.
          if (failed.length > 0) throw new Error(failed.length + ' incidents could not be told of.');
        });
    `,
  },
  'poll-github': {
    name: 'poll-github',
    source: `
      import { pollPorts } from './functions/aws/poll-ports.ts';
      import { guardOutput } from './functions/shell/guard-output.ts';
      import { behindWall } from './functions/shell/wall.ts';
      import { pollGithub } from './functions/watch/poll-github.ts';
      guardOutput();
      const { ports, since } = pollPorts(process.env);
      const scopes = process.env.KEYTURN_GITHUB_SCOPES.split(',');
      export const handler = () =>
        behindWall(async () => {
          console.info(JSON.stringify(await pollGithub({ scopes, since: since() }, ports)));
        });
    `,
  },
  'poll-gitguardian': {
    name: 'poll-gitguardian',
    source: `
      import { pollPorts } from './functions/aws/poll-ports.ts';
      import { guardOutput } from './functions/shell/guard-output.ts';
      import { behindWall } from './functions/shell/wall.ts';
      import { pollGitguardian } from './functions/watch/poll-gitguardian.ts';
      guardOutput();
      const { ports, since } = pollPorts(process.env);
      export const handler = () =>
        behindWall(async () => {
          console.info(JSON.stringify(await pollGitguardian({ since: since() }, ports)));
        });
    `,
  },
};

/** What a queue or the internet wakes. */
const intake: { readonly [Name in 'webhook' | 'intake']: Entry } = {
  webhook: {
    name: 'webhook',
    source: `
      import { webhookHandler } from './functions/aws/webhook.ts';
      import { webhookPorts } from './functions/aws/webhook-ports.ts';
      export const handler = webhookHandler(webhookPorts(process.env));
    `,
  },
  intake: {
    name: 'intake',
    source: `
      import { intakeHandler } from './functions/aws/intake.ts';
      import { fetchHttp } from './functions/shell/fetch-http.ts';
      import { acceptReport, usualOptions } from './functions/triggers/compromise.ts';
      ${portsOfAll}
      const options = { ...usualOptions, letCallsLandSeconds: Number(process.env.KEYTURN_LET_CALLS_LAND_SECONDS) };
      export const handler = intakeHandler({ ...ports, http: fetchHttp() }, (report) =>
        acceptReport(report, ports, options),
      );
    `,
  },
};

const own = { ...sweeps, ...intake };

export const entries: readonly Entry[] = [step, ...Object.values(own)];

/** The bundle that a function runs. */
export const entryOf = (name: FunctionName): string => (name in own ? name : step.name);
