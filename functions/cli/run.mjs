// Runs a TypeScript entry: node functions/cli/run.mjs <entry.ts> [its arguments].
import { bundle } from './bundle.mjs';

const [entry] = process.argv.splice(2, 1);
await import(await bundle(entry));
