import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

// A project of its own, with an npm that only tells what it was asked for.
let root: string;

const npm = (exitCode: number): string => `
import { mkdirSync, writeFileSync } from 'node:fs';
console.log('npm says something');
writeFileSync('asked', process.argv.slice(2).join(' '));
mkdirSync('node_modules', { recursive: true });
if (${exitCode} === 0) writeFileSync('node_modules/.package-lock.json', '');
process.exit(${exitCode});
`;

const run = (before = '') => {
  rmSync(join(root, 'asked'), { force: true });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...(before === '' ? [] : ['--import', before]), join(root, 'functions/cli/ensure-installed.mjs')],
    { cwd: tmpdir(), encoding: 'utf8', env: { ...process.env, npm_execpath: join(root, 'npm-cli.js') } },
  );
  const asked = existsSync(join(root, 'asked')) ? readFileSync(join(root, 'asked'), 'utf8') : null;
  return { status, stdout, stderr, asked };
};

/** Sets a file's time of change, in seconds since 1970. */
const touch = (file: string, seconds: number): void => {
  writeFileSync(join(root, file), '');
  utimesSync(join(root, file), seconds, seconds);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyturn-install-'));
  mkdirSync(join(root, 'functions/cli'), { recursive: true });
  cpSync('functions/cli/ensure-installed.mjs', join(root, 'functions/cli/ensure-installed.mjs'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'npm-cli.js'), npm(0));
  touch('package-lock.json', 1000);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('installs on a fresh clone, runs no install script, and leaves stdout alone', () => {
  const { status, stdout, stderr, asked } = run();
  expect({ status, stdout, asked }).toEqual({
    status: 0,
    stdout: '',
    asked: 'ci --ignore-scripts --include=dev --no-audit --no-fund',
  });
  expect(stderr).toContain('npm says something');
  expect(run().asked).toBeNull();
});

test('installs again when the lock file is newer, or when an install was interrupted', () => {
  mkdirSync(join(root, 'node_modules'));
  touch('node_modules/.package-lock.json', 999);
  expect(run().asked).not.toBeNull();
  touch('node_modules/.package-lock.json', 1000);
  expect(run().asked).toBeNull();
  rmSync(join(root, 'node_modules/.package-lock.json'));
  expect(run().asked).not.toBeNull();
});

test('says so when the install fails', () => {
  writeFileSync(join(root, 'npm-cli.js'), npm(7));
  const { status, stderr } = run();
  expect(status).toBe(1);
  expect(stderr).toContain('"npm ci" failed');
});

test.each([
  ['18.20.4', 2],
  ['20.18.3', 2],
  ['20.19.0', 0],
  ['24.1.0', 0],
])('on Node %s it ends with %i', (version, status) => {
  const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;
  const end = run(pretend);
  expect(end.status).toBe(status);
  expect(end.asked === null).toBe(status === 2);
  if (status === 2) expect(end.stderr).toContain(`this is Node ${version}`);
});
