import type { Urgency } from './rotation.ts';

/** What a step's decision means, for somebody who sees it for the first time. Key: `<step>/<event>`. */
const sentences: Readonly<Record<string, string>> = {
  'contain/contain': 'contained: the leaked key is stopped at the provider',
  'contain/disable': 'contained: the leaked key is disabled at the provider',
  'contain/revoke': 'contained: the leaked key is revoked at the provider, which has nothing weaker',
  'begin/start': 'lease taken, register entry copied',
  'begin/kill-only': 'lease taken: another key serves, so this one is only ended',
  'begin/take-up-cut-over': 'lease taken: an earlier run had put a new key to use, which goes on serving',
  'begin/adopt-pending': 'lease taken: an earlier run had validated a new key, which is used',
  'create-key/create': 'new key created and sealed in the vault',
  'two-slot/create-key/regenerate': 'the slot not in use has a new key, sealed in the vault',
  'human-created/create-key/adopt': 'the key that a person submitted is taken over',
  'stage/move': 'staged as AWSPENDING',
  'validate/accept': 'new key probed: accepted, and as the register declares',
  'cut-over/move': 'AWSCURRENT moved: consumers get the new key',
  'confirm/confirmed': 'what consumers read was probed: accepted',
  'check-usage/over': 'the old key is no longer used, or has had its time',
  'check-usage/wait': 'the old key is still in use: asking again later',
  'disable-old/retire': 'old key disabled; it could still come back',
  'disable-old/not-offered': 'this provider cannot disable a key: left out',
  'revoke-old/retire': 'old key revoked: from here only forward',
  'two-slot/revoke-old/retire': 'old slot regenerated: from here only forward',
  'prove-refused/proven': 'old key seen refused, new key accepted: proven',
  'finish/finish': 'labels tidied: nothing points at the dead key any more',
};

type StepEvent = { readonly step: string; readonly event: string; readonly detail: string };

/**
 * A journal entry as a sentence; null for one that has none.
 *
 * @param urgency where it is known: an emergency has no overlap to speak of
 */
export const stepSentence = ({ step, event }: StepEvent, urgency: Urgency | null = null): string | null =>
  urgency === 'emergency' && `${step}/${event}` === 'check-usage/over'
    ? 'no overlap: the old key dies at once'
    : (sentences[`${step}/${event}`] ?? null);

/** An entry without a sentence: a fault, or how a rotation ended, in its own words. */
export const stepWords = ({ event, detail }: StepEvent): string => {
  const what = event === 'NothingChanged' ? 'not yet' : event;
  return detail === '' ? what : `${what}: ${detail.replaceAll(/\s+/g, ' ')}`;
};
