import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { SecretValue } from '../domain/secret-value.ts';

export const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Which key it is, without telling anything of it. */
export const fingerprintOf = (key: Buffer): string =>
  createHash('sha256').update('keyturn vault key\n').update(key).digest('hex');

/** HMAC-SHA-256, in hex, under a key of its own that is derived from this one: RFC 5869. */
export const macUnder = (key: Buffer): ((message: Buffer) => string) => {
  const derived = Buffer.from(hkdfSync('sha256', key, '', 'keyturn fingerprints', keyBytes));
  return (message) => createHmac('sha256', derived).update(message).digest('hex');
};

/** AES-256-GCM, bound to its place: sealed text that is moved to another secret or version does not open. */
export const seal = (key: Buffer, place: string, value: SecretValue): string => {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(value.expose(), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
};

/** @throws Fault `NeedsPerson` when it was not sealed with this key for this place */
export const unseal = (key: Buffer, place: string, sealed: string): SecretValue => {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  try {
    decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return new SecretValue(text.toString('utf8'));
  } catch {
    throw new Fault(
      'NeedsPerson',
      'A sealed value in the store does not open: keyturn.db was edited, or is not the one that vault.key belongs ' +
        'to. Nothing was changed. Restore keyturn.db and vault.key together from a backup.',
    );
  }
};
