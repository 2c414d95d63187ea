// Runs before `npm start` and `npm test`, so that each works alone on a fresh clone. Plain Node, no dependency,
// and no syntax newer than the oldest Node that should still get a clear message.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Keyturn needs Node 20.19 or newer; this is Node ${process.versions.node}.
Nothing was installed or changed. Install a newer Node (https://nodejs.org), then run the same command again.`);
  process.exit(2);
}

const changedAt = (file) => {
  try {
    return statSync(join(root, file)).mtimeMs;
  } catch {
    return 0;
  }
};

// npm writes this file last, so after an interrupted install it is not there.
if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
  // Everything npm says goes to stderr: the last line of stdout belongs to `npm start -- --json`. No dependency
  // needs its install script, and NODE_ENV=production must not leave out what the tests need.
  const npmArguments = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', process.stderr.fd, process.stderr.fd] };
  console.error('Installing the dependencies of package-lock.json (npm ci) ...');
  const { status } = npm?.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [npm, ...npmArguments], options)
    : spawnSync('npm', npmArguments, { ...options, shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error(`The dependencies could not be installed: "npm ci" failed; its reason stands above.
Only node_modules was changed. Check the connection to the npm registry, then run the same command again.`);
    process.exit(1);
  }
}
