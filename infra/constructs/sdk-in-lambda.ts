import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Modules of the SDK, and what stands for them in a Lambda. */
const inLambda: Readonly<Record<string, string>> = {
  // Lambda gives a Node function its credentials in the environment, and nowhere else, so of the SDK's places to look
  // (profiles, SSO, processes, metadata) only that one is bundled.
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, 2026-11
  '@aws-sdk/credential-provider-node': "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
  // Loaded for an operation that answers with a stream of events. We call none.
  '@smithy/core/event-streams': 'export {};',
  // DynamoDB's client makes one of these for its endpoint discovery, which is off, and there are few endpoints. The
  // package is CommonJS and carries its whole collection of iterators.
  'mnemonist/lru-cache':
    'export default class extends Map { constructor() { super(); } peek(key) { return this.get(key); } }',
  // EventBridge's client signs for several regions at once where an endpoint is global. Our bus has a region; a global
  // endpoint is turned down as it is when the package for such signatures is not installed.
  '@aws-sdk/signature-v4-multi-region':
    "import { SignatureV4 } from '@smithy/signature-v4'; export class SignatureV4MultiRegion extends SignatureV4 { static sigv4aDependency() { return 'none'; } }",
  // For a Node that has no SHA-256 of its own.
  './Sha256Js': 'export const Sha256Js = undefined;',
};

/**
 * A client registers a class for every error of its whole service, KMS 48 of them. For an error without one the SDK
 * throws the client's base class with the name, status and message that the service sent, and fault-of.ts reads nothing
 * else: so the base class, of namespace `_s`, is enough.
 */
const errorOfService = /^export var (\w+)\$ = \[-3, n0,.*?\];\nn0_registry\.registerError\(\1\$, \1\);\n/gms;

/**
 * Leaves out of a bundle what no function of ours can come to: of a client with three of our commands it was more than
 * half. What a later SDK writes otherwise is bundled as it is; a test looks for what should be gone.
 */
export const sdkInLambda: Plugin = {
  name: 'sdk-in-lambda',
  setup: (build) => {
    build.onResolve({ filter: /^(@aws-sdk\/|@smithy\/|mnemonist\/|\.\/Sha256Js$)/ }, ({ path }) =>
      path in inLambda ? { path, namespace: 'in-lambda', sideEffects: false } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'in-lambda' }, ({ path }) => ({
      contents: inLambda[path] ?? '',
      resolveDir: projectFolder,
    }));
    build.onLoad({ filter: /[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(errorOfService, ''),
    }));
    // A client tells the service its own version, and takes the whole of its package.json along for that.
    build.onLoad({ filter: /[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path }) => ({
      contents: JSON.stringify(JSON.parse(await readFile(path, 'utf8')), ['version']),
      loader: 'json',
    }));
  },
};
