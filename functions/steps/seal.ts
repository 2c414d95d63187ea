import type { Credential } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { RotationId } from '../domain/identifiers.ts';
import { newLabel } from '../domain/labels.ts';
import type { StoredKey } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { CreatedKey } from '../providers/provider.ts';
import type { Held } from './hold.ts';
import { versionToken } from './version-token.ts';

/** What the vault holds under this rotation's token; null when nothing was stored yet. */
export const readStored = async ({ vault }: Pick<Ports, 'vault'>, { rotation }: Held): Promise<StoredKey | null> => {
  if (rotation.new !== null) return rotation.new;
  const versionId = versionToken(rotation.rotationId);
  const payload = await vault.read(rotation.credential.secret, versionId, newLabel(rotation.rotationId));
  return payload?.keyId == null ? null : { keyId: payload.keyId, versionId };
};

/** Stores the key under the rotation's one token. A secret that was there before is taken as it is. */
export const storeUnderToken = async (
  { vault }: Pick<Ports, 'vault'>,
  { id, secret, target }: Credential,
  rotationId: RotationId,
  { keyId, value }: CreatedKey,
): Promise<void> => {
  await vault.create(secret, { 'keyturn:credential': id, 'keyturn:provider': target.provider });
  await vault.store(secret, versionToken(rotationId), newLabel(rotationId), { apiKey: value, keyId, rotationId });
};

/**
 * Stores the key and reads back what is stored: after a crash or a second invocation the first one stored wins, and the
 * other is a stray that the sweep removes.
 *
 * @returns the key that is stored, which may not be the one given
 * @throws Fault `OutcomeUnknown` when it cannot be read back
 */
export const seal = async (ports: Pick<Ports, 'vault'>, held: Held, created: CreatedKey): Promise<StoredKey> => {
  const { rotationId, credential } = held.rotation;
  await storeUnderToken(ports, credential, rotationId, created);
  const stored = await readStored(ports, held);
  if (stored === null) throw new Fault('OutcomeUnknown', 'The stored key could not be read back.');
  return stored;
};
