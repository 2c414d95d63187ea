// Who may import whom: the table is the design, and the rule below holds every import to it.
import { dirname, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

const anyPackage = ['*'];
const writesFiles = ['node:fs', 'node:path', 'node:url'];
const contracts = ['functions/domain/', 'functions/ports.ts', 'functions/providers/provider.ts'];
const outsideTexts = ['functions/providers/http.ts', 'functions/register/key-like.ts'];
const pure = [
  'functions/domain/',
  'functions/ports.ts',
  'functions/providers/',
  'functions/register/',
  'functions/steps/',
  'functions/stored-text.ts',
  'functions/triggers/',
  'functions/watch/',
];

/**
 * A file belongs to the layer with the longest name that begins its path. Beside its own layer it may import what
 * begins with one of `from`, types of what begins with one of `typesFrom`, and the `packages`.
 */
const layers = {
  'functions/domain/': { packages: ['node:crypto'] },
  'functions/ports.ts': { from: ['functions/domain/'], typesFrom: ['functions/providers/provider.ts'] },
  'functions/stored-text.ts': { from: ['functions/domain/', 'functions/ports.ts'], packages: ['zod'] },
  'functions/providers/': { from: ['functions/domain/', 'functions/ports.ts'], packages: ['node:crypto', 'zod'] },
  'functions/steps/': { from: contracts, packages: ['node:crypto', 'zod'] },
  // A source's alerts are read over HTTP too, and a stranger's text may quote a key.
  'functions/triggers/': {
    from: [...contracts, ...outsideTexts, 'functions/providers/admin-key-steps.ts'],
    packages: ['node:crypto', 'zod'],
  },
  // What is found on the clock is started and told of as what comes in is.
  'functions/watch/': {
    from: [...contracts, 'functions/steps/', 'functions/triggers/'],
    packages: ['node:crypto', 'zod'],
  },
  'functions/register/': { from: [...contracts, 'functions/providers/'], packages: ['node:crypto', 'yaml', 'zod'] },

  'workflows/': { from: ['functions/domain/'], typesFrom: ['functions/steps/step.ts'] },
  'workflows/engine/': {
    from: ['functions/domain/', 'workflows/'],
    packages: ['jsonata', 'node:crypto', 'node:util', 'zod'],
  },

  'workflows/generate.ts': { from: ['workflows/'], packages: writesFiles },
  'functions/register/generate-schema.ts': {
    from: [...contracts, 'functions/register/', 'functions/providers/'],
    packages: ['zod', ...writesFiles],
  },

  'functions/shell/': { from: [...pure, 'functions/aws/'], packages: anyPackage },
  'functions/aws/': { from: [...pure, 'functions/shell/'], packages: anyPackage },
  'functions/local/': { from: [...pure, 'functions/shell/', 'workflows/'], packages: anyPackage },
  'functions/cli/': { from: ['functions/', 'workflows/'], packages: anyPackage },
  'infra/': {
    from: ['functions/domain/', 'functions/providers/', 'functions/register/', 'workflows/'],
    typesFrom: ['functions/steps/step.ts'],
    packages: anyPackage,
  },
};

/** The folders in which every file must belong to a layer. */
const governed = ['functions/', 'workflows/', 'infra/'];

/** The generators: they write what is committed, and run for developers only. */
export const generators = ['workflows/generate.ts', 'functions/register/generate-schema.ts'];

/** Files that decide and never touch: no clock, no randomness, no network, no process. */
export const pureFiles = [...pure, 'workflows/'].map((name) => (name.endsWith('/') ? `${name}**/*.ts` : name));

const layerOf = (file) =>
  Object.keys(layers)
    .filter((name) => file.startsWith(name))
    .sort((one, other) => other.length - one.length)[0];

const startsWithOneOf = (text, beginnings = []) => beginnings.some((beginning) => text.startsWith(beginning));

const isTypeOnly = (node) =>
  node.type === 'TSImportType' ||
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers?.length > 0 && node.specifiers.every((specifier) => specifier.importKind === 'type'));

/** Why an import is not allowed; null when it is. */
const objection = (file, target, typeOnly) => {
  const name = layerOf(file);
  if (name === undefined) return `${file} belongs to no layer: put it into one, or add one to test/gate/layers.mjs.`;
  const { from = [], typesFrom = [], packages = [] } = layers[name];
  if (!target.startsWith('.')) {
    const allowed = packages.some((entry) => entry === '*' || target === entry || target.startsWith(`${entry}/`));
    return allowed ? null : `${name} may import ${orNothing(packages, 'of packages')}; not '${target}'.`;
  }
  const path = posix.join(posix.dirname(file), target);
  if (startsWithOneOf(path, [name, ...from]) || (typeOnly && startsWithOneOf(path, typesFrom))) return null;
  const types = typesFrom.map((entry) => `types of ${entry}`);
  return `${name} may import ${orNothing([...from, ...types], 'beside its own files')}; not ${path}.`;
};

const orNothing = (list, where) => `${list.length === 0 ? 'nothing' : `only ${list.join(', ')}`} ${where}`;

const imports = {
  meta: { type: 'problem', schema: [], messages: { forbidden: '{{reason}}' } },
  create: (context) => {
    const file = relative(root, context.filename).split(sep).join('/');
    if (!startsWithOneOf(file, governed)) return {};
    const check = (node) => {
      if (typeof node.source?.value !== 'string') return;
      const reason = objection(file, node.source.value, isTypeOnly(node));
      if (reason !== null) context.report({ node, messageId: 'forbidden', data: { reason } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

export const layersPlugin = { rules: { imports } };
