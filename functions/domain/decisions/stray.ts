import { guard } from '../guard.ts';
import { carriesOurName } from '../identifiers.ts';

/** A listed key, with what the ledger and the vault know of it. */
export type StrayView = {
  readonly name: string | null;
  readonly active: boolean;
  /** It is current, or a running rotation is about to make it so, or it is in its overlap. */
  readonly inUse: boolean;
  /** The ledger has it, by its id or by the name that was asked for. */
  readonly known: boolean;
  /** Since the vendor made it; else since it was asked for, or left behind. In seconds. */
  readonly ageSeconds: number;
  readonly graceSeconds: number;
};

export type StrayDecision = {
  readonly kind: 'dead' | 'in-use' | 'stray' | 'too-young' | 'not-in-our-ledger' | 'unknown';
};

/**
 * Only a key that our ledger has an intent or an id for is ever revoked. A name like ours without an intent may be
 * another deployment's: it is reported, like every unknown key.
 */
export const decideStray = (view: StrayView): StrayDecision => {
  if (!view.active) return { kind: 'dead' };
  if (view.inUse) return { kind: 'in-use' };
  if (guard('sweep-only-our-own', view.known)) {
    return { kind: guard('sweep-grace', view.ageSeconds >= view.graceSeconds) ? 'stray' : 'too-young' };
  }
  return { kind: view.name !== null && carriesOurName(view.name) ? 'not-in-our-ledger' : 'unknown' };
};
