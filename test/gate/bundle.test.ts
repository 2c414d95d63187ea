import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

// A small project of its own, in which the bundler is the real one.
let root: string;

const write = (file: string, text: string): void => writeFileSync(join(root, file), text);

const run = (...commandLine: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [join(root, 'functions/cli/run.mjs'), ...commandLine],
      (_, stdout, stderr) => done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

const bundles = (): readonly string[] => {
  const cache = join(root, 'node_modules/.cache/keyturn');
  return existsSync(cache) ? readdirSync(cache) : [];
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyturn-bundle-'));
  for (const folder of ['functions/cli', 'workflows', 'node_modules'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['bundle.mjs', 'run.mjs']) cpSync(`functions/cli/${file}`, join(root, 'functions/cli', file));
  symlinkSync(resolve('node_modules/esbuild'), join(root, 'node_modules/esbuild'));
  write('package.json', '{ "type": "module" }');
  write('functions/word.ts', "export const word: string = 'first';");
  write(
    'functions/entry.ts',
    `const { word } = await import('./word.ts');
console.log(word, process.argv.slice(2).join(' '), import.meta.url);`,
  );
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('runs an entry with its arguments, and a file still knows its place', async () => {
  const place = pathToFileURL(join(root, 'functions/entry.ts')).href;
  expect(await run('functions/entry.ts', '--json', 'x')).toEqual({
    code: 0,
    stdout: `first --json x ${place}\n`,
    stderr: '',
  });
});

test('builds once, and again when a source has changed', async () => {
  await run('functions/entry.ts');
  await run('functions/entry.ts');
  expect(bundles()).toHaveLength(1);
  write('functions/word.ts', "export const word: string = 'changed';");
  expect((await run('functions/entry.ts')).stdout).toMatch(/^changed /);
});

test('processes that start at once never see half a bundle', async () => {
  const ends = await Promise.all(Array.from({ length: 6 }, () => run('functions/entry.ts')));
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(6).fill({ code: 0, stderr: '' }));
  expect(bundles()).toHaveLength(1);
});

test('a source that does not build says where, and leaves nothing', async () => {
  write('functions/word.ts', 'export const word = ;');
  const { code, stderr } = await run('functions/entry.ts');
  expect(code).toBe(1);
  expect(stderr).toContain('functions/word.ts:1:20');
  expect(bundles()).toEqual([]);
});

test('without the dependencies it says what to do', async () => {
  rmSync(join(root, 'node_modules/esbuild'));
  const { code, stderr } = await run('functions/entry.ts');
  expect(code).toBe(2);
  expect(stderr).toContain('npm ci');
});
