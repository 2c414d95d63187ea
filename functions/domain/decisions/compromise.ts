import type { LeakProof } from '../incident.ts';

export type CompromiseView = {
  readonly proof: LeakProof;
  /** The security lead says so, who has seen what it will break. Budget and floor are for machines. */
  readonly byLead: boolean;
  /** How many keys the report fits; of `reach`, how many credentials. */
  readonly fits: number;
  /** Another report has opened an obligation on this key, and it is still open. */
  readonly isUnderObligation: boolean;
  /** Emergencies that this source alone has started in this hour. */
  readonly automaticThisHour: number;
  readonly automaticPerHour: number;
  /** It is what AWSCURRENT holds. A key that does not serve needs no replacement; one that is dead does not serve. */
  readonly serves: boolean;
  /** Since the last emergency of the same credential, in seconds; null when it has had none. */
  readonly secondsSinceEmergency: number | null;
  readonly floorSeconds: number;
};

export type CompromiseDecision =
  | { readonly kind: 'contain-and-replace' }
  /** Stop the key, and leave its replacement to a person. */
  | { readonly kind: 'contain-only'; readonly why: 'budget' | 'floor' }
  /** Touch nothing until a person approves. */
  | { readonly kind: 'ask' }
  /** Keep it, and tell people. */
  | { readonly kind: 'note' }
  /** What must be done is being done. */
  | { readonly kind: 'repeated' };

/**
 * First match wins. Only proof acts without a person, and only within a budget; a proven key is stopped in any case.
 * The budget is the breaker too: it is counted by the clock's hour, so that what has run over stays over.
 */
export const decideCompromise = (view: CompromiseView): CompromiseDecision => {
  const { proof, byLead, fits } = view;
  if (fits === 0 || proof === 'none') return { kind: 'note' };
  if (proof === 'hint') return fits === 1 ? { kind: 'ask' } : { kind: 'note' };
  if ((proof === 'reach' || proof === 'named') && !byLead) return { kind: 'ask' };
  if (byLead) return { kind: 'contain-and-replace' };
  if (view.isUnderObligation) return { kind: 'repeated' };
  if (view.automaticThisHour >= view.automaticPerHour) return { kind: 'contain-only', why: 'budget' };
  if (!view.serves) return { kind: 'contain-and-replace' };
  const isTooSoon = view.secondsSinceEmergency !== null && view.secondsSinceEmergency < view.floorSeconds;
  return isTooSoon ? { kind: 'contain-only', why: 'floor' } : { kind: 'contain-and-replace' };
};
