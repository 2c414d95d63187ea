import { guard } from '../guard.ts';
import type { Proof } from '../rotation.ts';

/** What can be seen of the key that must die. */
export type KeySight =
  | { readonly kind: 'refused'; readonly proof: Proof['kind']; readonly evidence: string }
  | { readonly kind: 'alive'; readonly evidence: string }
  /** `isStopped`: a listing shows it so, though it may be accepted for a moment yet. */
  | { readonly kind: 'unclear'; readonly evidence: string; readonly isStopped?: boolean };

export type ObligationView = {
  /** A run that serves it is at work. */
  readonly inWork: boolean;
  readonly sight: KeySight;
  /** False where a person chose to replace the key first, and it still serves. */
  readonly mayContain: boolean;
  /** It is on record that the key was stopped. */
  readonly contained: boolean;
  readonly start:
    | 'possible'
    /** This hour's run has ended already. */
    | 'tried'
    /** Neither the register nor an open rotation knows the credential: there is nothing to rotate. */
    | 'no-credential'
    /** Only a person can make the new key; its run is parked until one does. */
    | 'needs-a-submission'
    /** Its incident leaves the replacement to a person. */
    | 'on-approval';
};

export type ObligationDecision =
  | { readonly kind: 'leave' }
  | { readonly kind: 'close'; readonly proof: Proof['kind']; readonly evidence: string }
  | { readonly kind: 'serve'; readonly contain: boolean; readonly start: boolean };

/**
 * First match wins. An obligation closes on an observed refusal and on nothing else; until then it is served again and
 * again, by containment here and now where that is allowed, and by a run that replaces the key where one can help.
 */
export const decideObligation = (view: ObligationView): ObligationDecision => {
  const { sight, start } = view;
  if (view.inWork) return { kind: 'leave' };
  if (sight.kind === 'refused') return { kind: 'close', proof: sight.proof, evidence: sight.evidence };
  const contain = view.mayContain && (sight.kind === 'alive' || !view.contained);
  return { kind: 'serve', contain, start: start === 'possible' };
};

export type SightView = {
  /** Probes of the key's own value; null where it can no longer be read. */
  readonly value: { readonly refusals: number; readonly last: 'accepted' | 'refused' | 'unclear' } | null;
  readonly refusalsThatProve: number;
  /** A complete listing; null when the vendor has none. */
  readonly listed: 'absent' | 'inactive' | 'active' | null;
  /** Another key is accepted in the same look: a refusal is no outage. */
  readonly otherAccepted: boolean;
  /** Since the key was stopped, in seconds; null when nobody knows that it was. */
  readonly stoppedForSeconds: number | null;
  readonly revocationTakesSeconds: number;
};

/**
 * The value speaks before the listing: a vendor may list a key as stopped and accept it for a moment yet. What the
 * value says counts where it is no outage: another key is accepted, or the key has been off the listing for long enough.
 */
export const decideSight = (view: SightView): KeySight => {
  const { value, listed } = view;
  // Stopped nobody knows when may be a moment ago.
  const isOver = view.stoppedForSeconds !== null && view.stoppedForSeconds >= view.revocationTakesSeconds;
  const isGone = listed === 'absent' || listed === 'inactive';
  if (value !== null) {
    if (value.last === 'accepted') return { kind: 'alive', evidence: 'its value is accepted' };
    if (value.refusals < view.refusalsThatProve)
      return { kind: 'unclear', evidence: 'no clear answer about its value' };
    if (!guard('closed-in-no-outage', view.otherAccepted || (isGone && isOver)))
      return { kind: 'unclear', evidence: 'refused, but nothing tells that from an outage', isStopped: isGone };
    return { kind: 'refused', proof: 'value-refused', evidence: `was refused ${value.refusals} times` };
  }
  if (listed === 'active') return { kind: 'alive', evidence: 'listed as active' };
  if (listed === null) return { kind: 'unclear', evidence: 'nothing can tell whether it lives' };
  if (!guard('closed-after-the-lag', isOver)) {
    return { kind: 'unclear', evidence: 'stopped a moment ago, and may be accepted a moment yet', isStopped: true };
  }
  return { kind: 'refused', proof: 'absent-from-listing', evidence: `${listed} in a complete listing` };
};
