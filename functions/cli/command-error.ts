export type Explanation = {
  /** What failed. */
  readonly what: string;
  readonly why: string;
  /** What did and did not change. */
  readonly changed: string;
  /** What to do next: a command where there is one. */
  readonly next: string;
};

export const nothingChanged = 'Nothing was changed.';

/** A command ends without having done what was asked, and this is what the person is told. Never a secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly explanation: Explanation;
  readonly exitCode: 1 | 2;

  /** @param exitCode 2 for what the person gave or has to mend first, 1 for the rest */
  constructor(
    { what, why, changed = nothingChanged, next }: Omit<Explanation, 'changed'> & { readonly changed?: string },
    exitCode: 1 | 2 = 2,
  ) {
    super(what);
    this.explanation = { what, why, changed, next };
    this.exitCode = exitCode;
  }
}
