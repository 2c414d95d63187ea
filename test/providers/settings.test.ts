import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { SettingsError } from '../../functions/providers/provider.ts';
import { parseWith } from '../../functions/providers/settings.ts';

const parse = parseWith(
  z.strictObject({
    name: z.string('must be a name'),
    place: z.object({ city: z.literal(['Rome', 'Oslo'], 'must be a city') }),
  }),
);

it('gives back what fits', () => {
  const settings = { name: 'a', place: { city: 'Rome' } };
  expect(parse(settings)).toEqual(settings);
});

it('names each field that does not fit, and quotes none', () => {
  const wrong = { name: 7, place: { city: 'sk-leaked' }, extra: 'sk-leaked' };
  expect(() => parse(wrong)).toThrow(
    new SettingsError('name: must be a name; place.city: must be a city; Unrecognized key: "extra"'),
  );
  expect(() => parse(wrong)).toThrow(SettingsError);
  expect(() => parse(wrong)).toThrow(expect.objectContaining({ name: 'SettingsError' }));
});
