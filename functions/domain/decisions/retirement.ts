import type { Usage } from '../verdict.ts';
import type { KeySight } from './obligation.ts';

/** What can be seen of a key that is to die because nobody needs its credential any more. */
export type RetirementView = {
  /** A run is at work on the credential, or one has left its rotation open. */
  readonly rotationOpen: boolean;
  /** What AWSCURRENT is: this key, another, one that nobody can name, or none. */
  readonly secretHolds: 'this-key' | 'another-key' | 'unknown' | 'nothing';
  readonly usage: Usage;
  readonly sight: KeySight;
  /** Its provider lists it as stopped, or no more. */
  readonly gone: boolean;
  readonly revocable: boolean;
  /** Since the provider was asked to revoke it, in seconds; null before that. */
  readonly sentForSeconds: number | null;
  readonly revocationTakesSeconds: number;
  readonly secondsSinceAsked: number;
  readonly overlapSeconds: number;
};

export type RetirementDecision =
  | { readonly kind: 'close'; readonly evidence: string }
  | { readonly kind: 'revoke' }
  | { readonly kind: 'wait'; readonly why: string }
  /** Nothing will change by itself. */
  | { readonly kind: 'needs-person'; readonly why: string };

/**
 * First match wins. Where the vendor tells of use, a key that is quiet may die; where it cannot, the key is left for one
 * overlap more, in which whoever still needs it can say so.
 */
export const decideRetirement = (view: RetirementView): RetirementDecision => {
  const { sight, usage, overlapSeconds } = view;
  if (view.rotationOpen) return { kind: 'wait', why: 'a rotation of it is open' };
  if (sight.kind === 'refused') return { kind: 'close', evidence: sight.evidence };
  if (view.sentForSeconds !== null) {
    return view.sentForSeconds < view.revocationTakesSeconds
      ? { kind: 'wait', why: `it was revoked, and its provider is slow (${sight.evidence})` }
      : { kind: 'revoke' };
  }
  // By whom, and how long ago, nobody knows. Revoked once more, it is gone since a moment that is on record.
  if (view.gone && view.revocable) return { kind: 'revoke' };
  if (view.secretHolds === 'another-key') return { kind: 'needs-person', why: 'its secret holds another key by now' };
  if (view.secretHolds === 'unknown') return { kind: 'wait', why: 'nobody can tell which key its secret holds' };
  if (!view.revocable) return { kind: 'needs-person', why: 'its provider has no call that stops a key' };
  if (usage.kind === 'busy') return { kind: 'wait', why: `it is still used: ${usage.evidence}` };
  if (usage.kind === 'unknowable' && view.secondsSinceAsked < overlapSeconds) {
    return { kind: 'wait', why: 'its provider cannot tell whether it is used; it lives for one overlap more' };
  }
  return { kind: 'revoke' };
};
