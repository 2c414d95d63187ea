import type { Credential } from '../domain/credential.ts';
import type { KeyId } from '../domain/identifiers.ts';
import { providerOf } from '../providers/index.ts';
import { formatDuration } from '../register/duration.ts';

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
