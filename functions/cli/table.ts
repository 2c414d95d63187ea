import type { Output } from './io.ts';

/** Rows in columns, as wide as the terminal: the widest cells are cut. Without a terminal nothing is cut. */
export const table = (rows: readonly (readonly string[])[], { isTTY, columns = 80 }: Output): readonly string[] => {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  if (isTTY === true) narrow(widths, columns);
  return rows.map((row) =>
    widths
      .map((width, column) => padOrCut(row[column] ?? '', width))
      .join(gap)
      .trimEnd(),
  );
};

const gap = '  ';
const narrowest = 8;

const narrow = (widths: number[], columns: number): void => {
  const total = (): number => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (total() > columns) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= narrowest) return;
    widths[widest] = width - 1;
  }
};

const padOrCut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, Math.max(width - 1, 0))}…` : text.padEnd(width);
