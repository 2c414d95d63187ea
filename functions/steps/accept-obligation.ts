import type { KeyId } from '../domain/identifiers.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';

/** What was seen of the leaked key; a containment whose outcome is unknown is none for the record. */
export type Seen = Partial<Pick<Obligation, 'containedAt' | 'firstRefusedAt'>>;

/** Writes down that this key must be seen refused, with what is known of it. Written again it adds, and loses nothing. */
export const acceptObligation = (
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
  { target, credentialId, rotationId, reason, incident }: Omit<RotationRequest, 'secret'>,
  keyId: KeyId,
  { containedAt = null, firstRefusedAt = null }: Seen,
): Promise<void> => {
  const now = clock.now();
  return ledger.putObligation({
    keyId,
    target,
    credentialId,
    incidentId: incident?.incidentId ?? null,
    rotationId,
    reason,
    reportedAt: incident?.reportedAt ?? now,
    acceptedAt: incident?.acceptedAt ?? now,
    containedAt,
    firstRefusedAt,
    replacedAt: null,
    consumersMovedAt: null,
    refusedAt: null,
    evidence: null,
  });
};
