import { guard } from '../guard.ts';
import type { KeyId, VersionId } from '../identifiers.ts';
import type { Verdict } from '../verdict.ts';

/** What is looked at, afresh, each time before the old key is touched. */
export type RetireOldView = {
  readonly offered: boolean;
  readonly oldKeyId: KeyId;
  readonly newVersionId: VersionId;
  readonly current: { readonly versionId: VersionId; readonly keyId: KeyId | null } | null;
  /** Of the value behind AWSCURRENT. */
  readonly verdict: Verdict | null;
};

export type RetireOldDecision =
  | { readonly kind: 'retire' }
  | { readonly kind: 'not-offered' }
  /** AWSCURRENT is no longer what this rotation made it: theirs is untouched, and the old key comes back to life. */
  | { readonly kind: 'moved-by-another' }
  /** The key that serves is not accepted at this moment: the old one stays alive. */
  | { readonly kind: 'current-not-accepted' };

/** Before the old key dies: AWSCURRENT is ours, it is another key than the old one, and it is accepted. */
export const decideRetireOld = (view: RetireOldView): RetireOldDecision => {
  const { current, verdict } = view;
  const isOnNew = current?.versionId === view.newVersionId && current.keyId !== view.oldKeyId;
  if (!guard('re-read-before-retiring', isOnNew)) return { kind: 'moved-by-another' };
  if (!guard('re-probe-before-retiring', verdict?.kind === 'accepted')) return { kind: 'current-not-accepted' };
  return { kind: view.offered ? 'retire' : 'not-offered' };
};
