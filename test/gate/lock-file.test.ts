import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Lock = { readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Record<string, string> }>> };

// `npm ci` refuses the whole lock file when one platform's binary is missing from it, and npm leaves out those that
// its registry does not have: https://github.com/npm/cli/issues/4828, read 2026-11.
test('the lock file has every platform of every binary', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !(`node_modules/${name}` in packages));
  expect(missing).toEqual([]);
});
