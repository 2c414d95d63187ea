import { Fault } from '../domain/fault.ts';
import { newLabel } from '../domain/labels.ts';
import type { StoredKey } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Held } from './hold.ts';

/**
 * Records which key the stored value is, so that a leak of it is known as one. The value is read back, because it is
 * the stored one that will serve. Done again it changes nothing.
 *
 * @throws Fault that says that the key is made and stored, and not yet recorded
 */
export const recordPrint = async (
  { vault, fingerprints, ledger, clock }: Pick<Ports, 'vault' | 'fingerprints' | 'ledger' | 'clock'>,
  { rotation }: Held,
  { keyId, versionId }: StoredKey,
): Promise<void> => {
  const { id, secret, target } = rotation.credential;
  try {
    const payload = await vault.read(secret, versionId, newLabel(rotation.rotationId));
    if (payload === null) throw new Fault('OutcomeUnknown', 'The stored key could not be read back.');
    const print = await fingerprints.of(payload.apiKey);
    await ledger.putPrint({ ...print, keyId, target, credentialId: id, recordedAt: clock.now() });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(
      // Never "nothing changed": by now there is a key.
      error.name === 'NothingChanged' ? 'OutcomeUnknown' : error.name,
      `The new key ${keyId} is made and stored, but its fingerprint is not on record, so a leak of it would not be recognised. The rotation goes no further without. ${error.message}`,
    );
  }
};
