import { createHash, scryptSync } from 'node:crypto';
import { type Fingerprint, leakHash } from './identifiers.ts';
import type { ValuePrint } from './key-print.ts';
import type { SecretValue } from './secret-value.ts';

/**
 * The HasMySecretLeaked hash, as GitGuardian's own client computes it:
 * https://github.com/GitGuardian/ggshield, ggshield/verticals/hmsl/crypto.py, 2026-11. It takes about 5 ms.
 */
const leakHashSalt = createHash('sha256').update('GitGuardian').digest();
const leakHashCost = { N: 2048, r: 8, p: 1 } as const;
const leakHashBytes = 32;

const hintCharacters = 4;
/** Of a shorter value the last characters would tell too much. */
const shortestWithHint = 12;

/** What a fingerprint is made of. The value itself goes to no key service, and may have any length. */
export const digestOf = (value: SecretValue): Buffer => createHash('sha256').update(value.expose()).digest();

/** A value's print, with the fingerprint that a key service made of `digestOf` it. */
export const printOf = (value: SecretValue, fingerprint: Fingerprint): ValuePrint => {
  const text = value.expose();
  return {
    fingerprint,
    leakHash: leakHash(scryptSync(text, leakHashSalt, leakHashBytes, leakHashCost).toString('hex')),
    hint: text.length < shortestWithHint ? null : text.slice(-hintCharacters),
  };
};
