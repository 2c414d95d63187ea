import type { Figures } from './figures.ts';
import type { Prices } from './prices.ts';
import { items, type Usage } from './usage.ts';

/** The first column to the left, the others to the right. */
const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
};

const quantityText = (quantity: number): string =>
  quantity >= 100 ? Math.round(quantity).toLocaleString('en') : String(Number(quantity.toPrecision(3)));

const partsOf = (used: Usage, { of }: Prices): readonly (readonly string[])[] =>
  items
    .flatMap((item) =>
      used[item] === undefined ? [] : [{ item, quantity: used[item], usd: used[item] * of[item].usd }],
    )
    .toSorted((one, other) => other.usd - one.usd)
    .map(({ item, quantity, usd }) => [item, quantityText(quantity), usd.toFixed(7)]);

/** For a person to read. */
export const linesOf = (
  { region, pricesRead, cadenceDays, rotations, months, unconfirmed }: Figures,
  prices: Prices,
): readonly string[] => {
  const [first] = rotations;
  const labels = months[0]?.lines.map(({ what }) => what) ?? [];
  const isSweep = (what: string): boolean => what.startsWith('sweep ');
  const head = (title: string): readonly string[] => [
    title,
    ...months.map(({ credentials }) => `${credentials.toLocaleString('en')} credentials`),
  ];
  const row = (what: string): readonly string[] => [
    what,
    ...months.map(({ lines }) => (lines.find((line) => line.what === what)?.usd ?? 0).toFixed(2)),
  ];
  return [
    `List prices of ${region}, read ${pricesRead}, in US dollars. Without free tiers, taxes and data transfer.`,
    '',
    ...table([
      ['One rotation, without lag or retries', 'transitions', 'USD'],
      ...rotations.map(({ strategy, urgency, transitions, usd }) => [
        `${strategy}, ${urgency}`,
        String(transitions),
        usd.toFixed(6),
      ]),
    ]),
    ...(first === undefined
      ? []
      : [
          '',
          ...table([
            [`Of these, ${first.strategy}, ${first.urgency}`, 'quantity', 'USD'],
            ...partsOf(first.usage, prices),
          ]),
        ]),
    '',
    ...table([head('A month of looking, when nothing is to be done'), ...labels.filter(isSweep).map(row)]),
    '',
    ...table([
      head(`A month of a fleet, each rotated every ${cadenceDays} days`),
      ...labels.map(row),
      ['in all', ...months.map(({ usd }) => usd.toFixed(2))],
      ['for each credential', ...months.map(({ usdPerCredential }) => usdPerCredential.toFixed(2))],
    ]),
    ...months.flatMap(({ credentials, notes }) => [
      ...(notes.length === 0 ? [] : ['']),
      ...notes.map((note) => `With ${credentials.toLocaleString('en')}: ${note}`),
    ]),
    ...(unconfirmed.length === 0
      ? []
      : ['', `Not confirmed by a page of AWS (see infra/cost/prices.json): ${unconfirmed.join(', ')}.`]),
    '',
    'Counted on an emulator: transitions, invocations and calls. Recorded there: milliseconds, on the machine that ran it.',
    "Derived from AWS's documentation: KMS behind other services, traces, bytes of logs, polls of the queue",
    '(infra/cost/billed.ts and fleet.ts say how). Left out: storage in DynamoDB and S3, the archive of the bus, deliveries of SNS,',
    'what CloudWatch Logs asks of KMS (not documented), and what a consumer does to read its secret.',
  ];
};
