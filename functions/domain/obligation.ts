import type { Target } from './credential.ts';
import type { CredentialId, Instant, KeyId, RotationId } from './identifiers.ts';

/**
 * A compromised key that must be seen refused. It names the key, not the credential; it outlives the rotation
 * that serves it; it closes only on an observed refusal.
 */
export type Obligation = {
  readonly keyId: KeyId;
  readonly target: Target;
  readonly credentialId: CredentialId;
  /** The rotation that last took it up. */
  readonly rotationId: RotationId;
  readonly reason: string;
  readonly acceptedAt: Instant;
  readonly containedAt: Instant | null;
  readonly refusedAt: Instant | null;
};

/**
 * What is known of an obligation after a report of the same key. The first acceptance and what was once observed
 * stay; a report by another rotation after the key was seen refused opens it anew, because a key can come back.
 */
export const withReport = (known: Obligation | null, report: Obligation): Obligation => {
  if (known === null) return report;
  const anew = known.refusedAt !== null && report.refusedAt === null && report.rotationId !== known.rotationId;
  if (anew) return report;
  return {
    ...report,
    reason: known.reason,
    acceptedAt: known.acceptedAt,
    containedAt: known.containedAt ?? report.containedAt,
    refusedAt: known.refusedAt ?? report.refusedAt,
  };
};
