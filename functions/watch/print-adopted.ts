import { current, holderOf } from '../domain/labels.ts';
import { credentialsOf, type Part } from './pass.ts';
import { printCurrent } from './print-current.ts';

const part = 'prints';

/** Knows every key that serves by its fingerprint, those included that a person put there: so that a leak of it is proven. */
export const printAdopted: Part = async (pass) => {
  const { ports, options } = pass;
  const records = await ports.ledger.all();
  const serving = new Map(records.map((record) => [record.credentialId, record.serving?.versionId]));
  for (const credential of await credentialsOf(pass, records)) {
    await pass.alone(part, credential.id, async () => {
      const version = holderOf((await ports.vault.describe(credential.secret)) ?? [], current);
      // What a rotation left as current was printed when it was made.
      if (version === null || version === serving.get(credential.id) || options.dryRun) return;
      if ((await printCurrent(credential, ports)) !== 'recorded') return;
      pass.tell({ part, subject: credential.id, found: 'its current key had no print', did: 'recorded it' });
    });
  }
};
