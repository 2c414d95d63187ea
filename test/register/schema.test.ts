import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { providers } from '../../functions/providers/index.ts';
import { schemaPath, schemaText } from '../../functions/register/generate-schema.ts';

type Node = { readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every property of the schema, with its path. */
const propertiesOf = (node: unknown, path: string): readonly (readonly [string, Node])[] => {
  if (!isNode(node)) return [];
  const { properties, items } = node;
  const own = isNode(properties) ? Object.entries(properties) : [];
  return [
    ...own.flatMap(([name, value]) => [
      ...(isNode(value) ? [[`${path}.${name}`, value] as const] : []),
      ...propertiesOf(value, `${path}.${name}`),
    ]),
    ...propertiesOf(items, path),
  ];
};

describe('credentials.schema.json', () => {
  const schema: unknown = JSON.parse(schemaText());
  const properties = propertiesOf(schema, '');

  it('is what the schema generates', () => {
    expect(readFileSync(schemaPath, 'utf8')).toBe(schemaText());
  });

  it('is named by the example', () => {
    const example = readFileSync(new URL('../../credentials.yaml', import.meta.url), 'utf8');
    expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=functions/register/credentials.schema.json');
  });

  it('describes every key', () => {
    expect(properties.length).toBeGreaterThan(25);
    expect(properties.filter(([, { description }]) => typeof description !== 'string').map(([path]) => path)).toEqual(
      [],
    );
  });

  it('lists the providers', () => {
    const provider = properties.find(([path]) => path === '.accounts.provider')?.[1];
    expect(provider?.['enum']).toEqual(Object.keys(providers).toSorted());
  });
});
