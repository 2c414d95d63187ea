/** A part of every secret value that a simulated vendor makes, at its beginning and at its end. */
const mark = 'Kt7Canary';
/** What is left of it in the last twelve characters of a value. */
const tail = mark.slice(1);

/** Unique, repeatable text for the simulated vendors; a value carries the mark where a part of it would be cut out. */
export const canaryText = (): ((alphabet: string, length: number) => string) => {
  let made = 0;
  return (alphabet, length) => {
    made += 1;
    const unique = count(made, alphabet, Math.min(length, 4));
    // Hexadecimal text is an id or a request's number.
    if (length < 26 || alphabet.length < 26) return unique.padStart(length, alphabet.charAt(1));
    return `${mark}${alphabet.charAt(made % 40).repeat(length - 2 * mark.length - 4)}${mark}${unique}`;
  };
};

const count = (number: number, alphabet: string, digits: number): string => {
  let text = '';
  for (let rest = number; text.length < digits; rest = Math.floor(rest / alphabet.length)) {
    text = alphabet.charAt(rest % alphabet.length) + text;
  }
  return text;
};

/** A secret that the vendors do not make: an admin key. */
export const marked = (text: string): string => `${text}${mark}${mark}`;

const base64At = (offset: number): string =>
  Buffer.concat([Buffer.alloc(offset), Buffer.from(tail)])
    .toString('base64')
    .slice([0, 2, 3][offset], Math.floor(((offset + tail.length) * 8) / 6));

/** The mark raw (which is also how JSON and a URL write it), in base64 at its three places, hexadecimal and UTF-16. */
const forms: readonly string[] = [
  tail,
  ...[0, 1, 2].map(base64At),
  Buffer.from(tail).toString('hex'),
  Buffer.from(tail).toString('hex').toUpperCase(),
  Buffer.from(tail, 'utf16le').toString('latin1'),
  Buffer.from(tail, 'utf16le').toString('base64').slice(0, 20),
];

/** Whether a text holds a secret value, or a part of one that is cut at its beginning or its end. */
export const holdsCanary = (text: string): boolean => forms.some((form) => text.includes(form));
