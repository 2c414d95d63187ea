import type { Leak } from '../domain/incident.ts';
import { SecretValue } from '../domain/secret-value.ts';
import type { Ports } from '../ports.ts';

/** Longer texts are no keys of any vendor; cut off before any expression runs over them. */
const longestValue = 4096;
/** Shorter ones are no keys either, and would cost a fingerprint each. */
const shortestValue = 8;
/** Wrappings within wrappings: `KEY="Bearer ..."` in base64 has four. */
const deepestWrapping = 4;
/** Each costs a fingerprint. What nobody but a tester wraps so often is not looked through to the end. */
const mostReadings = 16;

/**
 * The one place that turns a value which was found somewhere into what it is known by. People and scanners find values
 * in quotes, behind `Bearer` or `KEY=`, in base64: each reading is tried until one is a key of ours.
 *
 * @param values the same secret as its finder gives it, likeliest first
 * @returns a fingerprint that has a print, or `unknown`; no text of it holds a value
 * @throws Fault `NothingChanged` or `NeedsPerson` when fingerprints or prints cannot be had
 */
export const leakOfValue = async (
  values: readonly SecretValue[],
  { fingerprints, ledger }: Pick<Ports, 'fingerprints' | 'ledger'>,
): Promise<Leak> => {
  const readings = new Set(values.flatMap((value) => readingsOf(value.expose())));
  for (const reading of [...readings].slice(0, mostReadings)) {
    const { fingerprint } = await fingerprints.of(new SecretValue(reading));
    if ((await ledger.findPrints({ fingerprint })).length > 0) return { kind: 'fingerprint', fingerprint };
  }
  return { kind: 'unknown', why: 'The value that was found is of no key that Keyturn has made or adopted.' };
};

/** Everything that the text may stand for: itself, and what is left when it is unwrapped. */
const readingsOf = (text: string): readonly string[] => {
  if (text.length > longestValue) return [];
  const readings = new Set<string>();
  let layer = [text.trim()];
  for (let depth = 0; depth <= deepestWrapping && layer.length > 0; depth += 1) {
    const fresh = layer.filter((reading) => reading.length >= shortestValue && !readings.has(reading));
    for (const reading of fresh) readings.add(reading);
    layer = fresh.flatMap((reading) => unwrappings.map((unwrap) => unwrap(reading).trim()));
  }
  return [...readings];
};

/** Each takes off one wrapping; a text that has it not comes back as it is. */
const unwrappings: readonly ((text: string) => string)[] = [
  (text) => /^(["'`])([\s\S]*)\1[,;]?$/.exec(text)?.[2] ?? text,
  (text) => text.replace(/^(?:Bearer|Basic|Token)\s+/i, ''),
  (text) => text.replace(/^(?:export\s+)?["']?[A-Za-z_][\w.-]{0,63}["']?\s*[=:]\s*/, ''),
  (text) => ofBase64(text) ?? text,
];

/** Null for what is no base64 of a text in printable characters: Buffer itself decodes anything. */
const ofBase64 = (text: string): string | null => {
  if (!/^[A-Za-z0-9+/_-]{11,}={0,2}$/.test(text)) return null;
  const decoded = Buffer.from(text, 'base64').toString('latin1');
  return /^[\x20-\x7e\r\n\t]+$/.test(decoded) ? decoded : null;
};
