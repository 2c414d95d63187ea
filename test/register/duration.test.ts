import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationSeconds, formatDuration } from '../../functions/register/duration.ts';

it.each([
  ['0s', 0],
  ['90s', 90],
  ['15m', 900],
  ['24h', 86_400],
  ['30d', 2_592_000],
  ['365d', 31_536_000],
  ['366d', null],
  ['999999999d', null],
  ['', null],
  ['30', null],
  ['030d', null],
  ['1.5h', null],
  ['-1d', null],
  ['1 d', null],
  ['1d ', null],
  ['1d\n', null],
  ['1D', null],
  ['1w', null],
  ['1h30m', null],
])('%j is %s seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});

it('what is written is read back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 31_536_000 }), (seconds) => {
      expect(durationSeconds(formatDuration(seconds))).toBe(seconds);
    }),
  );
});
