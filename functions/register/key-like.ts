// Forms of keys of the vendors that we know, loosely: a false alarm costs one word, a miss costs a key.
// gitleaks' and TruffleHog's rules, read 2026-11. Azure's keys have no form of their own.
const keyForms = /\b(sk-[A-Za-z0-9_-]{20,}|pcsk_[A-Za-z0-9_]{20,}|AIza[\w-]{30,}|A(KIA|SIA)[A-Z0-9]{16}|gsk_\w{20,})/;

/** Whether a text holds something with the form of a key. */
export const holdsKey = (text: string): boolean => keyForms.test(text);

const longestQuoted = 24;

/** A text as a message may show it: whole when it is short and no key, by its length otherwise. */
export const quote = (text: string): string =>
  text.length <= longestQuoted && !holdsKey(text) ? JSON.stringify(text) : `a text of ${text.length} characters`;
