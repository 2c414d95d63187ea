import type { Entry } from './constructs/bundle.ts';
import type { FunctionName, SweepName } from './constructs/permissions.ts';

const ports = `
  import { awsPorts } from './functions/aws/ports.ts';
  const ports = awsPorts(process.env);
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
      import { behindWall } from './functions/shell/wall.ts';
      import { startDue } from './functions/triggers/start-due.ts';
      import { strategyOf } from './functions/providers/connect.ts';
      import { providerOf } from './functions/providers/index.ts';
      ${ports}
      guardOutput();
      const options = {
        strategyOf: (id) => strategyOf(providerOf(id)),
        maximumStarts: Number(process.env.KEYTURN_MAXIMUM_STARTS),
        letCallsLandSeconds: Number(process.env.KEYTURN_LET_CALLS_LAND_SECONDS),
      };
      export const handler = () =>
        behindWall(async () => {
          const report = await startDue(ports, options);
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
      import { behindWall } from './functions/shell/wall.ts';
      import { reconcile } from './functions/watch/reconcile.ts';
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
      import { behindWall } from './functions/shell/wall.ts';
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
          console.info(JSON.stringify(await sweepStrays(ports, options)));
        });
    `,
  },
};

export const entries: readonly Entry[] = [step, ...Object.values(sweeps)];

/** The bundle that a function runs. */
export const entryOf = (name: FunctionName): string => (name in sweeps ? name : step.name);
