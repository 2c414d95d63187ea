import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CostError } from './cost-error.ts';
import { type Item, items, type Usage } from './usage.ts';

const price = z.strictObject({
  usd: z.number().nonnegative(),
  /** What it is the price of. */
  per: z.string(),
  source: z.string(),
  /** Whether a copy of the vendor's own page gave it. If not, `source` is where it was found. */
  confirmed: z.boolean(),
});
const form = z.strictObject({
  /** The day on which the prices were looked up. */
  read: z.iso.date(),
  regions: z.record(z.string(), z.partialRecord(z.enum(items), price)),
});

export type Price = z.infer<typeof price>;
export type Prices = {
  readonly region: string;
  readonly read: string;
  readonly of: { readonly [Name in Item]: Price };
};

const ours = new URL('prices.json', import.meta.url);

/**
 * The list prices of a region.
 *
 * @param file of the same form; the prices that it gives take the place of ours
 * @throws CostError when the file cannot be read, or a price is missing
 */
export const readPrices = (region: string, file: string | null): Prices => {
  const list = parse(readFileSync(ours, 'utf8'), 'prices.json');
  const other = file === null ? null : parse(read(file), file);
  const found = { ...list.regions[region], ...other?.regions[region] };
  const of = z.record(z.enum(items), price).safeParse(found);
  if (!of.success) {
    const missing = items.filter((item) => found[item] === undefined);
    throw new CostError(
      `There are no prices of ${missing.join(', ')} in ${region}.`,
      `They are known for ${Object.keys(list.regions).join(' and ')}; others can be given in a file of the form of infra/cost/prices.json.`,
      `npm run cost -- --region ${region} --prices my-prices.json`,
    );
  }
  return { region, read: other?.read ?? list.read, of: of.data };
};

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CostError(
      `The prices in ${file} cannot be read.`,
      error instanceof Error ? error.message : 'It is no file.',
      'npm run cost -- --prices my-prices.json',
    );
  }
};

const parse = (text: string, file: string): z.infer<typeof form> => {
  try {
    return form.parse(JSON.parse(text));
  } catch (error) {
    throw new CostError(
      `${file} is no list of prices.`,
      error instanceof z.ZodError ? z.prettifyError(error) : 'It is not JSON.',
      'Copy infra/cost/prices.json, change it, then: npm run cost -- --prices my-prices.json',
    );
  }
};

/** In US dollars. */
export const costOf = (usage: Usage, { of }: Pick<Prices, 'of'>): number =>
  items.reduce((sum, item) => sum + (usage[item] ?? 0) * of[item].usd, 0);
