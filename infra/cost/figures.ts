import { readCounted, transitionsOf } from './counted.ts';
import { readDeployed } from './deployed.ts';
import { monthOf, strategiesIn, usageOfRotation } from './fleet.ts';
import { costOf, type Prices } from './prices.ts';
import { items, sumOf } from './usage.ts';

export type Question = {
  /** Sizes, in credentials. */
  readonly fleets: readonly number[];
  readonly cadenceDays: number;
  readonly prices: Prices;
};

export type Figures = ReturnType<typeof figuresOf>;

/** What one rotation of each strategy costs, and a month of each fleet, in US dollars. */
export const figuresOf = ({ fleets, cadenceDays, prices }: Question) => {
  const counted = readCounted();
  const deployed = readDeployed();
  const rotations = strategiesIn(deployed).flatMap((strategy) =>
    (['scheduled', 'emergency'] as const).map((urgency) => {
      const rotation = counted.rotations[strategy][urgency];
      const used = usageOfRotation(strategy, rotation, deployed);
      return { strategy, urgency, transitions: transitionsOf(rotation), usage: used, usd: costOf(used, prices) };
    }),
  );
  const months = fleets.map((credentials) => {
    const { lines, notes } = monthOf({ credentials, cadenceDays }, deployed, counted);
    const total = costOf(sumOf(lines.map((line) => line.usage)), prices);
    return {
      credentials,
      lines: lines.map((line) => ({ ...line, usd: costOf(line.usage, prices) })),
      usd: total,
      usdPerCredential: total / credentials,
      notes,
    };
  });
  const unconfirmed = items.filter((item) => !prices.of[item].confirmed);
  return { region: prices.region, pricesRead: prices.read, cadenceDays, rotations, months, unconfirmed };
};
