import { readFileSync } from 'node:fs';

// The Lambdas' entries are texts, in which knip sees no imports.
const lambdaImports = readFileSync('infra/entries.ts', 'utf8').matchAll(/from '\.\/(functions\/[^']+)'/g);

export default {
  entry: [
    'functions/cli/main.ts',
    'functions/local/demo/main.ts',
    'functions/local/simulated/main.ts',
    ...new Set(Array.from(lambdaImports, ([, file]) => file)),
    'infra/app.ts',
    'functions/register/generate-schema.ts',
    'workflows/generate.ts',
    'test/bench/emergency.ts',
    'test/day-two/record.ts',
    'test/emulator/lambda-surroundings.mjs',
    'test/gate/*.mjs',
    'test/mutation/*.ts',
  ],
  // A type that an exported type is made of may be exported with it.
  ignoreExportsUsedInFile: { interface: true, type: true },
  project: ['{functions,infra,test,workflows}/**/*.{ts,mjs}'],
};
