import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant } from '../../functions/domain/identifiers.ts';
import { inTurn } from '../../functions/watch/in-turn.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('inTurn', () => {
  it('is everybody where they are few', () => {
    expect(inTurn(numbers(7), 7, instant(0))).toEqual(numbers(7));
    expect(inTurn(numbers(7), Infinity, instant(0))).toEqual(numbers(7));
  });

  it('10,000 of which a pass looks at 2,000: each is looked at within 50 minutes, whenever that begins', () => {
    const items = numbers(10_000);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), (start) => {
        const seen = new Set<number>();
        for (let minute = 0; minute < 50; minute += 5) {
          const turn = inTurn(items, 2_000, instant((start + minute * 60) * 1000));
          expect(turn.length).toBeLessThanOrEqual(2_000);
          for (const item of turn) seen.add(item);
        }
        expect(seen.size).toBe(10_000);
      }),
      { numRuns: 20 },
    );
  });

  it('no pass leaves anybody out, though it comes up to a turn late', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 240, max: 360 }), { minLength: 15, maxLength: 15 }), (gaps) => {
        const seen = new Set<number>();
        let seconds = 1_763_000_000;
        for (const gap of gaps) {
          for (const item of inTurn(numbers(1_000), 200, instant(seconds * 1000))) seen.add(item);
          seconds += gap;
        }
        expect(seen.size).toBe(1_000);
      }),
    );
  });
});
