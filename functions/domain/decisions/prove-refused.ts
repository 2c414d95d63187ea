import { guard } from '../guard.ts';
import type { Verdict } from '../verdict.ts';

/** So many refusals of the old value, spaced, make a proof. */
export const refusalsThatProve = 3;

export type ProveRefusedView = {
  /** Probes of the old value; null when the value is gone and only its id is known. */
  readonly value: { readonly refusals: number; readonly last: Verdict } | null;
  /** Without the value: whether a complete listing shows the key, and as what. Null when the vendor has no listing. */
  readonly listed: 'absent' | 'inactive' | 'active' | null;
  /** Since the vendor answered that the key is revoked, in seconds; null when that is on no record. */
  readonly revokedForSeconds: number | null;
  /** For so long the vendor may accept a key that it lists no more. */
  readonly revocationTakesSeconds: number;
  /** Of the key that serves, in the same step: tells a refusal from an outage. */
  readonly currentAccepted: boolean;
};

export type ProveRefusedDecision =
  | { readonly kind: 'proven'; readonly proof: 'value-refused' | 'absent-from-listing'; readonly evidence: string }
  | { readonly kind: 'not-yet'; readonly why: string };

export const decideProveRefused = (view: ProveRefusedView): ProveRefusedDecision => {
  const { value, listed, revokedForSeconds, currentAccepted } = view;
  if (!currentAccepted) {
    return { kind: 'not-yet', why: 'the current key is not accepted at this moment, so a refusal would prove nothing' };
  }
  if (value !== null) {
    if (!guard('proof-before-done', value.refusals >= refusalsThatProve)) {
      return {
        kind: 'not-yet',
        why: value.last.kind === 'accepted' ? 'the old key is still accepted' : 'no clear refusal',
      };
    }
    const words = value.last.kind === 'refused' ? value.last.evidence : '';
    return { kind: 'proven', proof: 'value-refused', evidence: `was refused ${value.refusals} times: ${words}` };
  }
  if (listed === 'absent' || listed === 'inactive') {
    const isOver = revokedForSeconds !== null && revokedForSeconds >= view.revocationTakesSeconds;
    if (!guard('listing-after-the-lag', isOver)) {
      return { kind: 'not-yet', why: 'the vendor may accept the key for a moment after its revocation' };
    }
    return { kind: 'proven', proof: 'absent-from-listing', evidence: `${listed} in a complete listing` };
  }
  return {
    kind: 'not-yet',
    why: listed === null ? 'nothing can tell whether the key lives' : 'the key is listed as active',
  };
};
