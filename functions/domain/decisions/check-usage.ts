import { guard } from '../guard.ts';
import type { Urgency } from '../rotation.ts';
import type { Usage } from '../verdict.ts';

export type CheckUsageView = {
  readonly usage: Usage;
  readonly urgency: Urgency;
  /** A person has said that the old key may die although it is in use. */
  readonly approved: boolean;
  readonly secondsSinceCutOver: number;
  readonly overlapSeconds: number;
  readonly maximumOverlapSeconds: number;
};

export type CheckUsageDecision =
  /** The old key's time is over. */
  | { readonly kind: 'over' }
  | { readonly kind: 'wait'; readonly seconds: number }
  /** Still in use at the maximum overlap: a person decides. */
  | { readonly kind: 'give-up' };

/** How often a busy key is asked about again: a twelfth of the overlap, between a second and six hours. */
const askAgainSeconds = (overlapSeconds: number): number =>
  Math.min(Math.max(Math.ceil(overlapSeconds / 12), 1), 21_600);

/** Where the vendor cannot tell, the soak alone decides. An emergency waits for nobody. */
export const decideCheckUsage = (view: CheckUsageView): CheckUsageDecision => {
  if (view.urgency === 'emergency') return { kind: 'over' };
  const left = view.overlapSeconds - view.secondsSinceCutOver;
  if (!guard('overlap-elapsed', left <= 0)) return { kind: 'wait', seconds: Math.ceil(left) };
  if (guard('old-key-quiet', view.approved || view.usage.kind !== 'busy')) return { kind: 'over' };
  if (view.secondsSinceCutOver >= view.maximumOverlapSeconds) return { kind: 'give-up' };
  return { kind: 'wait', seconds: askAgainSeconds(view.overlapSeconds) };
};
