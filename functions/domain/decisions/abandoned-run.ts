import { guard } from '../guard.ts';
import type { OpenRotation, Outcome } from '../rotation.ts';

export type AbandonedRunView = {
  /** What the run that holds the lease does. */
  readonly owner: 'running' | 'ended' | 'unknown';
  /** How its execution says that it ended; null when it was stopped, timed out, or is not known any more. */
  readonly outcome: Outcome | null;
  readonly leaseAgeSeconds: number;
  /** A look may lag behind a start. */
  readonly graceSeconds: number;
  readonly rotation: Pick<OpenRotation, 'urgency' | 'cutOverAt' | 'containedAt' | 'oldKeyProof' | 'old'>;
};

export type AbandonedRunDecision =
  | { readonly kind: 'leave' }
  /** Nothing of the rotation is left to do. */
  | { readonly kind: 'close'; readonly outcome: Outcome }
  /** Another run takes it up; `said` tells whether the run itself said how it ended. */
  | { readonly kind: 'park'; readonly outcome: Outcome; readonly said: boolean };

/**
 * A run that ended and could not record it. What it said of its end counts; else the ledger tells how far it came. An
 * emergency stays open until its key is dead, as RecordOutcome has it.
 */
export const decideAbandonedRun = (view: AbandonedRunView): AbandonedRunDecision => {
  const { owner, outcome, rotation } = view;
  if (owner === 'running') return { kind: 'leave' };
  if (owner === 'unknown' && view.leaseAgeSeconds < view.graceSeconds) return { kind: 'leave' };
  if (outcome === null || outcome === 'Done' || outcome === 'SkippedBusy') {
    return { kind: 'park', outcome: howFar(rotation), said: false };
  }
  const { urgency, old, oldKeyProof } = rotation;
  const isPaid = urgency !== 'emergency' || old === null || oldKeyProof !== null;
  const isOver = outcome === 'RolledBack' || outcome === 'Superseded';
  return isOver && guard('emergency-stays-open', isPaid)
    ? { kind: 'close', outcome }
    : { kind: 'park', outcome, said: true };
};

const howFar = ({ cutOverAt, containedAt }: AbandonedRunView['rotation']): Outcome => {
  if (cutOverAt !== null) return 'CutOverOldLive';
  return containedAt === null ? 'Escalated' : 'ContainedNoReplacement';
};
