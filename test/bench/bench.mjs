// Every limit on time or size: npm run bench. Each figure is measured here and now, and printed with its target as met or
// not met; a machine that is busy with other things will miss some. It changes nothing and fails nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));

/** Milliseconds that a Node process takes from its start to its end. */
const milliseconds = (...command) => {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`node ${command.join(' ')} ended with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
};

/** A figure's own program: it prints for itself. */
const run = (...command) => {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`node ${command.join(' ')} ended with ${status}.`);
};

const median = (values) => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];

const report = (what, figure, unit, target) => {
  const met = figure <= target ? 'met' : 'NOT MET';
  console.log(`${what.padEnd(62)} ${figure.toFixed(0).padStart(7)} ${unit.padEnd(3)} target ${target} ${unit}: ${met}`);
};

const sizeOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.mjs'))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);

try {
  const empty = join(scratch, 'empty.mjs');
  writeFileSync(empty, '');
  const help = ['functions/cli/keyturn.mjs', '--help'];
  milliseconds(...help);
  // In turn, so that a machine that changes its speed changes both.
  const pairs = Array.from({ length: 15 }, () => milliseconds(...help) - milliseconds(empty));
  report('keyturn --help, more than an empty script (median of 15 pairs)', median(pairs), 'ms', 150);

  const out = join(scratch, 'cdk.out');
  const synth = ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--no-notices', '--output', out];
  process.env.CDK_DISABLE_CLI_TELEMETRY = 'true';
  report('cdk synth of foundation and four providers', milliseconds(...synth) / 1000, 's', 12);
  for (const name of readdirSync(join(out, 'functions'))) {
    report(`bundle of ${name}, minified`, sizeOf(join(out, 'functions', name)) / 1024, 'KiB', 350);
  }

  // Read from the disk and run, as a cold start does; without its settings the step refuses only after that.
  const step = join(scratch, 'step.mjs');
  writeFileSync(
    step,
    `await import(${JSON.stringify(pathToFileURL(join(out, 'functions', 'step', 'index.mjs')).href)}).catch(() => {});`,
  );
  const imports = median(Array.from({ length: 7 }, () => milliseconds(step) - milliseconds(empty)));
  run('--import', 'tsx', 'test/bench/emergency.ts', imports.toFixed(0));

  report(
    'npm start, after the install',
    milliseconds('functions/cli/run.mjs', 'functions/local/demo/main.ts') / 1000,
    's',
    60,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
