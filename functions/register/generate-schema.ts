import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { providers } from '../providers/index.ts';
import { registerSchema } from './schema.ts';

// Writes the JSON Schema by which editors help with credentials.yaml. With --check it writes nothing and fails when the
// committed file is stale.

export const schemaPath = fileURLToPath(new URL('credentials.schema.json', import.meta.url));

/** The JSON Schema of the register, as the file should be. */
export const schemaText = (): string => {
  const [first = '', ...others] = Object.keys(providers).toSorted();
  // Draft 7 is what the YAML language server knows best; `input`: what has a default may be left out.
  const schema = z.toJSONSchema(registerSchema([first, ...others]), { target: 'draft-7', io: 'input' });
  return `${JSON.stringify(schema, null, 2)}\n`;
};

const committedText = (): string | null => {
  try {
    return readFileSync(schemaPath, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const main = (check: boolean): void => {
  const name = relative(process.cwd(), schemaPath);
  const text = schemaText();
  if (text === committedText()) {
    process.stdout.write(`${name} is fresh.\n`);
  } else if (check) {
    process.stderr.write(
      [
        `Stale: ${name}.`,
        'The form of the register or the list of providers has changed since it was generated, or it was edited by hand.',
        'Nothing was written.',
        'Run `npm run generate` and commit the result.',
        '',
      ].join('\n'),
    );
    process.exitCode = 1;
  } else {
    writeFileSync(schemaPath, text);
    process.stdout.write(`Wrote ${name}.\n`);
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes('--check'));
