// Mutants of what decides, a folder of functions/ at a time. Outside the gate, because it takes an hour: npm run mutate
// One folder, or one file of it: npm run mutate -- providers --mutate functions/providers/http.ts
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const stryker = join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
const folders = ['domain', 'providers', 'steps'];

const [first, ...rest] = process.argv.slice(2);
const isNamed = first !== undefined && !first.startsWith('-');
if (isNamed && !folders.includes(first)) {
  console.error(`Usage: npm run mutate [-- <folder> <options of Stryker>]; the folders are ${folders.join(', ')}.`);
  process.exit(2);
}
const options = isNamed ? rest : process.argv.slice(2);

const reportOf = (folder) => join(root, 'dist', 'mutation', `${folder}.report.json`);

/** A mutant that no test reaches has survived as well. */
const scoreOf = (folder) => {
  if (!existsSync(reportOf(folder))) return 'did not come to an end';
  const { files } = JSON.parse(readFileSync(reportOf(folder), 'utf8'));
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...wanted) => statuses.filter((status) => wanted.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const survived = count('Survived', 'NoCoverage');
  return `${((100 * killed) / (killed + survived)).toFixed(2)} %: ${killed} killed, ${survived} survived`;
};

const scores = [];
for (const folder of isNamed ? [first] : folders) {
  console.log(`\n=== ${folder}`);
  // What an interrupted run has left is in the way, and its report is not this run's.
  rmSync(reportOf(folder), { force: true });
  rmSync(join(root, 'dist', 'mutation', `${folder}.sandboxes`), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [stryker, 'run', ...options], {
    cwd: root,
    env: { ...process.env, KEYTURN_MUTATED: folder },
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
  scores.push(`${status === 0 ? '✓' : '✗'} functions/${folder}: ${scoreOf(folder)}`);
}
console.log(`\n${scores.join('\n')}`);
