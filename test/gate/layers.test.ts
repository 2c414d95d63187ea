import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';

// The project's own configuration. Rules that need types are off, so that a line can be linted without the compiler
// and as a file that is not there; `types.test.ts` has those.
const eslint = new ESLint({
  overrideConfig: [{ ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] }],
});

/** The rules that object to a source, each once. */
const objections = async (filePath: string, source: string): Promise<readonly string[]> => {
  const [result] = await eslint.lintText(source, { filePath });
  return [...new Set(result?.messages.map((message) => message.ruleId ?? message.message))].sort();
};

const objectionTo = (target: string, word = 'import') => `${word} { one } from '${target}';\nvoid one;\n`;

describe('who may import whom', () => {
  test.each([
    // domain <- nothing
    ['functions/domain/rotation.ts', '../ports.ts'],
    ['functions/domain/decisions/begin.ts', '../../steps/step.ts'],
    ['functions/domain/rotation.ts', 'zod'],
    ['functions/domain/rotation.ts', 'node:fs'],
    ['functions/ports.ts', './steps/step.ts'],
    // steps do not know adapters, adapters do not know steps
    ['functions/steps/create-key.ts', '../providers/openai.ts'],
    ['functions/steps/two-slot/create-key.ts', '../../providers/azure-openai.ts'],
    ['functions/steps/create-key.ts', '../providers/http.ts'],
    ['functions/providers/openai.ts', '../steps/step.ts'],
    ['functions/watch/sweep-strays.ts', '../providers/openai.ts'],
    ['functions/triggers/schedule.ts', '../steps/begin.ts'],
    // only the edges touch the outside
    ['functions/steps/create-key.ts', '../aws/vault.ts'],
    ['functions/steps/create-key.ts', '../local/vault.ts'],
    ['functions/steps/create-key.ts', '@aws-sdk/client-secrets-manager'],
    ['functions/providers/openai.ts', 'node:https'],
    ['functions/providers/openai.ts', '@aws-sdk/client-sqs'],
    ['functions/providers/openai.ts', '../shell/fetch-http.ts'],
    ['functions/watch/sweep-strays.ts', 'node:child_process'],
    ['functions/register/register.ts', 'node:fs'],
    ['functions/register/register.ts', '../local/store.ts'],
    ['functions/stored-text.ts', 'libsql'],
    ['workflows/engine/engine.ts', 'node:timers/promises'],
    ['workflows/engine/engine.ts', '../../functions/local/journal.ts'],
    ['workflows/overlap.ts', 'aws-cdk-lib'],
    ['workflows/generate.ts', 'node:http'],
    // the two sets of adapters, and what is deployed, stand apart
    ['functions/aws/vault.ts', '../local/vault.ts'],
    ['functions/local/vault.ts', '../aws/vault.ts'],
    ['functions/local/vault.ts', '../cli/main.ts'],
    ['functions/cli/main.ts', '../../infra/app.ts'],
    ['functions/cli/main.ts', '../../test/support/world.ts'],
    ['infra/app.ts', '../functions/steps/create-key.ts'],
    ['infra/app.ts', '../functions/aws/vault.ts'],
  ])('%s may not import %s', async (file, target) => {
    expect(await objections(file, objectionTo(target))).toContain('layers/imports');
  });

  test.each([
    ['functions/domain/decisions/begin.ts', '../rotation.ts'],
    ['functions/domain/fingerprint.ts', 'node:crypto'],
    ['functions/providers/openai.ts', '../domain/fault.ts'],
    ['functions/providers/openai.ts', './http.ts'],
    ['functions/providers/openai.ts', 'zod/mini'],
    ['functions/register/schema.ts', 'zod'],
    ['functions/steps/create-key.ts', '../ports.ts'],
    ['functions/steps/two-slot/create-key.ts', '../../providers/provider.ts'],
    ['functions/steps/two-slot/create-key.ts', '../create-key.ts'],
    ['functions/register/register.ts', '../providers/connect.ts'],
    ['functions/register/register.ts', 'yaml'],
    ['functions/stored-text.ts', 'zod/mini'],
    ['functions/aws/vault.ts', '@aws-sdk/client-secrets-manager'],
    ['functions/local/engine.ts', '../../workflows/engine/engine.ts'],
    ['functions/shell/handler.ts', '../aws/vault.ts'],
    ['functions/cli/main.ts', '../local/store.ts'],
    ['workflows/engine/expression.ts', 'jsonata'],
    ['workflows/generate.ts', 'node:fs'],
    ['infra/app.ts', '../workflows/strategies.ts'],
    ['infra/app.ts', 'aws-cdk-lib/aws-lambda'],
    ['test/steps/create-key.test.ts', '../../functions/providers/openai.ts'],
  ])('%s may import %s', async (file, target) => {
    const source = objectionTo(target).replace('one', target === 'node:crypto' ? 'createHash as one' : 'one');
    expect(await objections(file, source)).toEqual([]);
  });

  test.each([
    'functions/aws/ledger.ts',
    'functions/providers/openai.ts',
    'functions/shell/run-step.ts',
    'functions/steps/create-key.ts',
    'functions/stored-text.ts',
    'functions/triggers/intake.ts',
    'functions/watch/heal.ts',
  ])('%s reaches a Lambda, and may not import the whole of zod', async (file) => {
    expect(await objections(file, objectionTo('zod'))).toEqual(['no-restricted-imports']);
    expect(await objections(file, objectionTo('zod/mini'))).toEqual([]);
  });

  test('names of steps are types for the workflows, and nothing more', async () => {
    const target = '../functions/steps/step.ts';
    const typeOnly = `import type { StepName } from '${target}';\nexport type Name = StepName;\n`;
    expect(await objections('workflows/flow.ts', typeOnly)).toEqual([]);
    expect(await objections('workflows/flow.ts', objectionTo(target))).toEqual(['layers/imports']);
  });

  test.each([
    ['export from', `export { one } from '../aws/vault.ts';\n`],
    ['export all', `export * from '../aws/vault.ts';\n`],
    ['import()', `export const load = () => import('../aws/vault.ts');\n`],
    ['import type', `import type { One } from '../aws/vault.ts';\nexport type Two = One;\n`],
    ['a type import in place', `export type Two = import('../aws/vault.ts').One;\n`],
    ['no name', `import '../aws/vault.ts';\n`],
  ])('no way around by %s', async (_way, source) => {
    expect(await objections('functions/steps/create-key.ts', source)).toContain('layers/imports');
  });

  test('every file belongs to a layer', async () => {
    expect(await objections('functions/utils.ts', objectionTo('./ports.ts'))).toEqual(['layers/imports']);
  });
});

describe('no hidden clock, randomness, network or process in files that decide', () => {
  const pureFiles = [
    'functions/domain/rotation.ts',
    'functions/steps/create-key.ts',
    'functions/providers/openai.ts',
    'functions/triggers/schedule.ts',
    'functions/watch/sweep-strays.ts',
    'workflows/engine/engine.ts',
  ];

  test.each([
    ['Date.now()', 'no-restricted-properties'],
    ['new Date()', 'no-restricted-syntax'],
    ['Date()', 'no-restricted-syntax'],
    ['Math.random()', 'no-restricted-properties'],
    ['crypto.randomUUID()', 'no-restricted-globals'],
    ['globalThis.fetch("https://api.openai.com")', 'no-restricted-properties'],
    ['fetch("https://api.openai.com")', 'no-restricted-globals'],
    ['setTimeout(() => undefined, 1)', 'no-restricted-globals'],
    ['setInterval(() => undefined, 1)', 'no-restricted-globals'],
    ['process.env', 'no-restricted-globals'],
    ['console.log("x")', 'no-restricted-globals'],
  ])('%s', async (expression, rule) => {
    const source = `export const value = (): unknown => ${expression};\n`;
    for (const file of pureFiles) expect(await objections(file, source), file).toEqual([rule]);
    expect(await objections('functions/local/clock.ts', source)).toEqual([]);
  });

  test('node:crypto is for hashing', async () => {
    const source = `import { randomUUID } from 'node:crypto';\nexport const id = () => randomUUID();\n`;
    expect(await objections('functions/steps/create-key.ts', source)).toEqual(['no-restricted-imports']);
    expect(await objections('functions/domain/a.ts', source.replaceAll('randomUUID', 'createHash'))).toEqual([]);
  });

  test('time as an argument is welcome', async () => {
    const source = 'export const later = (at: string): Date => new Date(Date.parse(at) + 1000);\n';
    expect(await objections('functions/domain/window.ts', source)).toEqual([]);
  });
});

describe('the language we write', () => {
  test.each([
    [
      'an assertion',
      'export const one = (two: unknown) => two as string;',
      '@typescript-eslint/consistent-type-assertions',
    ],
    ['a non-null assertion', 'export const one = (two?: string) => two!;', '@typescript-eslint/no-non-null-assertion'],
    ['any', 'export const one = (two: any): void => two;', '@typescript-eslint/no-explicit-any'],
    ['a default export', 'export default 1;', 'no-restricted-syntax'],
    ['an enum', 'export enum Colour { Red }', 'no-restricted-syntax'],
    ['a namespace', 'export namespace Colours { export const red = 1; }', 'no-restricted-syntax'],
  ])('has not %s', async (_what, source, rule) => {
    expect(await objections('functions/domain/colour.ts', `${source}\n`)).toContain(rule);
    expect(await objections('functions/cli/colour.ts', `${source}\n`)).toContain(rule);
  });

  test('has `as const`, and the brand of identifiers in one file', async () => {
    expect(await objections('functions/domain/colour.ts', "export const colours = ['red'] as const;\n")).toEqual([]);
    const brand = 'type Name = string & { readonly brand: 1 };\nexport const name = (text: string) => text as Name;\n';
    expect(await objections('functions/domain/identifiers.ts', brand)).toEqual([]);
  });

  test('has default exports where a tool asks for one', async () => {
    expect(await objections('vitest.config.ts', 'export default {};\n')).toEqual([]);
  });
});
