import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { generatedFiles } from '../../workflows/generate.ts';
import { overlap } from '../../workflows/overlap.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A copy whose files may be spoiled. */
const copy = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-generate-'));
  folders.push(folder);
  cpSync(join(checkout, 'workflows'), join(folder, 'workflows'), { recursive: true });
  cpSync(join(checkout, 'package.json'), join(folder, 'package.json'));
  return folder;
};

const generate = async (
  folder: string,
  ...flags: string[]
): Promise<{ readonly code: number; readonly text: string }> => {
  const command = [join(checkout, 'node_modules/tsx/dist/cli.mjs'), join(folder, 'workflows/generate.ts'), ...flags];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder });
    return { code: 0, text: stdout };
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'number' && 'stderr' in error) {
      return { code: error.code, text: String(error.stderr) };
    }
    throw error;
  }
};

test('what is committed is what is generated', () => {
  for (const { path, text, committed } of generatedFiles()) expect(committed, path).toBe(text);
});

test('--check names the stale files, writes nothing and fails; without it they are mended', {
  timeout: 60_000,
}, async () => {
  const folder = copy();
  const stale = join(folder, 'workflows/asl/two-slot.asl.json');
  appendFileSync(stale, ' ');
  const spoiled = readFileSync(stale, 'utf8');

  const checked = await generate(folder, '--check');
  expect(checked.code).toBe(1);
  expect(checked.text).toContain('Stale: workflows/asl/two-slot.asl.json.\n');
  expect(checked.text).toContain('Run `npm run generate` and commit the result.');
  expect(readFileSync(stale, 'utf8')).toBe(spoiled);

  expect(await generate(folder)).toEqual({ code: 0, text: 'Wrote workflows/asl/two-slot.asl.json.\n' });
  expect(readFileSync(stale, 'utf8')).toBe(readFileSync(join(checkout, 'workflows/asl/two-slot.asl.json'), 'utf8'));
  expect(await generate(folder, '--check')).toEqual({ code: 0, text: 'Every generated file is fresh.\n' });
});

const readme = readFileSync(join(checkout, 'workflows/README.md'), 'utf8');
const drawings = [...readme.matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, drawing]) => drawing ?? '');

test('the two drawings show every state, and an edge joins what is drawn', () => {
  expect(drawings).toHaveLength(2);
  for (const drawing of drawings) {
    const nodes = [...drawing.matchAll(/^ {2}(\w+)[[({]/gm)].map(([, name]) => name);
    const ends = [...drawing.matchAll(/^ {2}(\w+) -->(?:\|"[^"|]+"\|)? (\w+)$/gm)].flatMap(([, from, to]) => [
      from,
      to,
    ]);
    expect(ends.length).toBe(2 * drawing.split('-->').length - 2);
    expect(nodes).toEqual([...new Set(nodes)]);
    expect(new Set(ends)).toEqual(new Set(nodes));
  }
  for (const name of Object.keys(overlap.states)) expect(drawings.join()).toMatch(new RegExp(`\\b${name}\\b`));
});

test('the table of endings has every ending', () => {
  const endings = Object.entries(overlap.states).filter(([, { kind }]) => kind === 'succeed' || kind === 'fail');
  const rows = [...readme.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
  expect(rows).toEqual(endings.map(([name]) => name));
});
