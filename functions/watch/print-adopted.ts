import { current, holderOf } from '../domain/labels.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { credentialsToLookAt, lanes, type Part } from './pass.ts';
import { printCurrent } from './print-current.ts';

const part = 'prints';

/** Knows every key that serves by its fingerprint, those included that a person put there: so that a leak of it is proven. */
export const printAdopted: Part = async (pass) => {
  const { ports, options } = pass;
  const records = await pass.records();
  const printed = new Map(
    records.map(({ credentialId, serving, lastEnded }) => [
      credentialId,
      lastEnded?.outcome === 'Done' ? serving?.versionId : undefined,
    ]),
  );
  const credentials = await credentialsToLookAt(pass);
  await inGroups(credentials, lanes, (credential) =>
    pass.alone(part, credential.id, async () => {
      const version = holderOf((await ports.vault.describe(credential.secret)) ?? [], current);
      // What a rotation that is Done left as current was printed when it was made.
      if (version === null || version === printed.get(credential.id) || options.dryRun) return;
      if ((await printCurrent(credential, ports)) !== 'recorded') return;
      pass.tell({ part, subject: credential.id, found: 'its current key had no print', did: 'recorded it' });
    }),
  );
};
