import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { onExposure, SecretValue } from '../../functions/domain/secret-value.ts';

const text = 'sk-canary-0123456789abcdef';

describe('a secret value', () => {
  afterEach(() => onExposure(() => undefined));

  it('shows itself to nothing but expose()', () => {
    const value = new SecretValue(text);
    expect([String(value), inspect(value), inspect({ within: [value] }, { depth: 9 })].join('\n')).not.toContain(text);
    expect([String(value), inspect(value)]).toEqual(['[secret]', '[secret]']);
    expect(() => JSON.stringify({ value })).toThrow(new TypeError('A SecretValue must not be serialised.'));
    expect(Object.entries(value)).toEqual([]);
    expect(value.expose()).toBe(text);
  });

  it('tells whoever watches of each exposure, and of no comparison', () => {
    const seen: string[] = [];
    onExposure((exposed) => seen.push(exposed));
    const value = new SecretValue(text);
    value.equals(new SecretValue(text));
    expect(seen).toEqual([]);
    value.expose();
    expect(seen).toEqual([text]);
  });

  it('equals another exactly when the texts are equal', () => {
    const near = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(fc.tuple(near, near), fc.tuple(fc.string(), fc.string())), ([left, right]) => {
        expect(new SecretValue(left).equals(new SecretValue(right))).toBe(left === right);
        expect(new SecretValue(left).equals(new SecretValue(left))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
