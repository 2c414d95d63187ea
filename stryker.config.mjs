// Mutants of one folder of functions/, which test/mutation/mutate.mjs names: npm run mutate
const folder = process.env['KEYTURN_MUTATED'] ?? 'domain';

/** Where the text of a fault or a finding is written: the argument that people read, by what takes it. */
const messageArgument = { Fault: 1, Superseded: 0, SettingsError: 0, cannotTell: 0, elsewhere: 0, unanswered: 1 };
/** Properties and constants that hold words for people. */
const proseNames = ['detail', 'evidence', 'next', 'saw', 'subject', 'text', 'title', 'what', 'why'];

/** A guard's name says which one it is; what it holds is its second argument. */
const isGuardName = ({ parent, key, listKey }) =>
  parent?.type === 'CallExpression' && listKey === 'arguments' && key === 0 && parent.callee.name === 'guard';

const isText = (node) => node.type === 'StringLiteral' || node.type === 'TemplateLiteral';

/** A long text is written as a sum of several. */
const whole = (path) =>
  path.parent?.type === 'BinaryExpression' && path.parent.operator === '+' ? whole(path.parentPath) : path;

const holderName = ({ parent, key }) => {
  if (parent?.type === 'ObjectProperty' && key === 'value') return parent.key.name;
  return parent?.type === 'VariableDeclarator' && key === 'init' ? parent.id.name : undefined;
};

/**
 * A changed word in a message changes nothing that a machine acts on. Tests hold the messages that must say something
 * (and that none quotes a secret); that each word is as it was is for a reviewer. Only the text itself is left out, so a
 * condition around it is still mutated.
 */
const prose = {
  shouldIgnore: (path) => {
    if (!isText(path.node)) return undefined;
    if (isGuardName(path)) return 'The name of a guard.';
    const { parent, key, listKey } = whole(path);
    const isMessage = listKey === 'arguments' && key === messageArgument[parent.callee.name];
    const isProse = proseNames.includes(holderName(whole(path)));
    return isMessage || isProse ? 'Words for people.' : undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'prose', value: prose }];

export default {
  plugins: ['@stryker-mutator/vitest-runner', './stryker.config.mjs'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts' },
  // A step's sentence is nothing but words for people.
  mutate: [`functions/${folder}/**/*.ts`, '!functions/domain/step-sentence.ts'],
  ignorers: ['prose'],
  coverageAnalysis: 'perTest',
  // What is made once, as a file is loaded: schemas, tables of words, addresses. Each such mutant runs every test there
  // is, for hours; the tables that decide are functions, and are not among them.
  ignoreStatic: true,
  disableTypeChecks: false,
  concurrency: 1,
  thresholds: { high: 95, low: 90, break: 90 },
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  // Under dist/, which git, the linter and the formatter leave alone.
  tempDirName: `dist/mutation/${folder}.sandboxes`,
  htmlReporter: { fileName: `dist/mutation/${folder}.report.html` },
  jsonReporter: { fileName: `dist/mutation/${folder}.report.json` },
  ignorePatterns: ['/dist', '/cdk.out', '/.git', '/.keyturn', '/.demo', '/coverage'],
  allowConsoleColors: false,
};
