export type Path = readonly (string | number)[];

/** What is wrong at a place of the register, before the place has a line. */
export type Finding = {
  readonly path: Path;
  /** What is wrong; names the entry, and never quotes what may be a key. */
  readonly what: string;
  /** What to do. */
  readonly next: string;
};

/** One thing that is wrong with the register. */
export type Problem = {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The rule's id: `yaml`, `shape`, `settings`, or one of the policy. */
  readonly rule: string;
  readonly what: string;
  /** The rule's reason. */
  readonly why: string;
  readonly next: string;
};

/** `credentials.yaml:31:5 rule: what, because why; next.` */
export const formatProblem = ({ file, line, column, rule, what, why, next }: Problem): string =>
  `${file}:${line}:${column} ${rule}: ${what}, because ${why}; ${next}.`;

const shownAtMost = 50;

/** The register cannot be used, and everything that is wrong with it. Nothing was changed. */
export class RegisterError extends Error {
  override readonly name = 'RegisterError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(describe(problems));
    this.problems = problems;
  }
}

const describe = (problems: readonly Problem[]): string => {
  const file = problems[0]?.file ?? 'The register';
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const rest = problems.length - shownAtMost;
  return [
    `${file} has ${count}:`,
    ...problems.slice(0, shownAtMost).map((problem) => `  ${formatProblem(problem)}`),
    ...(rest > 0 ? [`  ... and ${rest} more.`] : []),
    'Nothing was changed. Correct the file and run the same command again.',
  ].join('\n');
};
