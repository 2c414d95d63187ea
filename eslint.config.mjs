import tseslint from 'typescript-eslint';
import { generators, layersPlugin, pureFiles } from './test/gate/layers.mjs';

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: one name all the way.',
};
const noEnum = { selector: 'TSEnumDeclaration', message: 'Write an `as const` array and its union type.' };
const noNamespace = { selector: 'TSModuleDeclaration', message: 'A file is the namespace.' };
const noHiddenClock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument: ports.clock.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Time is an argument: ports.clock.' },
];

const hashingOnly = {
  name: 'node:crypto',
  allowImportNames: ['createHash', 'createHmac', 'scryptSync', 'timingSafeEqual'],
  message: 'Hashing only; randomness is an argument.',
};
const wholeZod = {
  name: 'zod',
  message: 'Import zod/mini: this file reaches a Lambda, and `zod` puts methods into its bundle that nobody calls.',
};

const outside = {
  setTimeout: 'ports.clock.sleep, or a wait state',
  setInterval: 'ports.clock.sleep, or a wait state',
  setImmediate: 'ports.clock.sleep, or a wait state',
  performance: 'ports.clock',
  fetch: 'the Http port',
  process: 'an argument',
  console: 'what you return or throw',
  crypto: 'node:crypto for hashing, an argument for randomness',
};

export default tseslint.config(
  {
    ignores: ['node_modules/', 'dist/', 'cdk.out/', 'coverage/', '.keyturn/', '.demo/', 'workflows/asl/', '**/*.d.ts'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { layers: layersPlugin },
    rules: {
      'layers/imports': 'error',
      'no-restricted-syntax': ['error', noDefaultExport, noEnum, noNamespace],
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, requireDefaultForNonUnion: true },
      ],
      // Numbers and booleans read well in a template. Anything else must say how it becomes text: a SecretValue cannot.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {
          allowAny: false,
          allowArray: false,
          allowBoolean: true,
          allowNever: false,
          allowNullish: false,
          allowNumber: true,
          allowRegExp: false,
        },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // A port's operation is async by contract, also where one machine needs no waiting.
      '@typescript-eslint/require-await': 'off',
      // There are no enums here but the CDK's, and it takes any computed key for a mistaken one.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
    },
  },
  {
    files: pureFiles,
    ignores: generators,
    rules: {
      'no-restricted-globals': [
        'error',
        ...Object.entries(outside).map(([name, instead]) => ({ name, message: `Not here; use ${instead}.` })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is an argument: ports.clock.' },
        { object: 'Math', property: 'random', message: 'Randomness is an argument.' },
        ...['globalThis', 'global'].map((object) => ({ object, message: 'No way around the ports.' })),
      ],
      'no-restricted-imports': ['error', { paths: [hashingOnly, wholeZod] }],
      'no-restricted-syntax': ['error', noDefaultExport, noEnum, noNamespace, ...noHiddenClock],
    },
  },
  {
    files: ['functions/aws/**/*.ts', 'functions/shell/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [wholeZod] }] },
  },
  {
    // Pure as well, and no Lambda has a schema of theirs.
    files: ['functions/register/**/*.ts', 'workflows/**/*.ts'],
    ignores: generators,
    rules: { 'no-restricted-imports': ['error', { paths: [hashingOnly] }] },
  },
  {
    // The brand of an identifier, and the binding of operations by name: the two places where a type is asserted.
    files: ['functions/domain/identifiers.ts', 'functions/providers/connect.ts'],
    rules: { '@typescript-eslint/consistent-type-assertions': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // What a test reads back is judged by `expect`, whose own matchers are `any`.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
