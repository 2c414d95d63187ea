import type { KeyId } from '../domain/identifiers.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { Connection } from '../providers/provider.ts';
import type { CurrentKey } from '../steps/current-key.ts';
import { unlessFault } from './pass.ts';

/**
 * Which key a version holds. One that Keyturn did not write does not say so; the rotation that began from it does, or
 * the provider. Null when nobody can tell, or the provider does not answer.
 */
export const keyOf = async (
  { versionId, keyId, value }: CurrentKey,
  { rotation }: Pick<CredentialRecord, 'rotation'>,
  connection: Connection,
): Promise<KeyId | null> => {
  if (keyId !== null) return keyId;
  if (rotation?.old?.versionId === versionId) return rotation.old.keyId;
  return unlessFault(async () => (await connection.identifyKey?.(value)) ?? null);
};
