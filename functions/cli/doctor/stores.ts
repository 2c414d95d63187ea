import { SecretValue } from '../../domain/secret-value.ts';
import type { Check } from './check.ts';
import { foundationStack, ledgerTable } from './expected.ts';
import { well } from './finding.ts';

/** No key: what is asked is whether it can be hashed at all. */
const probe = new SecretValue('0123456789 this is no key of anybody 9876543210');

export const ledger: Check = {
  name: 'ledger',
  right: `dynamodb:Query on the table ${ledgerTable}, and kms:Decrypt on alias/keyturn/data`,
  fix: `npx cdk deploy ${foundationStack}`,

  async look({ records, openObligations }) {
    const [known, open] = [await records(), await openObligations()];
    return [well('records', `${known.length} credentials on record, ${open.length} leaked or expiring keys open`)];
  },
};

export const fingerprintKey: Check = {
  name: 'fingerprint key',
  right: 'kms:GenerateMac on alias/keyturn/fingerprints',
  fix: `Look at the key alias/keyturn/fingerprints: without it no leaked value is recognised. When it is absent: npx cdk deploy ${foundationStack}`,

  async look({ ports: { fingerprints } }) {
    await fingerprints.of(probe);
    return [well('key', 'takes fingerprints')];
  },
};
