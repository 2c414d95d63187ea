import { describe, expect, test } from 'vitest';
import { table } from '../../functions/cli/table.ts';

const rows = [
  ['NAME', 'TEXT'],
  ['one', 'a text that is much longer than a narrow terminal is wide'],
];
const output = (isTTY: boolean, columns?: number) => ({ write: () => undefined, isTTY, columns });

describe('table', () => {
  test('stays within the terminal', () => {
    const lines = table(rows, output(true, 30));
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
    expect(lines[1]).toMatch(/^one {3}a text .*…$/);
  });

  test('cuts nothing without a terminal', () => {
    expect(table(rows, output(false, 30))[1]).toBe(`one   ${rows[1]?.[1] ?? ''}`);
  });

  test('gives up narrowing before nothing can be read', () => {
    expect(table(rows, output(true, 1))[1]).toBe('one   a text …');
  });
});
