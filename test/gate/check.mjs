// The one gate: every part in turn, the quick ones first; the first that fails ends it.
// `npm run check -- --except tests` leaves parts out.
import { spawnSync } from 'node:child_process';

/** Name of the part, then the arguments of `npm run`. */
const parts = {
  types: ['types'],
  format: ['format'],
  generated: ['generate', '--', '--check'],
  unused: ['unused'],
  lint: ['lint'],
  tests: ['test'],
  synth: ['synth'],
};

const [option, ...left] = process.argv.slice(2);
const unknown = left.filter((name) => !(name in parts));
if ((option !== undefined && option !== '--except') || unknown.length > 0) {
  console.error(`Usage: npm run check [-- --except <part> ...]; the parts are ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}

const results = [];
for (const [name, script] of Object.entries(parts)) {
  if (left.includes(name)) {
    results.push(`- ${name}: left out`);
    continue;
  }
  console.log(`\n=== ${name}`);
  const startedAt = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', ...script], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  results.push(`${status === 0 ? '✓' : '✗'} ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
console.log(`\n${results.join('\n')}`);
