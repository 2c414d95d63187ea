import type { CredentialId } from '../../functions/domain/identifiers.ts';
import type { Incident } from '../../functions/domain/incident.ts';
import type { KeyPrint } from '../../functions/domain/key-print.ts';
import { type Obligation, outlives, withReport } from '../../functions/domain/obligation.ts';
import { type CredentialRecord, emptyRecord } from '../../functions/domain/rotation.ts';
import type { JournalEntry, Ledger } from '../../functions/ports.ts';

export interface MemoryLedger {
  readonly port: Ledger;
  /** What a judge may see, without a call. */
  readonly record: (credential: CredentialId) => CredentialRecord;
  readonly entries: readonly JournalEntry[];
  readonly obligations: () => readonly Obligation[];
  readonly seed: (record: CredentialRecord) => void;
}

/** A ledger in memory: one conditional write per credential. It passes the conformance suite. */
export const memoryLedger = (): MemoryLedger => {
  const items = new Map<CredentialId, { readonly record: CredentialRecord; readonly revision: number }>();
  const entries: JournalEntry[] = [];
  const obligations = new Map<string, Obligation>();
  const prints: KeyPrint[] = [];
  const incidents = new Map<string, { readonly incident: Incident; readonly revision: number }>();

  const itemOf = (id: CredentialId) => items.get(id) ?? { record: emptyRecord(id), revision: 0 };
  const port: Ledger = {
    read: async (id) => itemOf(id),
    replace: async (record, revision) => {
      if (itemOf(record.credentialId).revision !== revision) return false;
      items.set(record.credentialId, { record, revision: revision + 1 });
      return true;
    },
    all: async () => [...items.values()].map(({ record }) => record),
    append: async (entry) => {
      entries.push(entry);
    },
    entries: async (rotation) => entries.filter(({ rotationId }) => rotationId === rotation),
    ends: async (credential, limit) =>
      entries
        .filter(({ credentialId, step }) => credentialId === credential && step === 'end')
        .toReversed()
        .slice(0, limit),
    putObligation: async (report) => {
      const id = keyOf(report);
      const known = obligations.get(id) ?? null;
      if (known !== null && outlives(known, report)) obligations.set(`${id} ${known.acceptedAt}`, known);
      obligations.set(id, withReport(known, report));
    },
    obligations: async (filter) =>
      [...obligations.values()].filter(({ refusedAt }) => filter === 'all' || refusedAt === null),
    putPrint: async (print) => {
      if (!prints.some(({ fingerprint }) => fingerprint === print.fingerprint)) prints.push(print);
    },
    findPrints: async (question) => {
      if ('fingerprint' in question) return prints.filter(({ fingerprint }) => fingerprint === question.fingerprint);
      if ('leakHash' in question) return prints.filter(({ leakHash }) => leakHash === question.leakHash).slice(0, 1);
      const fitting = prints.filter(({ hint }) => hint === question.hint);
      return fitting.filter((print, index) => fitting.findIndex((one) => keyOf(one) === keyOf(print)) === index);
    },
    incident: async (id) => incidents.get(id) ?? null,
    replaceIncident: async (incident, revision) => {
      if ((incidents.get(incident.incidentId)?.revision ?? 0) !== revision) return false;
      incidents.set(incident.incidentId, { incident, revision: revision + 1 });
      return true;
    },
    incidents: async (since) =>
      [...incidents.values()]
        .map(({ incident }) => incident)
        .filter(({ acceptedAt }) => since === null || acceptedAt >= since)
        .sort((one, other) => (one.acceptedAt < other.acceptedAt ? -1 : 1)),
  };
  return {
    port,
    record: (id) => itemOf(id).record,
    entries,
    obligations: () => [...obligations.values()],
    seed: (record) => {
      items.set(record.credentialId, { record, revision: 1 });
    },
  };
};

const keyOf = ({ target, keyId }: Pick<Obligation, 'target' | 'keyId'>): string =>
  `${target.provider}/${target.account}/${keyId}`;
