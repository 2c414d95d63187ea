/** What was asked cannot be priced; its three lines are all that a person needs. */
export class CostError extends Error {
  override readonly name = 'CostError';

  constructor(what: string, why: string, next: string) {
    super(`${what}\n${why}\nNothing was priced. Next: ${next}`);
  }
}
