import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

const linesOf = async (call: string): Promise<{ _aws: { CloudWatchMetrics: unknown } }[]> => {
  const program = `import { sendMetrics } from './functions/shell/send-metrics.ts'; ${call}`;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { _aws: never }]));
};

test('prints one line of Embedded Metric Format, without a dimension that names anybody', async () => {
  const [line, ...others] = await linesOf(`sendMetrics([
    { name: 'OpenObligations', unit: 'Count', value: 2 },
    { name: 'SecondsToRefused', unit: 'Seconds', value: 9 },
    { name: 'SecondsToRefused', unit: 'Seconds', value: 18.5 },
  ])`);
  expect(others).toEqual([]);
  const { _aws, ...values } = line!;
  expect(values).toEqual({ service: 'keyturn', OpenObligations: [2], SecondsToRefused: [9, 18.5] });
  expect(_aws).toEqual({
    Timestamp: expect.any(Number),
    CloudWatchMetrics: [
      {
        Namespace: 'Keyturn',
        Dimensions: [['service']],
        Metrics: [
          { Name: 'OpenObligations', Unit: 'Count' },
          { Name: 'SecondsToRefused', Unit: 'Seconds' },
        ],
      },
    ],
  });
});

test('takes the provider into the dimensions, and no more than CloudWatch takes into a line', async () => {
  const lines = await linesOf(
    `sendMetrics(Array.from({ length: 101 }, (_, value) => ({ name: 'Found', unit: 'Count', value })), 'openai')`,
  );
  expect(lines).toMatchObject([
    { service: 'keyturn', provider: 'openai', Found: Array.from({ length: 100 }, (_, value) => value) },
    { Found: [100], _aws: { CloudWatchMetrics: [{ Dimensions: [['service', 'provider']] }] } },
  ]);
});
