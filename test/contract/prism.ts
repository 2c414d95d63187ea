import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import type { Http } from '../../functions/ports.ts';

/** Vendors' published API descriptions. They are no part of this project; without them the contract tests skip. */
const folder = new URL('../../../shared/specs/', import.meta.url);

export const hasSpecs = existsSync(folder);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Document = { [key: string]: Json };

const objectAt = (parent: Document, key: string): Document => {
  const child = parent[key];
  if (typeof child !== 'object' || child === null || Array.isArray(child)) throw new TypeError(`No object at ${key}.`);
  return child;
};

/** The description, cut to the paths that are used: the whole of OpenAI's would take Prism minutes. */
export const readSpec = (file: string, paths: readonly string[]): Document => {
  const whole: Document = parse(readFileSync(new URL(file, folder), 'utf8'));
  const cut: Document = {
    ...whole,
    paths: Object.fromEntries(paths.map((path) => [path, objectAt(objectAt(whole, 'paths'), path)])),
    components: {
      securitySchemes:
        whole['components'] === undefined ? {} : (objectAt(whole, 'components')['securitySchemes'] ?? {}),
    },
  };
  bringReferences(whole, cut, cut);
  return cut;
};

/** Copies what is referred to, and what that refers to. */
const bringReferences = (whole: Document, cut: Document, part: Json): void => {
  if (typeof part !== 'object' || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key !== '$ref' || typeof value !== 'string') {
      bringReferences(whole, cut, value);
      continue;
    }
    const [, , kind = '', name = ''] = value.split('/');
    const components = objectAt(cut, 'components');
    components[kind] ??= {};
    const kept = objectAt(components, kind);
    if (name in kept) continue;
    const component = objectAt(objectAt(objectAt(whole, 'components'), kind), name);
    kept[name] = component;
    bringReferences(whole, cut, component);
  }
};

/** What is at that place, to be changed: for the places where a description is known to be stale. */
export const at = (document: Document, ...keys: readonly string[]): Document => keys.reduce(objectAt, document);

interface PrismServer {
  readonly listen: (port: number, host: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

// Parts of @stoplight/prism-cli: its own command has no way to ask for a free port.
const require = createRequire(import.meta.url);
const requireOfPrism = createRequire(require.resolve('@stoplight/prism-cli/package.json'));

const load = (name: string): Record<string, (...parameters: readonly unknown[]) => unknown> => requireOfPrism(name);

/**
 * Prism between an adapter and its simulator: what does not fit the description, in question or answer, is replaced
 * by a problem report.
 */
export const startPrism = async (
  spec: Document,
  upstream: string,
): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> => {
  const operations = await load('@stoplight/prism-http')['getHttpOperationsFromSpec']?.(spec);
  const logger = load('@stoplight/prism-core')['createLogger']?.('contract', { level: 'silent' });
  const server = load('@stoplight/prism-http-server')['createServer']?.(operations, {
    cors: false,
    config: {
      isProxy: true,
      upstream: new URL(upstream),
      validateRequest: true,
      validateResponse: true,
      checkSecurity: true,
      errors: true,
      mock: { dynamic: false },
    },
    components: { logger },
  }) as PrismServer;
  return { origin: await server.listen(0, '127.0.0.1'), close: () => server.close() };
};

/** The same transport, which keeps every problem report of Prism. */
export const watched = (http: Http): { readonly http: Http; readonly problems: string[]; readonly seen: string[] } => {
  const problems: string[] = [];
  const seen: string[] = [];
  return {
    problems,
    seen,
    http: {
      send: async (request) => {
        const response = await http.send(request);
        const { pathname } = new URL(request.url);
        seen.push(
          `${request.method} ${pathname.replaceAll(/(?:key_|proj_|svc_)\w+|[0-9a-f-]{36}/g, '*')} ${response.status}`,
        );
        const violations = response.headers['sl-violations'];
        if (response.headers['content-type']?.includes('problem+json')) problems.push(response.body);
        else if (violations !== undefined) problems.push(violations);
        return response;
      },
    },
  };
};
