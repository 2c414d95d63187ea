import type { Strategy } from '../domain/credential.ts';
import type { Outcome } from '../domain/rotation.ts';
import { timeOf } from './entry-line.ts';
import type { Summary } from './summary.ts';

/** How the world was left, and the one next command. */
export const tellOutcome = (summary: Summary, flags: string): readonly string[] => {
  const { outcome, rotationId, detail } = summary;
  if (outcome === null)
    return [`${rotationId} ended, and nobody can say how. Look: keyturn show ${rotationId}${flags}`];
  const next = nextOf({ ...summary, outcome }, flags);
  return [
    `${outcome}: ${meaning(summary, outcome)}`,
    ...(detail === '' || (outcome === 'Done' && summary.oldKeyRefusedAt === null)
      ? []
      : [`  ${outcome === 'Done' ? 'seen' : 'why'}:  ${detail.replaceAll(/\s+/g, ' ')}`]),
    ...(next === null ? [] : [`  next: ${next}`]),
  ];
};

const meaning = ({ credential, oldKeyId, newKeyId, oldKeyRefusedAt }: Summary, outcome: Outcome): string => {
  switch (outcome) {
    case 'Done':
      return oldKeyRefusedAt === null
        ? `the first key of ${credential} serves${newKeyId === null ? '' : `: ${newKeyId}`}.`
        : `the new key${named(newKeyId)} serves; the old one${named(oldKeyId)} was seen refused at ${timeOf(oldKeyRefusedAt)}.`;
    case 'SkippedBusy':
      return `${credential} is being rotated by another run; this one did nothing.`;
    case 'Superseded':
      return 'another rotation, or a person, took over; theirs is untouched.';
    case 'RolledBack':
      return `the old key${named(oldKeyId)} serves as before; the new one was removed.`;
    case 'CutOverOldLive':
      return `the new key${named(newKeyId)} serves; the old one${named(oldKeyId)} is not yet seen refused.`;
    case 'ContainedNoReplacement':
      return `the leaked key${named(oldKeyId)} was stopped and there is no replacement: consumers fail.`;
    case 'Escalated':
      return 'a person is needed.';
  }
};

const named = (keyId: string | null): string => (keyId === null ? '' : ` ${keyId}`);

type Ended = Pick<Summary, 'rotationId' | 'credential'> & { readonly outcome: Outcome; readonly strategy?: Strategy };

/** The next command; null when there is nothing to do. */
export const nextOf = ({ outcome, rotationId, credential, strategy }: Ended, flags: string): string | null => {
  switch (outcome) {
    case 'Done':
    case 'Superseded':
      return null;
    case 'SkippedBusy':
      return `keyturn status ${credential}${flags}`;
    case 'RolledBack':
      return `keyturn show ${rotationId}${flags}`;
    case 'CutOverOldLive':
      return `keyturn resume ${rotationId}${flags} (or keyturn approve: the old key may die although it is in use)`;
    case 'ContainedNoReplacement':
    case 'Escalated':
      return strategy === 'human-created'
        ? `make a key, then: keyturn submit ${credential}${flags}`
        : `keyturn resume ${rotationId}${flags}`;
  }
};
