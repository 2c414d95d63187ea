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
  if (held === null) return;
  const keyId = await keyOf({ versionId, keyId: held.keyId, value: held.apiKey }, record, await ports.connect(target));
  const write = (change: Pick<CredentialRecord, 'serving'> & Partial<CredentialRecord>): Promise<boolean> =>
    options.dryRun ? Promise.resolve(false) : ports.ledger.replace({ ...record, ...change }, revision);
  if (serving !== null && keyId === serving.keyId) {
    // The same key, written again by hand.
    await write({ serving: { keyId, versionId } });
    return;
  }
  const back = leftovers.find((leftover) => leftover.keyId === keyId);
  if (serving === null && back === undefined) return;
  const since = instant(milliseconds(ports.clock.now()) + overlapSeconds * 1000);
  const kept = leftovers.filter((leftover) => leftover !== back);
  // Lost to another writer: the next pass looks again.
  const written = await write({
    serving: back === undefined ? null : { keyId: back.keyId, versionId },
    leftovers: serving === null ? kept : [...kept, { keyId: serving.keyId, target, since }],
  });
  if (serving !== null) {
    const found = `AWSCURRENT was taken from ${serving.keyId} by hand`;
    tell({ part, subject: id, found, did: written ? `left for the stray sweep from ${since} on` : null });
  }
  if (back !== undefined) {
    const found = `AWSCURRENT is on ${back.keyId} again, which was left over`;
    tell({ part, subject: id, found, did: written ? 'it is left over no more' : null });
  }
};
