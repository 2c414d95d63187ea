import type { Target } from './credential.ts';
import type { CredentialId, IncidentId, Instant, KeyId, RotationId } from './identifiers.ts';

/**
 * A compromised key that must be seen refused. It names the key, not the credential; it outlives the rotation
 * that serves it; it closes only on an observed refusal.
 */
export type Obligation = {
  readonly keyId: KeyId;
  readonly target: Target;
  /** Null for an account's admin key, which a person replaces. */
  readonly credentialId: CredentialId | null;
  /** The first report that named the key. */
  readonly incidentId: IncidentId | null;
  /** The rotation that last took it up; null while none has. */
  readonly rotationId: RotationId | null;
  readonly reason: string;
  readonly reportedAt: Instant;
  readonly acceptedAt: Instant;
  readonly containedAt: Instant | null;
  /** The first refusal that anybody saw: not the proof yet. */
  readonly firstRefusedAt: Instant | null;
  /** When another key served in its place; null: it did not serve, or nothing serves in its place yet. */
  readonly replacedAt: Instant | null;
  /** When the last declared cache of a consumer had run out after that. */
  readonly consumersMovedAt: Instant | null;
  /** The proof: from then on it is closed. */
  readonly refusedAt: Instant | null;
  /** What was seen, for the auditor. */
  readonly evidence: string | null;
};

/** A second run of the same incident is no news: what was proven for it stays proven. */
const uncheckedId = ' (its id was not checked)';

/** The reason of a report that names a key by an id which nobody here could look for. */
export const withUncheckedId = (reason: string): string => `${reason}${uncheckedId}`;

/** An id that is in no listing proves little when it was in none before: the auditor must be able to tell. */
const qualified = (evidence: string | null, { reason }: Obligation): string | null =>
  evidence === null || !reason.endsWith(uncheckedId)
    ? evidence
    : `${evidence}; its id was not checked against a listing before, so a mistyped one would look the same`;

const isAnew = (known: Obligation, report: Obligation): boolean =>
  known.refusedAt !== null &&
  report.refusedAt === null &&
  report.rotationId !== known.rotationId &&
  (report.incidentId === null || report.incidentId !== known.incidentId);

/** Whether a report of another incident takes the place of what was proven: that stays on record beside it. */
export const outlives = (known: Obligation, report: Obligation): boolean =>
  isAnew(known, report) && known.incidentId !== report.incidentId;

/**
 * What is known of an obligation after a report of the same key. The first acceptance and what was once observed
 * stay; another report after the key was seen refused opens it anew, because a key can come back.
 */
export const withReport = (known: Obligation | null, report: Obligation): Obligation => {
  if (known === null) return report;
  if (isAnew(known, report)) return report;
  return {
    // First: what a later version has written beside the rest stays.
    ...known,
    ...report,
    incidentId: known.incidentId ?? report.incidentId,
    rotationId: report.rotationId ?? known.rotationId,
    reason: known.reason,
    reportedAt: known.reportedAt,
    acceptedAt: known.acceptedAt,
    containedAt: known.containedAt ?? report.containedAt,
    firstRefusedAt: known.firstRefusedAt ?? report.firstRefusedAt,
    replacedAt: known.replacedAt ?? report.replacedAt,
    consumersMovedAt: known.consumersMovedAt ?? report.consumersMovedAt,
    refusedAt: known.refusedAt ?? report.refusedAt,
    evidence: known.evidence ?? qualified(report.evidence, known),
  };
};
