/** Shorter values are no secrets, and would be found in every text. */
const shortestSecret = 8;
/** This much of a value's beginning or end, of what is not public in it, gives too much away. */
const shortestPart = 12;
const secretInPart = 4;

/**
 * Every text that a value is easily read back from: itself; escaped once and twice as JSON; URL-encoded; base64 and
 * base64url, also within a longer text; hexadecimal; UTF-16; and its first and last characters.
 */
export const formsOf = (value: string): readonly string[] =>
  [value, ...innerSecrets(value)].filter((text) => text.length >= shortestSecret).flatMap(formsOfText);

const formsOfText = (value: string): readonly string[] => {
  const utf16 = Buffer.from(value, 'utf16le');
  return [
    value,
    escaped(value),
    escaped(escaped(value)),
    encodeURIComponent(value),
    new URLSearchParams([['', value]]).toString().slice(1),
    ...[Buffer.from(value), utf16, Buffer.from(utf16).swap16()].flatMap(encodings),
    utf16.toString('latin1'),
    escaped(utf16.toString('latin1')),
    ...partsOf(value),
  ];
};

const escaped = (value: string): string => JSON.stringify(value).slice(1, -1);

const encodings = (bytes: Buffer): readonly string[] => {
  const hexadecimal = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64Within(bytes, offset));
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [hexadecimal, hexadecimal.toUpperCase(), ...base64, ...base64url];
};

/** The characters that do not depend on what stands before or after: the bytes may stand at any place of a group. */
const base64Within = (bytes: Buffer, offset: number): string =>
  Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .slice([0, 2, 3][offset], Math.floor(((offset + bytes.length) * 8) / 6));

/** A key's beginning such as `sk-ant-api03-` is the same for everybody. */
const publicPrefix = /^(?:[a-z][a-z0-9]{1,7}[-_]){0,3}/;

const partsOf = (value: string): readonly string[] => {
  if (holdsStructure(value)) return [];
  const known = publicPrefix.exec(value)?.[0].length ?? 0;
  const begin = Math.max(shortestPart, known + secretInPart);
  return value.length <= begin
    ? []
    : [value.slice(0, begin), value.slice(-shortestPart)].flatMap((part) => [part, escaped(part)]);
};

const holdsStructure = (value: string): boolean => value.trimStart().startsWith('{');

/** An admin secret may be JSON, in which only some fields are secret. */
const innerSecrets = (value: string): readonly string[] => {
  if (!holdsStructure(value)) return [];
  const found: string[] = [];
  try {
    JSON.parse(value, (name, inner: unknown) => {
      if (typeof inner === 'string' && /(secret|key|token|password)$/i.test(name)) found.push(inner);
      return inner;
    });
  } catch {
    return [];
  }
  return found;
};
