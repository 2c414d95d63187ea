import { stepSentence, stepWords } from '../domain/step-sentence.ts';
import { timeOf } from '../domain/time-words.ts';
import type { JournalEntry } from '../ports.ts';

export { timeOf };

/** One journal entry as one plain line. */
export const lineOf = (entry: JournalEntry): string => {
  const name = entry.step.replace(/^(two-slot|human-created)\//, '');
  return `${timeOf(entry.at)}  ${name.padEnd(14)} ${stepSentence(entry) ?? stepWords(entry)}`;
};
