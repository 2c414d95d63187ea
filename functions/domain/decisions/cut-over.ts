import { guard } from '../guard.ts';
import type { VersionId } from '../identifiers.ts';

export type CutOverView = {
  readonly current: VersionId | null;
  readonly old: VersionId | null;
  readonly new: VersionId;
};

export type CutOverDecision = { readonly kind: 'already' | 'move' | 'moved-by-another' };

/** The label moves only from the version that was current when the rotation began. */
export const decideCutOver = (view: CutOverView): CutOverDecision => {
  if (view.current === view.new) return { kind: 'already' };
  const isAsRead = view.old !== null && view.current === view.old;
  return { kind: guard('cut-over-from-what-was-read', isAsRead) ? 'move' : 'moved-by-another' };
};
