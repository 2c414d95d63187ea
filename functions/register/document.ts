import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Json, JsonObject } from '../domain/json.ts';
import { holdsKey, quote } from './key-like.ts';
import type { Path } from './problem.ts';

/** Something that keeps a text from being read, with its place. */
export type Flaw = {
  readonly rule: 'yaml' | 'no-key-in-register';
  readonly at: Position;
  readonly what: string;
  readonly why: string;
  readonly next: string;
};

export type Position = { readonly line: number; readonly column: number };

export interface RegisterDocument {
  /** The text as plain data; null when it is empty or cannot be read. */
  readonly data: Json;
  readonly flaws: readonly Flaw[];
  /** Where a path is: at its key, or as near to it as the text goes. */
  readonly locate: (path: Path) => Position;
}

// A register of 10,000 credentials has about 5 million characters. What is larger is not a register.
const largestText = 16 * 1024 * 1024;
const deepest = 32;
// An alias may repeat a window or a list of consumers; one that multiplies itself is a bomb.
const mostAliasedNodes = 100_000;
const flawsShown = 20;

const notRead = 'nothing of a register is used unless all of it is understood';
const tooDeep = { what: 'this is nested too deeply', why: 'no entry needs it', next: 'write it flat' } as const;
const start: Position = { line: 1, column: 1 };

const unread = (what: string, next: string): RegisterDocument => ({
  data: null,
  flaws: [{ rule: 'yaml', at: start, what, why: notRead, next }],
  locate: () => start,
});

/** Reads YAML 1.2 into plain data, keeping where each part stands. It never throws, whatever the text. */
export const readDocument = (text: string): RegisterDocument => {
  if (text.length > largestText) {
    return unread(`the file has ${text.length} characters`, 'split the register: one file holds 16 million at most');
  }
  if (text.includes('\0')) return unread('the file is not UTF-8 text', 'save it as UTF-8');
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    prettyErrors: false,
    // Looked for below, in time that grows with the number of keys; here it would grow with its square.
    uniqueKeys: false,
  });

  const offsetOf = offsetsOf(document);
  const locate = (path: Path): Position => position(offsetOf(path));
  const broken = [...document.errors, ...document.warnings].slice(0, flawsShown);
  if (broken.length > 0) return { data: null, flaws: broken.map((error) => flawOf(error, position)), locate };
  if (document.directives.yaml.version === '1.1') {
    return unread('the file asks for YAML 1.1', 'remove the %YAML line: in YAML 1.1 a country code `no` means false');
  }
  const flaws: Flaw[] = [];
  const data = toData(document, (offset, flaw) => {
    if (flaws.length < 1000) flaws.push({ ...flaw, at: position(offset) });
  });
  return { data, flaws, locate };
};

const flawOf = (error: YAMLError, position: (offset: number) => Position): Flaw => ({
  rule: 'yaml',
  at: position(error.pos[0]),
  ...(syntaxFlaws[error.code] ?? {
    // What stands after a colon or in quotes in the parser's words is text of the file, which may be a key.
    what: `this is not YAML (${/^[A-Z][^:"`!&*]*/.exec(error.message)?.[0].trim() ?? error.code})`,
    why: notRead,
    next: 'correct the line; the cause may stand on the line above',
  }),
});

const syntaxFlaws: { readonly [Code in YAMLError['code']]?: Omit<Flaw, 'at' | 'rule'> } = {
  TAB_AS_INDENT: {
    what: 'a line begins with a tab',
    why: 'YAML allows no tab before the first word of a line',
    next: 'indent with spaces',
  },
  RESOURCE_EXHAUSTION: tooDeep,
  MULTIPLE_DOCS: {
    what: 'a second document begins here',
    why: 'only the first one would count',
    next: 'remove the line `---`',
  },
};

type Report = (offset: number, flaw: Omit<Flaw, 'at'>) => void;

const toData = (document: Document, report: Report): Json => {
  let aliasedNodes = 0;

  const convert = (node: unknown, depth: number, aliased: boolean): Json => {
    if (node === null || node === undefined) return null;
    if (aliased) {
      aliasedNodes += 1;
      if (aliasedNodes > mostAliasedNodes) return null;
    }
    if (depth > deepest) {
      report(offsetIn(node), { rule: 'yaml', ...tooDeep });
      return null;
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined) report(offsetIn(node), unknownAlias);
      return convert(target, depth + 1, true);
    }
    if (isScalar(node)) return scalar(node.value, offsetIn(node));
    if (isSeq(node)) return node.items.map((item) => convert(item, depth + 1, aliased));
    if (!isMap(node)) return null;
    const entries = new Map<string, Json>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) && typeof key.value === 'string' ? key.value : null;
      if (name === null) {
        report(
          offsetIn(key),
          yamlFlaw('a key is not text', 'every key of the register is a word', 'write a word, or put it in quotes'),
        );
      } else if (name === '__proto__') {
        report(offsetIn(key), yamlFlaw('a key is `__proto__`', 'it names nothing in a register', 'remove it'));
      } else if (entries.has(name)) {
        report(
          offsetIn(key),
          yamlFlaw(`the key ${quote(name)} stands twice in one entry`, 'only one of them could count', 'remove one'),
        );
      } else {
        entries.set(name, convert(value, depth + 1, aliased));
      }
    }
    return Object.fromEntries(entries) satisfies JsonObject;
  };

  const scalar = (value: unknown, offset: number): Json => {
    if (typeof value === 'string') {
      if (holdsKey(value)) report(offset, keyFlaw);
      return value;
    }
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    report(offset, yamlFlaw('this is neither text nor a number', 'nothing else is used', 'put it in quotes'));
    return null;
  };

  const data = convert(document.contents, 0, false);
  if (aliasedNodes > mostAliasedNodes) {
    report(0, yamlFlaw('aliases repeat too much', 'a few lines would fill the memory', 'write the values out'));
  }
  return data;
};

const yamlFlaw = (what: string, why: string, next: string): Omit<Flaw, 'at'> => ({ rule: 'yaml', what, why, next });

const unknownAlias = yamlFlaw(
  'an alias names nothing',
  'its anchor must stand above it',
  'put text that begins with * in quotes',
);

const keyFlaw: Omit<Flaw, 'at'> = {
  rule: 'no-key-in-register',
  what: 'this looks like a key (it is not repeated here)',
  why: 'the register is committed, and everyone who reads the repository would have the key',
  next: 'remove it, treat that key as leaked, and give keys to Keyturn by `keyturn admin set` or `keyturn submit` only',
};

const offsetIn = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);

/** Answers with the offset of a path's last part that is there. */
const offsetsOf = (document: Document): ((path: Path) => number) => {
  // A map of many keys with a problem each would be searched from its start for each of them.
  const pairsOf = memoize(
    (map: YAMLMap) => new Map(map.items.map((pair) => [isScalar(pair.key) && pair.key.value, pair])),
  );
  return (path) => {
    let node: unknown = document.contents;
    let offset = 0;
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair = pairsOf(node).get(part);
        if (pair === undefined) return offset;
        offset = offsetIn(pair.key);
        node = pair.value;
      } else if (isSeq(node) && typeof part === 'number') {
        const item: unknown = node.items[part];
        if (item === undefined || item === null) return offset;
        offset = offsetIn(item);
        node = item;
      } else {
        return offset;
      }
    }
    return offset;
  };
};

const memoize = <Argument extends object, Answer>(
  compute: (argument: Argument) => Answer,
): ((argument: Argument) => Answer) => {
  const known = new WeakMap<Argument, Answer>();
  return (argument) => {
    const answer = known.get(argument) ?? compute(argument);
    known.set(argument, answer);
    return answer;
  };
};
