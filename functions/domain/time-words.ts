import type { Instant } from './identifiers.ts';

/** `2026-11-21 09:00:00Z`: sorts, and says its time zone. */
export const timeOf = (at: Instant): string => `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;

/** `0.2 s`, `3 min 20 s`, `2 h 5 min`: as fine as a person compares. */
export const durationOf = (seconds: number): string => {
  if (seconds < 0) return `-${durationOf(-seconds)}`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return both(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  return both(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
};

const both = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
