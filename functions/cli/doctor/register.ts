import type { Check } from './check.ts';
import { ledgerTable } from './expected.ts';
import { amiss, well } from './finding.ts';

/** The register keeps its own rules, and declares everything that the ledger knows. */
export const register: Check = {
  name: 'register',
  right: `dynamodb:Query on the table ${ledgerTable}`,
  fix: 'Look at the ledger below.',

  async look({ register: { accounts, credentials }, registerFile, problems, records, flags }) {
    const declared = new Set(credentials.map(({ id }) => id));
    // Without the ledger the rest of it is said all the same; the ledger has a check of its own.
    const known = await records().catch(() => []);
    const forgotten = known.filter(({ credentialId, serving, rotation, retirement }) => {
      return !declared.has(credentialId) && (serving !== null || rotation !== null) && retirement === null;
    });
    const size = `${accounts.length} accounts, ${credentials.length} credentials`;
    return [
      ...(problems.length === 0 ? [well(registerFile, `${size}; it keeps the policy`)] : []),
      ...problems.map(({ line, what, why, next }) =>
        amiss('broken', `${registerFile}:${line}`, `${what}, because ${why}.`, next),
      ),
      ...forgotten.map(({ credentialId, serving, rotation }) =>
        amiss(
          'attention',
          credentialId,
          `The ledger knows it, and the register does not: nobody rotates ${serving?.keyId ?? rotation?.new?.keyId ?? 'its key'}.`,
          `Put it back into ${registerFile}; or end it: keyturn retire ${credentialId}${flags}`,
        ),
      ),
    ];
  },
};
