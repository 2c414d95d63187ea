const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** How the register writes a duration: a whole number and a unit. */
export const durationPattern = /^(0|[1-9][0-9]{0,8})(s|m|h|d)$/;

// A Standard execution of Step Functions lives one year, so no wait of a rotation may be longer:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, 2026-11.
const longestDurationSeconds = 365 * unitSeconds.d;

/**
 * Reads `90s`, `15m`, `24h` or `30d`.
 * @returns seconds; null when the text is not a duration, or is longer than a year
 */
export const durationSeconds = (text: string): number | null => {
  const [, count, unit] = durationPattern.exec(text) ?? [];
  if (count === undefined || (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd')) return null;
  const seconds = Number(count) * unitSeconds[unit];
  return seconds <= longestDurationSeconds ? seconds : null;
};

/** Writes seconds as the register would, in the largest unit that loses nothing. */
export const formatDuration = (seconds: number): string => {
  if (seconds === 0) return '0s';
  for (const [unit, size] of [
    ['d', unitSeconds.d],
    ['h', unitSeconds.h],
    ['m', unitSeconds.m],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
};
