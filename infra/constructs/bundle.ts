import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as esbuild, type Plugin } from 'esbuild';

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** A Lambda's entry: a module of a few lines that joins a function of ours to the Lambda shell. */
export interface Entry {
  readonly name: string;
  readonly source: string;
}

/** The entries are text, not files: nothing generated lies about. */
const entriesFromText = (entries: readonly Entry[]): Plugin => ({
  name: 'entries-from-text',
  setup: (build) => {
    build.onResolve({ filter: /^entry:/ }, ({ path }) => ({ path: path.slice('entry:'.length), namespace: 'entry' }));
    build.onLoad({ filter: /.*/, namespace: 'entry' }, ({ path }) => {
      const entry = entries.find(({ name }) => name === path);
      return entry && { contents: entry.source, loader: 'ts', resolveDir: projectFolder };
    });
  },
});

/**
 * Lambda gives a Node function its credentials in the environment, and nowhere else, so of the SDK's chain of places to
 * look only that one is bundled: the others (profiles, SSO, processes, metadata) are a fifth of the bundle.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, 2026-11
 */
const credentialsOfLambda: Plugin = {
  name: 'credentials-of-lambda',
  setup: (build) => {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({
      path,
      namespace: 'credentials',
      sideEffects: false,
    }));
    build.onLoad({ filter: /.*/, namespace: 'credentials' }, () => ({
      contents: "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
      resolveDir: projectFolder,
    }));
  },
};

/**
 * Bundles every entry to `<folder>/<name>/index.mjs` in one run of esbuild. Equal sources give equal bytes, so that
 * an asset is uploaded once however many stacks use it.
 *
 * ESM with the SDK inside and `module` before `main` was the smallest and the fastest to start, measured 2026-11.
 */
export const bundle = async (entries: readonly Entry[], folder: string): Promise<void> => {
  await esbuild({
    absWorkingDir: projectFolder,
    entryPoints: entries.map(({ name }) => ({ in: `entry:${name}`, out: join(name, 'index') })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    plugins: [entriesFromText(entries), credentialsOfLambda],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // Packages that are still CommonJS ask for `require`, which an ES module does not have.
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
    legalComments: 'none',
    logLevel: 'error',
  });
};
