import { type Block, isLink, plain, type Text } from './document.ts';

const style = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #bbb; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #f2f2f2; } thead { display: table-header-group; } tr { break-inside: avoid; }
code { font: 0.9em ui-monospace, monospace; }
@media print { body { font-size: 10pt; margin: 0; max-width: none; } a { color: inherit; } }
`;

/**
 * A document as one HTML file that needs no other and runs nothing: the policy in its head forbids what its text might
 * try.
 */
export const htmlOf = (blocks: readonly Block[]): string => {
  const title = blocks.find(({ kind }) => kind === 'title');
  const name = title?.kind === 'title' ? escaped(wordsOf(title.text)) : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${name}</title>
<style>${style}</style>
</head>
<body>
${blocks.map(blockOf).join('\n')}
</body>
</html>
`;
};

const blockOf = (block: Block): string => {
  switch (block.kind) {
    case 'title':
      return `<h1>${textOf(block.text)}</h1>`;
    case 'heading':
      return `<h2>${textOf(block.text)}</h2>`;
    case 'paragraph':
      return `<p>${textOf(block.text)}</p>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${textOf(item)}</li>`).join('\n')}\n</ul>`;
    case 'table':
      return `<table>\n<thead>${rowOf(block.head, 'th')}</thead>\n<tbody>\n${block.rows
        .map((row) => rowOf(row, 'td'))
        .join('\n')}\n</tbody>\n</table>`;
  }
};

const rowOf = (cells: readonly Text[], tag: 'th' | 'td'): string =>
  `<tr>${cells.map((cell) => `<${tag}>${textOf(cell)}</${tag}>`).join('')}</tr>`;

const textOf = (text: Text): string => {
  const shown = escaped(wordsOf(text));
  if (typeof text !== 'string') return `<code>${shown}</code>`;
  return isLink(wordsOf(text)) ? `<a href="${shown}" rel="noreferrer">${shown}</a>` : shown;
};

const wordsOf = (text: Text): string => plain(typeof text === 'string' ? text : text.code);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
