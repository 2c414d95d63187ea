import type { Json } from '../domain/json.ts';
import { readDocument } from './document.ts';
import { policyFindings } from './policy.ts';
import { type Problem, RegisterError } from './problem.ts';
import type { DeclarableProviders, DeclaredRegister } from './register.ts';
import { type Resolved, resolve } from './resolve.ts';
import { shapeOf } from './shape.ts';

type Options = { readonly providers: DeclarableProviders };

/**
 * Reads a register and holds it to the policy.
 * @param text the whole file
 * @param fileName as messages shall name it
 * @throws RegisterError with every problem of the file, those of the policy included
 */
export const loadRegister = (text: string, fileName: string, { providers }: Options): DeclaredRegister =>
  register(read(text, fileName, providers, policyFindings));

/**
 * Reads a register without the policy: every default filled in, every setting known to its provider.
 * @param text the whole file
 * @param fileName as messages shall name it
 * @throws RegisterError with every problem of the file
 */
export const parseRegister = (text: string, fileName: string, { providers }: Options): DeclaredRegister =>
  register(read(text, fileName, providers, () => []));

const register = ({ accounts, credentials }: Resolved): DeclaredRegister => ({
  accounts: accounts.map(({ value }) => value),
  credentials: credentials.map(({ value }) => value.credential),
});

const read = (text: string, file: string, providers: DeclarableProviders, policy: typeof policyFindings): Resolved => {
  const [first, ...others] = Object.keys(providers);
  if (first === undefined) throw new TypeError('A register can only be read with at least one provider.');
  const { data, flaws, locate } = readDocument(text);
  const flawed = flaws.map(({ at, ...flaw }): Problem => ({ file, ...at, ...flaw }));
  if (data === null) throw new RegisterError(flawed.length > 0 ? flawed : [empty(file)]);

  const shaped = shapeOf(data, [first, ...others]);
  const resolved = resolve(shaped, accountIds(data), providers);
  const problems = [
    ...flawed,
    ...[
      ...shaped.findings.map((finding) => ({ rule: 'shape', ...finding })),
      ...resolved.findings,
      ...policy(resolved),
    ].map(({ path, ...finding }): Problem => ({ file, ...locate(path), ...finding })),
  ];
  if (problems.length > 0) throw new RegisterError(problems.toSorted(byPlace));
  return resolved;
};

const empty = (file: string): Problem => ({
  file,
  line: 1,
  column: 1,
  rule: 'shape',
  what: 'the file is empty',
  why: 'a register declares `accounts` and `credentials`',
  next: 'begin with the example of the README',
});

const accountIds = (data: Json): ReadonlySet<string> => {
  const accounts: unknown = typeof data === 'object' && data !== null && 'accounts' in data ? data.accounts : [];
  if (!Array.isArray(accounts)) return new Set();
  return new Set(accounts.map((account: unknown) => idOf(account)).filter((id) => id !== null));
};

const idOf = (account: unknown): string | null =>
  typeof account === 'object' && account !== null && 'id' in account && typeof account.id === 'string'
    ? account.id
    : null;

const byPlace = (left: Problem, right: Problem): number => left.line - right.line || left.column - right.column;
