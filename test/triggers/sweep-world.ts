import type { Credential } from '../../functions/domain/credential.ts';
import { accountId, credentialId, type Instant, instant, secretName } from '../../functions/domain/identifiers.ts';
import type { CredentialRecord, Outcome, RotationRequest } from '../../functions/domain/rotation.ts';
import type { JournalEntry, Notice, Ports } from '../../functions/ports.ts';

export const credentialOf = (id: string, change: Partial<Credential> = {}): Credential => ({
  id: credentialId(id),
  target: {
    provider: 'vendor',
    account: accountId('vendor-production'),
    adminSecret: secretName('keyturn/admin/vendor/vendor-production'),
    settings: {},
  },
  secret: secretName(`keyturn/vendor/${id}`),
  service: id,
  purpose: 'chat',
  environment: 'production',
  owner: { name: 'A team', contact: 'team@example.com' },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 30 * 86_400,
  window: null,
  overlapSeconds: 86_400,
  maximumOverlapSeconds: 8 * 86_400,
  consumers: [{ name: `${id}-api`, cacheTtlSeconds: 300 }],
  expects: { models: [], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
  ...change,
});

export interface SweepWorld {
  readonly ports: Pick<Ports, 'clock' | 'ledger' | 'notices' | 'executions' | 'register'>;
  /** Every request that started a run, in order. */
  readonly runs: RotationRequest[];
  readonly notices: Notice[];
  readonly moveTo: (at: string) => void;
  readonly write: (record: CredentialRecord) => void;
  /** Ends a run. Until then it is running. */
  readonly end: (request: Pick<RotationRequest, 'rotationId'>, outcome: Outcome) => void;
  /** Runs before each call of a port; throw from it to break that port. */
  before: (port: string, id: string) => void;
}

/** A ledger, executions and a clock that stands still: all that the sweep sees. */
export const sweepWorld = (credentials: readonly Credential[], start = '2026-11-21T12:00:00Z'): SweepWorld => {
  let now: Instant = instant(Date.parse(start));
  const records = new Map<string, CredentialRecord>();
  const journal: JournalEntry[] = [];
  const ended = new Map<string, Outcome>();
  const runs: RotationRequest[] = [];
  const notices: Notice[] = [];
  const unused = (): never => {
    throw new TypeError('The sweep has no business here.');
  };
  const world: SweepWorld = {
    runs,
    notices,
    moveTo: (at) => {
      now = instant(Date.parse(at));
    },
    write: (record) => {
      records.set(record.credentialId, record);
    },
    end: ({ rotationId }, outcome) => {
      ended.set(rotationId, outcome);
    },
    before: () => undefined,
    ports: {
      clock: { now: () => now, sleep: unused },
      register: { credential: unused, credentials: () => Promise.resolve(credentials) },
      notices: {
        send: async (notice) => {
          world.before('send', notice.credentialId ?? '');
          notices.push(notice);
          return Promise.resolve();
        },
      },
      executions: {
        start: async (request) => {
          world.before('start', request.credentialId);
          if (runs.some(({ rotationId }) => rotationId === request.rotationId))
            return Promise.resolve('already-started');
          runs.push(request);
          return Promise.resolve('started');
        },
        look: async ({ rotationId }) => {
          world.before('look', rotationId);
          const known = runs.some((run) => run.rotationId === rotationId);
          const outcome = ended.get(rotationId) ?? null;
          return Promise.resolve({ status: outcome !== null ? 'ended' : known ? 'running' : 'unknown', outcome });
        },
      },
      ledger: {
        read: unused,
        replace: unused,
        ends: unused,
        putObligation: unused,
        obligations: unused,
        putPrint: unused,
        findPrints: unused,
        incident: unused,
        replaceIncident: unused,
        incidents: unused,
        all: () => Promise.resolve([...records.values()]),
        append: async (entry) => {
          world.before('append', entry.credentialId);
          journal.push(entry);
          return Promise.resolve();
        },
        entries: (rotationId) => Promise.resolve(journal.filter((entry) => entry.rotationId === rotationId)),
      },
    },
  };
  return world;
};
