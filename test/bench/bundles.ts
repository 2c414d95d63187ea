import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../../infra/constructs/bundle.ts';
import { entries } from '../../infra/entries.ts';
import { functionEnvironment } from '../infra/function-environment.ts';
import { median, report } from './report.ts';
import { runNode } from './run-node.ts';

const samples = 11;
const emptyModule = 'an empty module';

type Import = { readonly wall: number; readonly processor: number };

/** What the import of a file alone takes in a process that does nothing else, in milliseconds. */
const importOf = (file: string): Import => {
  const program = `
    const [began, used] = [performance.now(), process.cpuUsage()];
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const wall = performance.now() - began;
    const { user, system } = process.cpuUsage(used);
    console.log(JSON.stringify({ wall, processor: (user + system) / 1000 }));
  `;
  const { output } = runNode(['--input-type=module', '--eval', program], {
    PATH: process.env['PATH'],
    ...functionEnvironment,
    KEYTURN_STEP: 'begin',
  });
  return JSON.parse(output) as Import;
};

/**
 * Size and import of each bundle, with its settings, so that its clients are made. On a busy machine the processor's
 * time tells more: it counts no waiting for others, but counts what the compiler does beside the program. Or let nobody
 * come before it: `chrt --fifo 50 npm run bench -- bundles`.
 *
 * @returns what the import of the step's bundle takes, in milliseconds
 */
export const benchBundles = async (): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  try {
    await bundle(entries, folder);
    const fileOf = (name: string): string => join(folder, name, 'index.mjs');
    for (const { name } of entries) {
      report({
        what: `bundle of ${name}, minified`,
        value: statSync(fileOf(name)).size / 1000,
        unit: 'KB',
        atMost: 350,
      });
    }

    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, '');
    const files = new Map([[emptyModule, empty], ...entries.map(({ name }) => [name, fileOf(name)] as const)]);
    const imports = new Map<string, Import[]>([...files.keys()].map((name) => [name, []]));
    // In turn, so that a machine that changes its speed changes all.
    for (let sample = 0; sample < samples; sample += 1) {
      for (const [name, file] of files) imports.get(name)?.push(importOf(file));
    }
    for (const [name, found] of imports) {
      const what = `import of ${name}, Node ${process.version}, median of ${samples}`;
      const limit = name === emptyModule ? {} : { atMost: 60 };
      report({ what, value: median(found.map(({ wall }) => wall)), unit: 'ms', ...limit });
      report({
        what: `  processor time of that, ${name}`,
        value: median(found.map(({ processor }) => processor)),
        unit: 'ms',
      });
    }
    return median((imports.get('step') ?? []).map(({ wall }) => wall));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
