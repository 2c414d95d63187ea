import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('prints one line of Embedded Metric Format, without a dimension that names anybody', async () => {
  const program = `
    import { sendMetrics } from './functions/shell/send-metrics.ts';
    sendMetrics([
      { name: 'OpenObligations', unit: 'Count', value: 2 },
      { name: 'SecondsToRefused', unit: 'Seconds', value: 9 },
      { name: 'SecondsToRefused', unit: 'Seconds', value: 18.5 },
    ]);
  `;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]);
  const { _aws, ...values } = JSON.parse(stdout) as { _aws: { CloudWatchMetrics: unknown } };
  expect(values).toEqual({ service: 'keyturn', OpenObligations: 2, SecondsToRefused: [9, 18.5] });
  expect(_aws.CloudWatchMetrics).toEqual([
    {
      Namespace: 'Keyturn',
      Dimensions: [['service']],
      Metrics: [
        { Name: 'OpenObligations', Unit: 'Count' },
        { Name: 'SecondsToRefused', Unit: 'Seconds' },
      ],
    },
  ]);
});
