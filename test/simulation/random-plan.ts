import { singlesOf } from './enumerate.ts';
import type { Plan } from './plan.ts';
import type { Site } from './seam.ts';

/** A repeatable sequence, evenly from 0 up to, not including, 1 (mulberry32: no draw of it costs precision). */
export const sequence = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Three to five faults, each anywhere in the fault-free run. One that an earlier one keeps from its turn is none. */
export const randomPlan = (sites: readonly Site[], random: () => number): Plan => {
  const singles = singlesOf(sites);
  const faults = 3 + Math.floor(random() * 3);
  const chosen = Array.from({ length: faults }, () => singles[Math.floor(random() * singles.length)]);
  return new Map(chosen.filter((single) => single !== undefined));
};
