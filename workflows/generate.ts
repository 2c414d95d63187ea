import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { overlap } from './overlap.ts';
import { flows } from './strategies.ts';
import { toAsl } from './to-asl.ts';
import { drawFailures, drawMainLine, tableOfSteps } from './to-mermaid.ts';

// Writes what is generated from the flows. With --check it writes nothing and fails when a committed file is stale.

const folder = fileURLToPath(new URL('.', import.meta.url));

export type GeneratedFile = { readonly path: string; readonly text: string; readonly committed: string | null };

/** Every generated file, as it should be and as it is on disk. */
export const generatedFiles = (): readonly GeneratedFile[] => {
  const readmePath = join(folder, 'README.md');
  const readme = read(readmePath) ?? '';
  return [
    ...Object.entries(flows).map(([strategy, flow]) => {
      const path = join(folder, 'asl', `${strategy}.asl.json`);
      return { path, text: toAsl(flow), committed: read(path) };
    }),
    {
      path: readmePath,
      committed: readme,
      text: [
        ['main line', drawMainLine(overlap)] as const,
        ['failures', drawFailures(overlap)] as const,
        ['strategies', tableOfSteps(flows, overlap)] as const,
      ].reduce((text, [name, content]) => replaceRegion(text, name, content), readme),
    },
  ];
};

/**
 * Replaces what stands between `<!-- generated: name -->` and `<!-- end -->`.
 * @throws TypeError when the text has no such region
 */
const replaceRegion = (text: string, name: string, content: string): string => {
  const opening = `<!-- generated: ${name} -->\n`;
  const [before, rest] = splitOnce(text, opening);
  const [, after] = splitOnce(rest, '<!-- end -->');
  return `${before}${opening}${content}\n<!-- end -->${after}`;
};

const splitOnce = (text: string, mark: string): readonly [string, string] => {
  const at = text.indexOf(mark);
  if (at < 0) throw new TypeError(`workflows/README.md has lost its line ${mark.trim()}: put it back.`);
  return [text.slice(0, at), text.slice(at + mark.length)];
};

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const main = (check: boolean): void => {
  const stale = generatedFiles().filter(({ text, committed }) => text !== committed);
  const names = stale.map(({ path }) => relative(process.cwd(), path)).join(', ');
  if (check && stale.length > 0) {
    process.stderr.write(
      [
        `Stale: ${names}.`,
        'The flows in workflows/*.ts have changed since these files were generated, or the files were edited by hand.',
        'Nothing was written.',
        'Run `npm run generate` and commit the result.',
        '',
      ].join('\n'),
    );
    process.exitCode = 1;
    return;
  }
  if (!check) for (const { path, text } of stale) writeFileSync(path, text);
  process.stdout.write(stale.length === 0 ? 'Every generated file is fresh.\n' : `Wrote ${names}.\n`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes('--check'));
