import { guard } from '../guard.ts';
import type { Outcome, Urgency } from '../rotation.ts';

export type RecordOutcomeView = {
  readonly outcome: Outcome;
  /** The lease is this run's. */
  readonly held: boolean;
  /** It has ended `Done` before: what failed was that end, told again after another run had begun. */
  readonly wasDone: boolean;
  /** RollBack has put everything back as it was. */
  readonly rolledBack: boolean;
  readonly urgency: Urgency;
  /** The old key was seen refused, or there is none. */
  readonly oldKeyDead: boolean;
};

export type RecordOutcomeDecision =
  /** Whatever came after `Done` takes nothing back: a run ends once. */
  | { readonly kind: 'was-done' }
  /** Nothing of the rotation is left to do. */
  | { readonly kind: 'close' }
  /** Another run is to take it up. */
  | { readonly kind: 'park' }
  /** Another holds the credential, or this was done before: only the journal is told. */
  | { readonly kind: 'only-journal' };

/** An emergency stays open, whatever became of it, until its key is dead: a compromise outlives the run that serves it. */
export const decideRecordOutcome = (view: RecordOutcomeView): RecordOutcomeDecision => {
  const { outcome, held, wasDone, rolledBack, urgency, oldKeyDead } = view;
  if (wasDone) return { kind: 'was-done' };
  if (!held) return { kind: 'only-journal' };
  if (!guard('emergency-stays-open', urgency !== 'emergency' || oldKeyDead)) return { kind: 'park' };
  return { kind: rolledBack || outcome === 'Superseded' ? 'close' : 'park' };
};
