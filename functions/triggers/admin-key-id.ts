import { type KeyId, keyId, type SecretName, type VersionId } from '../domain/identifiers.ts';
import { expiryOf, type Incident } from '../domain/incident.ts';
import { current, holderOf } from '../domain/labels.ts';
import type { Ports } from '../ports.ts';
import { unlessFault } from './resolve-leak.ts';

/**
 * What an account's leaked or expiring admin key is known by: the version of the admin secret that holds it. Where the
 * secret cannot be looked at, by the incident: then it is the value that is there when the next one is stored.
 */
export const adminKeyId = async (
  adminSecret: SecretName,
  { incidentId, leak }: Pick<Incident, 'incidentId' | 'leak'>,
  { vault }: Pick<Ports, 'vault'>,
): Promise<KeyId> => {
  const versions = (await vault.describe(adminSecret).catch(unlessFault(null))) ?? [];
  const version = holderOf(versions, current);
  if (version === null) return keyId(`admin-${incidentId}`);
  return expiryOf({ leak }) === null ? leakedAdminKeyId(version) : expiringAdminKeyId(version);
};

const leakedAdminKeyId = (version: VersionId): KeyId => keyId(`admin-${version}`);

/** Its own: a leak of a key that is to be replaced by a date must not wait for that date. */
const expiringAdminKeyId = (version: VersionId): KeyId => keyId(`admin-${version}-expiring`);

export const isAdminKeyOf = (id: KeyId, version: VersionId): boolean =>
  id === leakedAdminKeyId(version) || id === expiringAdminKeyId(version);
