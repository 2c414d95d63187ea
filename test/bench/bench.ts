// Every limit on time or size. Each figure is measured here and now, and printed with its limit as met or not met; a
// machine that is busy with other things will miss some. It changes nothing and fails nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchBundles } from './bundles.ts';
import { flags, median, report } from './report.ts';
import { letReport, runNode } from './run-node.ts';

const scratch = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
/** What the import of the step's bundle took, for the estimate of a cold start. */
let importMilliseconds = 0;

const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  help: () => {
    const empty = join(scratch, 'empty.mjs');
    writeFileSync(empty, '');
    const help = ['functions/cli/keyturn.mjs', '--help'];
    runNode(help);
    // In turn, so that a machine that changes its speed changes both.
    const pairs = Array.from({ length: 15 }, () => runNode(help).milliseconds - runNode([empty]).milliseconds);
    const what = 'keyturn --help, more than an empty script (median of 15 pairs)';
    report({ what, value: median(pairs), unit: 'ms', atMost: 150 });
  },
  bundles: async () => {
    importMilliseconds = await benchBundles();
  },
  synth: () => {
    const command = [
      'node_modules/aws-cdk/bin/cdk',
      'synth',
      '--quiet',
      '--no-notices',
      '--output',
      join(scratch, 'cdk'),
    ];
    const { milliseconds } = runNode(command, { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' });
    const what = 'cdk synth of foundation and four providers';
    report({ what, value: milliseconds / 1000, unit: 's', atMost: 12 });
  },
  emergency: () => {
    letReport('--import', 'tsx', 'test/bench/emergency.ts', importMilliseconds.toFixed(0), ...flags);
  },
  demo: () => {
    const { milliseconds } = runNode(['functions/cli/run.mjs', 'functions/local/demo/main.ts']);
    report({ what: 'npm start, after the install', value: milliseconds / 1000, unit: 's', atMost: 60 });
  },
};

const wanted = process.argv.slice(2).filter((word) => !flags.includes(word));
const unknown = wanted.filter((word) => !Object.hasOwn(parts, word));
try {
  if (unknown.length > 0) {
    console.error(`There is nothing to measure called ${unknown.join(', ')}. Nothing was measured.`);
    console.error(`Next: npm run bench -- ${Object.keys(parts).join(' ')}`);
    process.exitCode = 2;
  } else {
    for (const [name, run] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await run();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
