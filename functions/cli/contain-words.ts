import type { Credential } from '../domain/credential.ts';
import { decideContain } from '../domain/decisions/contain.ts';
import type { Fault } from '../domain/fault.ts';
import type { KeyId } from '../domain/identifiers.ts';
import { providerOf } from '../providers/index.ts';
import { formatDuration } from '../register/duration.ts';

/** What stopping a key is at its provider: whether there is a way back. */
export const stoppedMeans = (provider: string): string => {
  const { title, operations } = providerOf(provider);
  const { kind } = decideContain({
    canContain: operations.containKey !== undefined,
    canDisable: operations.disableKey !== undefined,
    canRevoke: operations.revokeKey !== undefined,
  });
  if (kind === 'not-offered') return `${title} offers nothing that stops a key before it is replaced.`;
  return kind === 'disable'
    ? `At ${title} a stopped key is disabled: until it is revoked it can come back.`
    : `At ${title} a stopped key is gone for good.`;
};

/** What an emergency will break, for a person to read before it does. */
export const breaksBy = (
  { id, consumers, target }: Pick<Credential, 'id' | 'consumers' | 'target'>,
  containFirst: boolean,
  leakedKeyId: KeyId | null,
): readonly string[] => {
  const named = `${leakedKeyId === null ? 'the key that serves' : `key ${leakedKeyId}`} at ${providerOf(target.provider).title}`;
  const users =
    consumers.length === 0
      ? ['No consumer is declared; whoever uses it fails.']
      : consumers.map(
          ({ name, cacheTtlSeconds }) =>
            `  ${name}: up to ${formatDuration(cacheTtlSeconds)} after the new key is there (its cache)`,
        );
  return containFirst
    ? [
        `Contain first: ${named} is stopped at once; then a new key is made.`,
        `Until then whoever uses ${id} fails:`,
        ...users,
      ]
    : [
        `Replace first: a new key is made and moved to; then ${named} is revoked at once, without overlap.`,
        'From then fail:',
        ...users,
      ];
};

/** A key that was named by its id, and that nobody here could look for. */
export const uncheckedMeans = ({ message }: Fault): readonly string[] => [
  `Nothing here can tell whether that key exists: ${message}`,
  'It is done all the same. Compare the id with the vendor: a mistyped one would be found absent, and count as refused.',
];
