import type { Credential } from '../domain/credential.ts';
import { formatDuration } from '../register/duration.ts';
import type { LeakedKey } from '../triggers/resolve-leak.ts';
import { stoppedMeans } from './contain-words.ts';
import type { Output } from './io.ts';
import { table } from './table.ts';

/** What will happen to each key, in this order, and what it breaks. */
export const planLines = (
  keys: readonly (Pick<LeakedKey, 'keyId' | 'target' | 'credential'> & { readonly credentialId: string })[],
  containFirst: boolean | null,
  maximumStarts: number,
  output: Output,
): readonly string[] => [
  ...table(
    [
      ['KEY', 'CREDENTIAL', 'TIER', 'FIRST IT IS', 'CONSUMERS FAIL FOR'],
      ...keys.map(({ keyId, credentialId, credential }) => {
        const isStopped = containFirst ?? credential?.emergency !== 'replace-first';
        return [
          keyId,
          credentialId,
          credential?.tier ?? '-',
          isStopped ? 'stopped' : 'replaced',
          failsFor(credential, isStopped),
        ];
      }),
    ],
    output,
  ),
  ...[...new Set(keys.map(({ target }) => target.provider))].map(stoppedMeans),
  `At most ${maximumStarts} at a time at each provider.`,
];

/** Said, because what is left out may be what has leaked. */
export const unnamedLines = (unnamed: readonly Pick<Credential, 'id'>[]): readonly string[] =>
  unnamed.length === 0
    ? []
    : [
        `Left as they are, because they serve no key, or one that nobody can name: ${unnamed.map(({ id }) => id).join(', ')}.`,
      ];

const failsFor = (credential: LeakedKey['credential'], isStopped: boolean): string => {
  if (credential === null) return 'good: it is not in the register any more, and is not replaced';
  const cache = Math.max(0, ...credential.consumers.map(({ cacheTtlSeconds }) => cacheTtlSeconds));
  return `${isStopped ? 'the time to a new key, and ' : ''}up to ${formatDuration(cache)} (their caches)`;
};
