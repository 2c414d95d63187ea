import type { Finding, State } from './finding.ts';

const marks: Readonly<Record<State, string>> = { well: '✓', attention: '!', broken: '✗', unknown: '?' };

/** With more than this many, what is well is only counted: nobody reads ten thousand of them. */
const shownWell = 8;

/**
 * The findings in the order of the checks, with what mends each.
 *
 * @param isTerminal groups under the checks' names; otherwise each line stands for itself, to be searched
 */
export const linesOf = (findings: readonly Finding[], isTerminal: boolean): readonly string[] => {
  const names = [...new Set(findings.map(({ check }) => check))];
  return names.flatMap((name) => {
    const shown = withoutMany(findings.filter(({ check }) => check === name));
    return isTerminal ? [name, ...shown.flatMap(grouped)] : shown.map(alone);
  });
};

const withoutMany = (findings: readonly Finding[]): readonly Finding[] => {
  const isWell = ({ state }: Finding): boolean => state === 'well';
  const count = findings.filter(isWell).length;
  const [first] = findings;
  if (count <= shownWell || first === undefined) return findings;
  const subject = `${count} of ${findings.length}`;
  return [
    { check: first.check, subject, state: 'well', saw: 'nothing is wrong with them', fix: null },
    ...findings.filter((finding) => !isWell(finding)),
  ];
};

const grouped = ({ state, subject, saw, fix }: Finding): readonly string[] => [
  `  ${marks[state]} ${subject}: ${saw}`,
  ...(fix === null ? [] : [`    fix: ${fix}`]),
];

const alone = ({ check, subject, state, saw, fix }: Finding): string =>
  `${state}: ${check}: ${subject}: ${saw}${fix === null ? '' : ` Fix: ${fix}`}`;
