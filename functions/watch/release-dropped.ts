import type { Credential } from '../domain/credential.ts';
import { instant, milliseconds } from '../domain/identifiers.ts';
import { current as currentLabel, holderOf } from '../domain/labels.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { credentialsToLookAt, lanes, type Part, type Pass } from './pass.ts';

const part = 'dropped-keys';

/**
 * A key that a rotation put to use, and that somebody has since taken out of it by hand, is nobody's any more. It is
 * written down as left over from now on, so that the stray sweep revokes it when consumers have had an overlap's time.
 */
export const releaseDropped: Part = async (pass) => {
  const records = await pass.records();
  const quiet = new Set(
    records.flatMap(({ credentialId, serving, rotation }) =>
      serving !== null && rotation === null ? [credentialId] : [],
    ),
  );
  const credentials = (await credentialsToLookAt(pass)).filter(({ id }) => quiet.has(id));
  await inGroups(credentials, lanes, (credential) =>
    pass.alone(part, credential.id, () => releaseOne(credential, pass)),
  );
};

const releaseOne = async (credential: Credential, { ports, options, tell }: Pass): Promise<void> => {
  const { id, secret, target, overlapSeconds } = credential;
  const { record, revision } = await ports.ledger.read(id);
  const { serving, rotation, leftovers } = record;
  if (serving === null || rotation !== null) return;
  const versionId = holderOf((await ports.vault.describe(secret)) ?? [], currentLabel);
  if (versionId === null || versionId === serving.versionId) return;
  const held = await ports.vault.read(secret, versionId, currentLabel);
  // Written again by hand, it may be the same key; one that nobody can name is found in use by the sweep, or spared.
  if (held === null || held.keyId === serving.keyId) return;
  const since = instant(milliseconds(ports.clock.now()) + overlapSeconds * 1000);
  const left = { keyId: serving.keyId, target, since };
  const released = options.dryRun
    ? false
    : // Lost to another writer: the next pass looks again.
      await ports.ledger.replace({ ...record, serving: null, leftovers: [...leftovers, left] }, revision);
  tell({
    part,
    subject: id,
    found: `AWSCURRENT was taken from ${serving.keyId} by hand`,
    did: released ? `left for the stray sweep from ${since} on` : null,
  });
};
