import type { Credential } from '../domain/credential.ts';
import type { CredentialId, Instant } from '../domain/identifiers.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { Notice, Ports } from '../ports.ts';
import { requestId } from './request.ts';

/**
 * Tells the owner that a key is wanted, once a day. The journal entry, under an id that the day gives, says that it was
 * done; it is written first, so that a run which dies in between reminds too little and not every few minutes.
 * @returns false when the day's reminder was sent before
 */
export const remind = async (
  credential: Credential,
  record: CredentialRecord,
  dueAt: Instant | null,
  now: Instant,
  { ledger, notices }: Pick<Ports, 'ledger' | 'notices'>,
): Promise<boolean> => {
  const rotationId = requestId(credential.id, 'reminder', now);
  if ((await ledger.entries(rotationId)).length > 0) return false;
  await ledger.append({
    rotationId,
    credentialId: credential.id,
    at: now,
    step: 'remind',
    event: 'reminded',
    detail: `${credential.owner.contact} was asked for a new key.`,
  });
  await notices.send(reminderOf(credential, dueAt, record.rotation?.containedAt ?? null));
  return true;
};

const reminderOf = (credential: Credential, dueAt: Instant | null, containedAt: Instant | null): Notice => ({
  credentialId: credential.id,
  rotationId: null,
  severity: containedAt === null ? 'action-needed' : 'page',
  contact: credential.owner.contact,
  subject: `${credential.id} needs a new key`,
  text: [
    whyWanted(credential.id, dueAt, containedAt),
    `Only a person can make keys at ${credential.target.provider}.`,
    `Make one there for ${credential.service}, ${credential.purpose}, ${credential.environment}, and hand it over:`,
    `keyturn submit ${credential.id}`,
  ].join('\n'),
});

const whyWanted = (id: CredentialId, dueAt: Instant | null, containedAt: Instant | null): string => {
  if (containedAt !== null)
    return `The leaked key of ${id} was stopped at ${containedAt}; its consumers fail until there is another.`;
  if (dueAt === null) return `${id} has not been rotated yet; the key in use, if there is one, goes on working.`;
  return `The key of ${id} was to be replaced by ${dueAt}; it goes on working.`;
};
