import { holdsKey } from '../../register/key-like.ts';

const longest = 200;
const urlSecrets = /(?<=:\/\/)[^/@\s]*@|[?#]\S*/g;

/**
 * A vendor's or a stranger's text as the record may keep it: one line, cut to a length that a person reads, without
 * the parts of an URL that hold passwords and tokens; withheld when it looks as if it quoted a key.
 */
export const harmless = (text: string): string => {
  // Cut first: no expression below runs over a text of any length.
  const start = text.slice(0, 4 * longest);
  if (holdsKey(start)) return '(withheld: it looks like a key)';
  const line = start
    .replaceAll(/\p{C}+/gu, ' ')
    .replaceAll(urlSecrets, '')
    .trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 3)}...`;
};
