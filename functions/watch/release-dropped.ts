import type { Credential } from '../domain/credential.ts';
import { instant, milliseconds } from '../domain/identifiers.ts';
import { current as currentLabel, holderOf } from '../domain/labels.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { keyOf } from './key-of.ts';
import { credentialsToLookAt, lanes, type Part, type Pass } from './pass.ts';

const part = 'dropped-keys';

/**
 * A key that a rotation put to use, and that somebody has since taken out of it by hand, is nobody's any more. It is
 * written down as left over from now on, so that the stray sweep revokes it when consumers have had an overlap's time.
 * One that was left over, and that somebody has put back, serves: when it is dropped again, its time begins anew.
 */
export const releaseDropped: Part = async (pass) => {
  const records = await pass.records();
  const quiet = new Set(records.filter(mayHaveDropped).map(({ credentialId }) => credentialId));
  const credentials = (await credentialsToLookAt(pass)).filter(({ id }) => quiet.has(id));
  await inGroups(credentials, lanes, (credential) =>
    pass.alone(part, credential.id, () => releaseOne(credential, pass)),
  );
};

const mayHaveDropped = ({ serving, leftovers, rotation }: CredentialRecord): boolean =>
  rotation === null && (serving !== null || leftovers.length > 0);

const releaseOne = async (credential: Credential, { ports, options, tell }: Pass): Promise<void> => {
  const { id, secret, target, overlapSeconds } = credential;
  const { record, revision } = await ports.ledger.read(id);
  const { serving, leftovers } = record;
  if (!mayHaveDropped(record)) return;
  const versionId = holderOf((await ports.vault.describe(secret)) ?? [], currentLabel);
  if (versionId === null || versionId === serving?.versionId) return;
  const held = await ports.vault.read(secret, versionId, currentLabel);
  // Written again by hand, it may be the same key; one that nobody can name is found in use by the sweep, or spared.
  if (held === null || (serving !== null && held.keyId === serving.keyId)) return;
  const version = { versionId, keyId: held.keyId, value: held.apiKey };
  const keyId = leftovers.length === 0 ? held.keyId : await keyOf(version, record, await ports.connect(target));
  const back = leftovers.find((leftover) => leftover.keyId === keyId);
  if (serving === null && back === undefined) return;
  const since = instant(milliseconds(ports.clock.now()) + overlapSeconds * 1000);
  const kept = leftovers.filter((leftover) => leftover !== back && leftover.keyId !== serving?.keyId);
  const next: CredentialRecord = {
    ...record,
    serving: back === undefined ? null : { keyId: back.keyId, versionId },
    leftovers: serving === null ? kept : [...kept, { keyId: serving.keyId, target, since }],
  };
  // Lost to another writer: the next pass looks again.
  const written = !options.dryRun && (await ports.ledger.replace(next, revision));
  if (serving !== null) {
    const found = `AWSCURRENT was taken from ${serving.keyId} by hand`;
    tell({ part, subject: id, found, did: written ? `left for the stray sweep from ${since} on` : null });
  }
  if (back !== undefined) {
    const found = `AWSCURRENT was put back on ${back.keyId} by hand`;
    tell({ part, subject: id, found, did: written ? 'it is left over no more' : null });
  }
};
