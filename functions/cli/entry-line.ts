import type { Instant } from '../domain/identifiers.ts';
import type { JournalEntry } from '../ports.ts';

/** `2026-11-21 09:00:00Z`: sorts, and says its time zone. */
export const timeOf = (at: Instant): string => `${at.slice(0, 10)} ${at.slice(11, 19)}Z`;

/** One journal entry as one plain line. */
export const lineOf = ({ at, step, event, detail }: JournalEntry): string => {
  const name = step.replace(/^(two-slot|human-created)\//, '');
  return `${timeOf(at)}  ${name.padEnd(14)} ${event}${detail === '' ? '' : `: ${oneLine(detail)}`}`;
};

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
