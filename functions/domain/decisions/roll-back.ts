import { guard } from '../guard.ts';
import type { KeyId, VersionId } from '../identifiers.ts';

export type RollBackView = {
  /** This run holds the lease and has begun. */
  readonly held: boolean;
  readonly current: { readonly versionId: VersionId; readonly keyId: KeyId | null } | null;
  readonly new: VersionId | null;
  /** Of the key that serves, when that is the new one. */
  readonly newVerdict: 'accepted' | 'refused' | 'unclear' | null;
  /** Of the old key, when the new one is refused. */
  readonly oldVerdict: 'accepted' | 'refused' | 'unclear' | null;
};

export type RollBackDecision =
  /** Nothing was begun: nothing to undo. */
  | { readonly kind: 'nothing' }
  /** The label moved after all, and the new key serves: the way is forward. */
  | { readonly kind: 'forward' }
  /** The new key serves and is refused, the old one is alive: the label goes back, then the new key goes. */
  | { readonly kind: 'label-back' }
  /** AWSCURRENT is not the new key: the new key goes. */
  | { readonly kind: 'remove-new' }
  | { readonly kind: 'unclear' }
  /** Both keys are refused, or the old one is about to be: there is nothing to go back to. */
  | { readonly kind: 'both-refused' };

export const decideRollBack = (view: RollBackView): RollBackDecision => {
  if (!view.held) return { kind: 'nothing' };
  if (view.current?.versionId !== view.new) return { kind: 'remove-new' };
  switch (view.newVerdict) {
    case 'accepted':
      return { kind: 'forward' };
    case 'unclear':
    case null:
      return { kind: 'unclear' };
    case 'refused':
      if (view.oldVerdict === 'unclear') return { kind: 'unclear' };
      return { kind: guard('way-back-to-the-living', view.oldVerdict === 'accepted') ? 'label-back' : 'both-refused' };
  }
};
