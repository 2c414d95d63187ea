/** A piece of text; `code` is for what is typed or copied: an id, a command. */
export type Text = string | { readonly code: string };

/** A part of a document that is written as Markdown and as HTML alike. */
export type Block =
  | { readonly kind: 'title' | 'heading' | 'paragraph'; readonly text: Text }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Text[])[] };

const httpsAddress = /^https:\/\/[\w./?=&%#:@~+,;-]+$/;

/** A text that is an address as a whole is a link; anything else that looks like one is only text. */
export const isLink = (text: string): boolean => httpsAddress.test(text);

/** Control characters have no place in a report: they move a terminal's cursor, and break lines of a table. */
export const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
