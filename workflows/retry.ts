import type { RetryRule } from './flow.ts';

/** A refusal, a person's task and a lost lease are answers: trying again changes nothing. */
const never: RetryRule = {
  faults: ['Refused', 'NeedsPerson', 'Superseded'],
  intervalSeconds: 1,
  maximumAttempts: 0,
  backoffRate: 1,
  maximumDelaySeconds: 2,
  jitter: 'none',
};

/** 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60 = 242 s at most; full jitter halves it on average. */
const usual: RetryRule = {
  faults: ['anything'],
  intervalSeconds: 2,
  maximumAttempts: 8,
  backoffRate: 2,
  maximumDelaySeconds: 60,
  jitter: 'full',
};

/** For a thing that takes its time at the vendor: asked again and again, without jitter, so that the sum holds. */
const poll = (maximumAttempts: number, maximumDelaySeconds: number): RetryRule => ({
  faults: ['NothingChanged'],
  intervalSeconds: 2,
  maximumAttempts,
  backoffRate: 1.5,
  maximumDelaySeconds,
  jitter: 'none',
});

/** For steps that stand between two safe places. */
export const patient: readonly RetryRule[] = [never, usual];

/** For a new key that is not accepted yet: 2 + 3 + 4.5 + 6.8 + 10 + 15 x 10 = 176 s, about three minutes. */
export const untilAccepted: readonly RetryRule[] = [never, poll(15, 15), usual];

/** For an old key that is still accepted: 2 + 3 + 4.5 + 6.8 + 10 + 15 + 23 + 30 x 18 = 604 s, about ten minutes. */
export const untilRefused: readonly RetryRule[] = [never, poll(25, 30), usual];

/** For containment, where seconds count and giving up is worst: 1 + 2 + 4 + 5 x 27 = 142 s without jitter. */
export const urgent: readonly RetryRule[] = [
  never,
  {
    faults: ['anything'],
    intervalSeconds: 1,
    maximumAttempts: 30,
    backoffRate: 2,
    maximumDelaySeconds: 5,
    jitter: 'full',
  },
];

/**
 * For the record of how a run ended, which nothing waits for and nobody may be without, also when permission is denied
 * for a while: 2 + 4 + ... + 512 + 600 x 21 = 13,622 s, three hours and three quarters.
 */
export const untilRecorded: readonly RetryRule[] = [
  {
    faults: ['anything'],
    intervalSeconds: 2,
    maximumAttempts: 30,
    backoffRate: 2,
    maximumDelaySeconds: 600,
    jitter: 'none',
  },
];
