/** An entry of a Retry list, with Amazon's defaults filled in. */
export type Retrier = {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  readonly jitter: 'FULL' | 'NONE';
};

/**
 * How long to wait before the next try, in seconds: the interval times the rate to the power of the retries so
 * far, cut at the longest delay, and with full jitter any part of that.
 */
export const retryDelaySeconds = (retrier: Retrier, retriesSoFar: number, random: () => number): number => {
  const delay = Math.min(retrier.intervalSeconds * retrier.backoffRate ** retriesSoFar, retrier.maxDelaySeconds);
  return retrier.jitter === 'FULL' ? delay * random() : delay;
};

/** States.ALL matches every error but two (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html, 2026-11). */
export const matches = (errorEquals: readonly string[], error: string): boolean =>
  errorEquals.includes(error) ||
  (errorEquals.includes('States.ALL') && error !== 'States.DataLimitExceeded' && error !== 'States.Runtime');
