import type { Right } from '../../infra/constructs/permissions.ts';

/** A right that a call needs; `see-labels` comes with every right to read a version or to move a label. */
export type Need = Right | 'see-labels';

/**
 * What each call of a port needs. One test derives the calls of each function from its source and holds its row to them
 * (rights-of-functions.test.ts), another asks what each call asks of AWS (rights-asked.test.ts).
 */
export const rightsOfCalls = {
  'ledger.read': 'read-record',
  'ledger.replace': 'write-record',
  'ledger.all': 'list-records',
  'ledger.append': 'write-journal',
  'ledger.append of an end': 'record-end',
  'ledger.entries': 'read-journal',
  'ledger.putObligation': 'write-obligation',
  'ledger.obligations': 'list-obligations',
  'ledger.putPrint': 'write-print',
  'ledger.findPrints': 'find-print',
  'ledger.incident': 'read-incident',
  'ledger.replaceIncident': 'write-incident',
  'ledger.incidents': 'list-incidents',
  'vault.describe': 'see-labels',
  'vault.describe of an admin secret': 'describe-admin',
  'vault.read under current': 'read-current',
  'vault.read under pending': 'read-pending',
  'vault.read under newLabel': 'read-new',
  'vault.read under label': 'read-old',
  'vault.moveLabel current': 'move-current',
  'vault.moveLabel pending': 'move-pending',
  'vault.moveLabel oldLabel': 'pin-old',
  'vault.moveLabel label': 'clear-labels',
  'vault.create': 'store-version',
  'vault.store': 'store-version',
  // Every other secret that is no workload's is read through a port of its own.
  'vault.readAdmin': 'source-tokens',
  connect: 'admin-secret',
  secretsOf: 'webhook-secrets',
  'executions.start': 'start-runs',
  'executions.look': 'look-at-runs',
  'fingerprints.of': 'fingerprint',
  'notices.send': 'notices',
  'intake.put': 'send-intake',
} as const satisfies Readonly<Record<string, Need>>;

export type Call = keyof typeof rightsOfCalls;

const seesLabels = ['see-labels'] as const;

/** What a right lets a role do besides, so that nobody needs both. */
export const includes: Readonly<Partial<Record<Need, readonly Need[]>>> = {
  'write-record': ['read-record'],
  'write-incident': ['read-incident'],
  'list-incidents': ['read-incident'],
  'start-runs': ['look-at-runs'],
  'read-current': seesLabels,
  'read-pending': seesLabels,
  'read-new': seesLabels,
  'read-old': seesLabels,
  'move-current': seesLabels,
  'move-pending': seesLabels,
  'pin-old': seesLabels,
  'clear-labels': seesLabels,
};
