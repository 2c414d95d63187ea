import type { Credential, Sensitivity, Tier } from '../domain/credential.ts';
import { durationSeconds } from './duration.ts';

const days = (count: number): number => count * 86_400;

type TierRule = {
  readonly longestCadenceSeconds: number;
  readonly emergency: Credential['emergency'];
  /** Why both are as they are; the policy quotes it. */
  readonly reason: string;
};

/** What a tier allows, and what it does in an emergency when the entry does not say. */
export const tierRules: Readonly<Record<Tier, TierRule>> = {
  infrastructure: {
    longestCadenceSeconds: days(30),
    // Contained first, everything that stands on it stops until a replacement is in place.
    emergency: 'replace-first',
    reason: 'everything stands on an infrastructure key, so a leak of it that nobody sees must end soonest',
  },
  service: {
    longestCadenceSeconds: days(90),
    // A leaked key is tried within minutes, and its consumers must fetch a new value either way.
    emergency: 'contain-first',
    reason: 'a service key lives in a vault and in one workload, so a quarter of a year bounds a leak that nobody sees',
  },
  user: {
    longestCadenceSeconds: days(60),
    // One person is stopped, and a key in a notebook or a shell history is the one that others read first.
    emergency: 'contain-first',
    reason: 'a user key passes through notebooks and laptops, where copies are made that nobody lists',
  },
};

/** The longest time between two rotations, by what a leak would cost. */
const sensitivityCadenceSeconds: Readonly<Record<Sensitivity, number>> = {
  standard: days(90),
  high: days(30),
};

/** The longest cadence that tier and sensitivity allow together; also the one that is used when none is given. */
export const longestCadenceSeconds = (tier: Tier, sensitivity: Sensitivity): number =>
  Math.min(tierRules[tier].longestCadenceSeconds, sensitivityCadenceSeconds[sensitivity]);

const defaultOverlapSeconds = days(1);
/** How much longer than the overlap an old key that is still used is waited for. */
const patienceSeconds = days(7);

/** The cadence and overlaps that count, in seconds, from what an entry gives and leaves out. */
export const timesOf = (entry: {
  readonly tier: Tier;
  readonly sensitivity: Sensitivity;
  readonly cadence?: string | undefined;
  readonly overlap?: string | undefined;
  readonly maximumOverlap?: string | undefined;
}): Pick<Credential, 'cadenceSeconds' | 'overlapSeconds' | 'maximumOverlapSeconds'> => {
  const cadenceSeconds = given(entry.cadence) ?? longestCadenceSeconds(entry.tier, entry.sensitivity);
  const overlapSeconds = given(entry.overlap) ?? defaultOverlapSeconds;
  // Not beyond the cadence: the next rotation would be due while this one still waits.
  const patient = Math.max(overlapSeconds, Math.min(overlapSeconds + patienceSeconds, cadenceSeconds));
  return { cadenceSeconds, overlapSeconds, maximumOverlapSeconds: given(entry.maximumOverlap) ?? patient };
};

const given = (text: string | undefined): number | null => (text === undefined ? null : durationSeconds(text));
