import { type Instant, milliseconds } from '../domain/identifiers.ts';

/** The longest time between two passes that the settings of a deployment allow, in seconds. */
const turnSeconds = 300;

/**
 * Those that it is the turn of: all of them where they are few; else so many that a pass comes to its end, and other
 * ones the next time. Nothing is kept between passes: the time says whose turn it is. A pass does the turn before its
 * own once more, so that one that comes late leaves nobody out: each is looked at within
 * `2 * items.length / most` turns, 10,000 of which 2,000 may be looked at within 50 minutes.
 *
 * @param turn how long one turn lasts, in seconds, where passes are further apart than those of reconcile
 */
export const inTurn = <T>(items: readonly T[], most: number, now: Instant, turn = turnSeconds): readonly T[] => {
  if (items.length <= most) return items;
  const turns = Math.ceil((2 * items.length) / most);
  const present = Math.floor(milliseconds(now) / 1000 / turn) % turns;
  const before = (present + turns - 1) % turns;
  return items.filter((_, index) => index % turns === present || index % turns === before);
};
