import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

/** A new empty folder. It goes when the test file that asked for it has ended. */
export const scratchFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `keyturn-${name}-`));
  folders.push(folder);
  return folder;
};

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
