import type { CredentialRecord } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import { clearLabels } from './clear-labels.ts';
import { endAbandoned } from './end-abandoned.ts';
import { heal } from './heal.ts';
import {
  type Failed,
  type Found,
  faultOf,
  type Part,
  type PartName,
  type Pass,
  type ReconcileOptions,
} from './pass.ts';
import { printAdopted } from './print-adopted.ts';
import { releaseDropped } from './release-dropped.ts';
import { serveAdminObligations } from './serve-admin-obligations.ts';
import { serveObligations } from './serve-obligations.ts';
import { serveRetirements } from './serve-retirements.ts';
import { tellWhatLeft } from './tell-what-left.ts';

export type ReconcileReport = {
  readonly found: readonly Found[];
  /** What could not be looked at, or mended. The next pass tries again. */
  readonly failed: readonly Failed[];
  /** How many emergencies wait for their turn, because this pass had started as many as it may. */
  readonly heldBack: number;
};

/** In this order: a leaked key first; what serves when everything that would mend it has been started; then the rest. */
const parts: readonly (readonly [PartName, Part])[] = [
  ['obligations', serveObligations],
  ['abandoned-runs', endAbandoned],
  ['retirements', serveRetirements],
  ['labels', clearLabels],
  ['dropped-keys', releaseDropped],
  ['heal', heal],
  ['prints', printAdopted],
  ['admin-keys', serveAdminObligations],
  ['left-register', tellWhatLeft],
];

/**
 * Finds what a crash, a lost answer, a late call or a person left behind, and puts it right. It keeps nothing between
 * its passes, two of them at once do no harm, and a second pass after the world has come to rest finds nothing to do.
 *
 * @returns what was found and done; it never throws for a part or a credential that failed
 */
export const reconcile = async (ports: Ports, options: ReconcileOptions): Promise<ReconcileReport> => {
  const found: Found[] = [];
  const failed: Failed[] = [];
  let started = 0;
  let heldBack = 0;
  let records: readonly CredentialRecord[] | null = null;
  const pass: Pass = {
    ports,
    options,
    // Not remembered when it fails: the next part asks again.
    records: async () => (records ??= await ports.ledger.all()),
    tell: (what) => found.push(what),
    alone: async (part, subject, work) => {
      try {
        await work();
      } catch (error) {
        failed.push({ part, subject, ...faultOf(error) });
      }
    },
    mayStart: () => {
      const may = started < options.maximumStarts;
      if (may) started += 1;
      else heldBack += 1;
      return may;
    },
  };
  for (const [name, part] of parts) await pass.alone(name, 'all', () => part(pass));
  return { found, failed, heldBack };
};
