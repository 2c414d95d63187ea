import { guard } from '../guard.ts';
import type { Verdict } from '../verdict.ts';

/** A refusal counts only when it was given this often in a row: a vendor's caches may disagree for a moment. */
export const refusalsThatCount = 3;

export type ConfirmView = {
  readonly newIsCurrent: boolean;
  readonly refusals: number;
  readonly last: Verdict | null;
};

export type ConfirmDecision = { readonly kind: 'confirmed' | 'moved-by-another' | 'refused' | 'unclear' };

export const decideConfirm = ({ newIsCurrent, refusals, last }: ConfirmView): ConfirmDecision => {
  if (!newIsCurrent) return { kind: 'moved-by-another' };
  if (guard('confirm-after-cut-over', last?.kind === 'accepted')) return { kind: 'confirmed' };
  return { kind: refusals >= refusalsThatCount ? 'refused' : 'unclear' };
};
