import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRegister } from '../../functions/register/load.ts';
import { formatProblem, RegisterError } from '../../functions/register/problem.ts';
import { goodRegister, providers } from './fixture.ts';

/** Loads a text, and answers with what is wrong with it. Anything but a RegisterError is a failure. */
const problemsOf = (text: string): readonly string[] => {
  try {
    const { credentials } = loadRegister(text, 'f.yaml', { providers });
    for (const credential of credentials)
      expect(Object.getPrototypeOf(credential.target.settings)).toBe(Object.prototype);
    return [];
  } catch (error) {
    if (!(error instanceof RegisterError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    const lines = text.split('\n').length;
    for (const problem of error.problems) {
      expect(problem.line).toBeGreaterThanOrEqual(1);
      expect(problem.line).toBeLessThanOrEqual(lines);
      expect(problem.column).toBeGreaterThanOrEqual(1);
      expect(formatProblem(problem)).toMatch(/^f\.yaml:\d+:\d+ [a-z-]+: .+, because .+; .+\.$/s);
    }
    return error.problems.map(formatProblem);
  }
};

const pieces = [
  'accounts',
  'credentials',
  '__proto__',
  'id',
  ': ',
  '- ',
  '\n',
  '  ',
  '\t',
  '&a ',
  '*a',
  '[',
  ']',
  '{',
  '}',
];
const more = [
  '"',
  "'",
  '|',
  '>',
  '#',
  '!!str ',
  '!x ',
  '? ',
  ',',
  '%YAML 1.1\n',
  '---\n',
  '\r\n',
  '\uFEFF',
  '\0',
  'no',
  '30d',
  '<<',
];
const yamlLike = fc
  .array(fc.constantFrom(...pieces, ...more, 'shop'), { maxLength: 80 })
  .map((parts) => parts.join(''));
const lines = goodRegister.split('\n');

describe('whatever the text, the answer is a register or a RegisterError', () => {
  it.each([
    ['any characters', fc.string({ unit: 'binary', maxLength: 300 })],
    ['pieces of YAML', yamlLike],
    ['any JSON', fc.json()],
    [
      'any JSON in the lists',
      fc.tuple(fc.json(), fc.json()).map(([a, b]) => `{"accounts": [${a}], "credentials": [${b}]}`),
    ],
  ])('%s', (_name, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        problemsOf(text);
      }),
      { numRuns: 150 },
    );
  });

  it('a good register with a line replaced, repeated, moved or cut', () => {
    const line = fc.nat({ max: lines.length - 1 });
    const piece = fc.oneof(yamlLike, fc.constantFrom(...lines));
    fc.assert(
      fc.property(line, fc.nat({ max: 3 }), piece, (at, removed, put) => {
        problemsOf(lines.toSpliced(at, removed, put).join('\n'));
      }),
      { numRuns: 150 },
    );
  });

  // A person who pastes a key into the register must not find it in the log of the build as well.
  it.each([
    ['for the value', (line: string, key: string) => line.replace(/: .*$/, `: ${key}`)],
    ['for the name', (line: string, key: string) => line.replace(/[\w]+:/, `${key}:`)],
    ['behind the value', (line: string, key: string) => `${line} ${key}`],
    ['for the line', (line: string, key: string) => line.replace(/\S.*$/, key)],
    ['as a tag', (line: string, key: string) => line.replace(/: /, `: !${key} `)],
    ['as an anchor', (line: string, key: string) => line.replace(/: /, `: &${key} `)],
    ['as an alias', (line: string, key: string) => line.replace(/: .*$/, `: *${key}`)],
  ])('a key that stands %s, in whichever line, is told to nobody', (_where, put) => {
    for (const key of ['sk-proj-Zk81xQp07LmB2vTrZk81xQp07LmB2vTr', 'AKIAZK81XQP07LMB2VTR']) {
      for (const [at, line] of lines.entries()) {
        const problems = problemsOf(lines.with(at, put(line, key)).join('\n'));
        expect(problems.join('\n')).not.toContain(key);
      }
    }
  });

  it('a name that JavaScript gives a meaning to, in whichever line, is a name like any other', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      for (const [at, line] of lines.entries()) {
        problemsOf(lines.with(at, line.replace(/[\w]+:/, `${name}:`)).join('\n'));
        problemsOf(lines.with(at, line.replace(/: .*$/, `: ${name}`)).join('\n'));
      }
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('a value that is not what stood there is found, or means the same', () => {
    const values = [
      ...goodRegister.matchAll(/^ {4}(?:service|purpose|tier|sensitivity|cadence|overlap|emergency): (\S+)$/gm),
    ];
    expect(values.length).toBeGreaterThan(10);
    fc.assert(
      fc.property(fc.constantFrom(...values), fc.integer(), ({ index, 0: whole, 1: value = '' }, number) => {
        const start = index + whole.length - value.length;
        const text = `${goodRegister.slice(0, start)}${number}${goodRegister.slice(start + value.length)}`;
        expect(problemsOf(text)).not.toEqual([]);
      }),
    );
  });
});
