// Node 20 cannot run TypeScript. The command's sources are bundled once and the bundle is kept until one of them
// changes: starting it costs a few milliseconds, where a loader such as tsx costs hundreds at every start.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const cache = join(root, 'node_modules', '.cache', 'keyturn');
const sourceFolders = ['functions', 'workflows'];

/**
 * Bundles an entry unless that was done already.
 *
 * @param {string} entry path from the project's root, such as `functions/cli/main.ts`
 * @returns {Promise<string>} the URL to import
 */
export const bundle = async (entry) => {
  const folder = join(cache, fingerprint(entry));
  if (!existsSync(folder)) await build(entry, folder);
  return pathToFileURL(join(folder, `${basename(entry, '.ts')}.js`)).href;
};

/**
 * Changes with any source's place, size or time of change. It names the bundle, so a stale one is never found. A test's
 * program lies elsewhere and may be made of the sources and of its own folder.
 */
const fingerprint = (entry) => {
  const hash = createHash('sha256').update(`${process.versions.modules} ${root} ${entry}`);
  const places = sourceFolders.includes(entry.split('/')[0]) ? sourceFolders : [...sourceFolders, dirname(entry)];
  for (const folder of places) {
    for (const file of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (!/\.(ts|mjs|json)$/.test(file)) continue;
      const { size, mtimeMs } = statSync(join(root, folder, file));
      hash.update(`\n${folder}/${file} ${size} ${mtimeMs}`);
    }
  }
  return hash.digest('hex').slice(0, 20);
};

/** Builds aside and renames: another process sees the whole bundle or none. */
const build = async (entry, folder) => {
  if (!existsSync(join(root, 'node_modules', 'esbuild'))) {
    console.error(`Keyturn could not start: its dependencies are not installed in ${root}.
Nothing was changed. Run "npm ci --ignore-scripts" there, then the same command again.`);
    process.exit(2);
  }
  const { build: esbuild } = await import('esbuild');
  const aside = `${folder}.${randomUUID()}`;
  try {
    await esbuild({
      absWorkingDir: root,
      entryPoints: [entry],
      outdir: aside,
      bundle: true,
      // What is imported dynamically stays in files of its own: `--help` loads no AWS client.
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'error',
      plugins: [keepPlaces],
    });
    removeUnused();
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
};

/** `import.meta` of a bundled file still tells where its source is, as it does under vitest and tsx. */
const keepPlaces = {
  name: 'keep-places',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replaceAll(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(path).href))
        .replaceAll(/\bimport\.meta\.dirname\b/g, JSON.stringify(dirname(path)))
        .replaceAll(/\bimport\.meta\.filename\b/g, JSON.stringify(path)),
    }));
  },
};

/** Bundles of earlier sources, but for those that a process may still be loading chunks from. */
const removeUnused = () => {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 24 * 3600 * 1000) rmSync(path, { recursive: true, force: true });
  }
};
