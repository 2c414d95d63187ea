import { closeAdminObligations } from './admin-obligations.ts';
import type { Part } from './pass.ts';

/**
 * Leaked admin keys are closed by whoever may read what is kept of them: one machine, or a person's `keyturn reconcile`.
 * A provider's function on AWS reads the admin key that serves, and no other.
 */
export const serveAdminObligations: Part = async ({ ports, options, tell }) => {
  if (options.provider !== null || options.dryRun) return;
  for (const { obligation, isClosed, found } of await closeAdminObligations(ports)) {
    const subject = obligation.target.account;
    tell({ part: 'admin-keys', subject, found: `its old admin key: ${found}`, did: isClosed ? 'closed' : null });
  }
};
