import { readFileSync } from 'node:fs';

/** A vendor's documented payload, from `fixtures/`, which names its source; a fresh copy each time. */
export const recorded = (name: string): ReturnType<typeof JSON.parse> =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')).body;
