import { type IncidentId, type KeyId, keyId, type SecretName, type VersionId } from '../domain/identifiers.ts';
import { current, holderOf } from '../domain/labels.ts';
import type { Ports } from '../ports.ts';
import { unlessFault } from './resolve-leak.ts';

/**
 * What an account's leaked admin key is known by: the version of the admin secret that holds it. Where the secret
 * cannot be looked at, by the incident: then it is the value that is there when the next one is stored.
 */
export const adminKeyId = async (
  adminSecret: SecretName,
  incidentId: IncidentId,
  { vault }: Pick<Ports, 'vault'>,
): Promise<KeyId> => {
  const versions = (await vault.describe(adminSecret).catch(unlessFault(null))) ?? [];
  const version = holderOf(versions, current);
  return version === null ? keyId(`admin-${incidentId}`) : adminKeyIdOf(version);
};

export const adminKeyIdOf = (version: VersionId): KeyId => keyId(`admin-${version}`);
