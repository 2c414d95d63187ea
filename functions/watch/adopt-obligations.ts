import { createHash } from 'node:crypto';
import { incidentId } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Ports } from '../ports.ts';

/**
 * Gives an incident to each open obligation that has none, as an emergency rotation leaves that nobody reported first:
 * without one nobody is called when it stays open. The incident first, so that an obligation never names one that is not
 * there.
 */
export const adoptObligations = async ({ ledger }: Pick<Ports, 'ledger'>): Promise<void> => {
  for (const obligation of await ledger.obligations('open')) {
    if (obligation.incidentId !== null) continue;
    const incident = incidentOf(obligation);
    // False: a run before this one wrote it, and had no time for the obligation.
    await ledger.replaceIncident(incident, 0);
    await ledger.putObligation({ ...obligation, incidentId: incident.incidentId });
  }
};

const incidentOf = ({ keyId, target, credentialId, rotationId, ...obligation }: Obligation): Incident => {
  const { provider, account } = target;
  const { reason, reportedAt, acceptedAt } = obligation;
  const digest = createHash('sha256').update([provider, account, keyId, acceptedAt].join(' ')).digest('hex');
  return {
    incidentId: incidentId(`inc-${acceptedAt.slice(0, 10).replaceAll('-', '')}-${digest.slice(0, 8)}`),
    source: 'security-lead',
    reference: rotationId ?? keyId,
    reason,
    reportedAt,
    acceptedAt,
    leak: credentialId === null ? { kind: 'admin-key', account } : { kind: 'key', provider, account, keyId },
    proof: 'named',
    state: 'accepted',
    containFirst: null,
    decidedBy: null,
    decidedAt: null,
    told: [],
  };
};
