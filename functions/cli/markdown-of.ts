import { type Block, isLink, plain, type Text } from './document.ts';

/** A document as GitHub-flavoured Markdown. Whatever its texts hold, they stay text. */
export const markdownOf = (blocks: readonly Block[]): string => `${blocks.map(blockOf).join('\n\n')}\n`;

const blockOf = (block: Block): string => {
  switch (block.kind) {
    case 'title':
      return `# ${textOf(block.text)}`;
    case 'heading':
      return `## ${textOf(block.text)}`;
    case 'paragraph':
      return textOf(block.text);
    case 'list':
      return block.items.map((item) => `- ${textOf(item)}`).join('\n');
    case 'table':
      return [block.head, block.head.map(() => '---'), ...block.rows].map((row) => rowOf(row)).join('\n');
  }
};

const rowOf = (cells: readonly Text[]): string =>
  `| ${cells.map((cell) => (cell === '---' ? cell : textOf(cell))).join(' | ')} |`;

const textOf = (text: Text): string => {
  if (typeof text !== 'string') return codeOf(plain(text.code));
  const shown = plain(text);
  return isLink(shown) ? `<${shown}>` : escaped(shown);
};

/** Any ASCII punctuation may have a backslash: https://spec.commonmark.org/0.31.2/#backslash-escapes, 2026-11. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\`*_{}[\]<>#|~&!]/g, '\\$&')
    // What would begin a list or be a rule.
    .replace(/^(\d*)([-+.)])(?=[ -]|$)/, '$1\\$2');

/** A bar ends a table's cell also within code: https://github.github.com/gfm/#tables-extension-, 2026-11. */
const codeOf = (text: string): string => {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const room = longest > 0 ? ' ' : '';
  return `${fence}${room}${text.replaceAll('|', '\\|')}${room}${fence}`;
};
