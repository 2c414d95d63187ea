/** The store on this machine cannot be used. It says what, why, what did not change, and what next. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(what: string, why: string, next: string) {
    // One line each, although SQLite's words come in several: whoever shows it takes it apart by lines.
    super(`${what}\n${why.replaceAll(/\s+/g, ' ')}\nNothing was changed.\n${next}`);
  }
}
