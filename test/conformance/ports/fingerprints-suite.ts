import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import type { Fingerprints } from '../../../functions/ports.ts';

const value = 'sk-test-0123456789abcdef';

/** What every fingerprint service does. `open` gives one with the same key each time. */
export const fingerprintsSuite = (name: string, open: () => Fingerprints | Promise<Fingerprints>): void => {
  describe(`fingerprints: ${name}`, () => {
    const printOf = async (text: string) => (await open()).of(new SecretValue(text));

    it('gives the same value the same print, and another value another one', async () => {
      const print = await printOf(value);
      expect(await printOf(value)).toEqual(print);
      const other = await printOf(`${value}0`);
      expect(other.fingerprint).not.toBe(print.fingerprint);
      expect(other.leakHash).not.toBe(print.leakHash);
    });

    it('gives a fingerprint that nobody without the key can compute', async () => {
      const { fingerprint } = await printOf(value);
      expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
      const once = createHash('sha256').update(value).digest();
      const twice = createHash('sha256').update(once).digest();
      expect([once.toString('hex'), twice.toString('hex')]).not.toContain(fingerprint);
    });

    // The first from https://github.com/GitGuardian/ggshield, tests/unit/verticals/hmsl/test_hmsl_crypto.py; the
    // others from Python's hashlib.scrypt, 2026-11.
    it.each([
      ['test', 'bdbfe17c6018147f07ce79f8ec415a075d761ccacc14803e7d645155bf21a75f'],
      [value, '6060229065b479a5428a6df79dda5b72e075668926bbc58dff93897fe8872abb'],
      ['pässword ☂', '832727a438fbd570213b8276f337ed5c4c0fba71f3d4eef66948a90ba147952c'],
    ])('gives the HasMySecretLeaked hash of %s', async (text, leakHash) => {
      expect((await printOf(text)).leakHash).toBe(leakHash);
    });

    it.each([
      ['0123456789ab', '89ab'],
      ['0123456789a', null],
      ['', null],
    ])('shows of "%s" the hint %s', async (text, hint) => {
      expect((await printOf(text)).hint).toBe(hint);
    });

    it('takes a value of any length', async () => {
      const long = 'x'.repeat(1_000_000);
      expect((await printOf(long)).fingerprint).not.toBe((await printOf(`${long}x`)).fingerprint);
    });
  });
};
