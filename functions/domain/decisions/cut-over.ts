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
  return { kind: view.old !== null && view.current === view.old ? 'move' : 'moved-by-another' };
};
