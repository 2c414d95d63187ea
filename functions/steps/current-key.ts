import type { Credential } from '../domain/credential.ts';
import type { KeyId, VersionId } from '../domain/identifiers.ts';
import { current, holderOf } from '../domain/labels.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Ports, SecretVersion } from '../ports.ts';
import type { Connection, Verdict } from '../providers/provider.ts';

const nothingExpected = { models: [], permissions: [] };

/** The version that serves now, read afresh. */
export interface CurrentKey {
  readonly versionId: VersionId;
  /** Null in a version that Keyturn did not write. */
  readonly keyId: KeyId | null;
  readonly value: SecretValue;
}

export interface CurrentLook {
  readonly versions: readonly SecretVersion[];
  readonly current: CurrentKey | null;
}

/** Reads the labels and the value behind AWSCURRENT, from the vault and not from memory. */
export const readCurrent = async (
  { vault }: Pick<Ports, 'vault'>,
  credential: Pick<Credential, 'secret'>,
): Promise<CurrentLook> => {
  const versions = (await vault.describe(credential.secret)) ?? [];
  const versionId = holderOf(versions, current);
  if (versionId === null) return { versions, current: null };
  const payload = await vault.read(credential.secret, versionId, current);
  return { versions, current: payload && { versionId, keyId: payload.keyId, value: payload.apiKey } };
};

/** Whether the provider accepts the value at this moment; asks nothing else of it. */
export const probe = (connection: Connection, value: SecretValue): Promise<Verdict> =>
  connection.validate({ value, keyId: null, expects: nothingExpected });

/** Probes up to `times` times, `spacingSeconds` apart, and stops at the first answer that is not a refusal. */
export const probeForRefusals = async (
  { clock }: Pick<Ports, 'clock'>,
  connection: Connection,
  value: SecretValue,
  times: number,
  spacingSeconds: number,
): Promise<{ readonly refusals: number; readonly last: Verdict }> => {
  let last = await probe(connection, value);
  let refusals = 0;
  while (last.kind === 'refused') {
    refusals += 1;
    if (refusals === times) break;
    await clock.sleep(spacingSeconds);
    last = await probe(connection, value);
  }
  return { refusals, last };
};
