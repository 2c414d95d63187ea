import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { leakOfValue } from '../../functions/triggers/leaked-value.ts';
import { sourceWorld } from './sources/source-world.ts';

const value = 'sk-proj-Qw8Zt_kL2mN4pR6sT8vX-0123456789abcdef';
const azureValue = '0123456789abcdef0123456789ABCDEF';

let world: ReturnType<typeof sourceWorld>;
let prints: number;
const leakOf = (...texts: readonly string[]) => {
  const fingerprints = {
    of: (secret: SecretValue) => {
      prints += 1;
      return world.ports.fingerprints.of(secret);
    },
  };
  return leakOfValue(
    texts.map((text) => new SecretValue(text)),
    { fingerprints, ledger: world.ports.ledger },
  );
};
beforeEach(() => {
  world = sourceWorld();
  prints = 0;
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('finds a key of ours', () => {
  it.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['with space around it', (text) => `\t ${text}\r\n`],
    ['in double quotes', (text) => `"${text}"`],
    ['in single quotes and a comma', (text) => `'${text}',`],
    ['in backticks', (text) => `\`${text}\``],
    ['as a header', (text) => `Authorization: Bearer ${text}`],
    ['as a bearer', (text) => `bearer ${text}`],
    ['as a variable', (text) => `OPENAI_API_KEY=${text}`],
    ['as an exported variable in quotes', (text) => `export OPENAI_API_KEY="${text}"`],
    ['as a field of JSON', (text) => `"apiKey": "${text}",`],
    ['as a field of YAML', (text) => `api-key: '${text}'`],
    ['in base64', base64],
    ['in base64 without its end', (text) => base64(text).replaceAll('=', '')],
    ['in base64url', (text) => Buffer.from(text).toString('base64url')],
    ['in base64 with the line that it ended', (text) => base64(`${text}\n`)],
    ['in base64 as a variable', (text) => base64(`KEY="${text}"`)],
    ['in quotes and base64, as a variable', (text) => `KEY: "${base64(text)}"`],
  ])('%s', async (_, wrap) => {
    for (const ours of [value, azureValue]) {
      const { fingerprint } = await world.know(ours, `key-of-${ours}`);
      expect(await leakOf(wrap(ours))).toEqual({ kind: 'fingerprint', fingerprint });
      expect(prints).toBeLessThanOrEqual(12);
      prints = 0;
    }
  });

  it('in any one of the forms in which a scanner gives it', async () => {
    const { fingerprint } = await world.know(value);
    expect(await leakOf('acme.openai.azure.com', '', `acme:${value}`, value)).toEqual({
      kind: 'fingerprint',
      fingerprint,
    });
  });
});

describe('says unknown, and not what it was', () => {
  it.each([
    ['an unknown key', value],
    ['nothing', ''],
    ['space', '   '],
    ['a word', 'secret'],
    ['quotes alone', '""'],
    ['a key of ours with a letter more', `${azureValue}0`],
  ])('%s', async (_, text) => {
    await world.know(azureValue);
    const leak = await leakOf(text);
    expect(leak.kind).toBe('unknown');
    if (text.trim().length > 5) expect(JSON.stringify(leak)).not.toContain(text.slice(0, 8));
  });

  it('a text longer than any key, before any expression runs over it', async () => {
    await world.know(value);
    for (const text of [`${' '.repeat(4096)}${value}`, '"'.repeat(1_000_000), `KEY=${'='.repeat(1_000_000)}`]) {
      expect(await leakOf(text)).toMatchObject({ kind: 'unknown' });
    }
    expect(prints).toBe(0);
  });

  it('whatever is thrown at it, with a bounded number of fingerprints', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom('"', "'", '=', ': ', 'A', 'Bearer ', 'export ', '\n', 'aGVsbG8=', '\\'), {
          maxLength: 60,
        })
        .map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(nasty, async (text) => {
        prints = 0;
        expect(await leakOf(text)).toMatchObject({ kind: 'unknown' });
        expect(prints).toBeLessThanOrEqual(16);
      }),
      { numRuns: 60 },
    );
  });
});
