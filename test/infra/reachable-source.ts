import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { FunctionName } from '../../infra/constructs/permissions.ts';
import { entries, entryOf } from '../../infra/entries.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the ports are made, and what a provider's function leaves to a person (functions/watch/serve-admin-obligations.ts). */
const beyond = /\/functions\/(aws\/(ports|poll-ports|webhook-ports)|watch\/serve-admin-obligations)\.ts$/;
const upToThePorts: Plugin = {
  name: 'up-to-the-ports',
  setup: (bundler) => {
    bundler.onLoad({ filter: beyond }, () => ({
      contents:
        'export const awsPorts = 0, awsPortsOfAll = 0, pollPorts = 0, webhookPorts = 0, serveAdminObligations = 0;',
    }));
  },
};

/** What remains of a function's source, up to the ports, when everything that it cannot reach is taken away. */
export const reachableSource = async (name: FunctionName): Promise<string> => {
  const entry = entries.find((one) => one.name === entryOf(name));
  if (entry === undefined) throw new TypeError(`${name} has no entry.`);
  // All steps are in one bundle, and each has a role of its own.
  const step = `export * from './functions/steps/${name}.ts'; export * from './functions/shell/lambda.ts';`;
  const { outputFiles } = await build({
    stdin: { contents: entry.name === 'step' ? step : entry.source, loader: 'ts', resolveDir: root },
    plugins: [upToThePorts],
    bundle: true,
    treeShaking: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
};
