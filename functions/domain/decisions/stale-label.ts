import { guard } from '../guard.ts';

export type StaleLabelView = {
  readonly label: 'pending' | 'previous' | 'new' | 'old' | 'not-ours';
  /** The open rotation's new or old version carries it, or it is named for that rotation. */
  readonly needed: boolean;
  /** The run that put it there, as far as a label or the version's payload tells; null when nobody can tell. */
  readonly run: 'running' | 'ended' | 'unknown' | null;
  /** It may be a key that a person handed in, whose run is about to begin. */
  readonly maybeSubmitted: boolean;
  /** Of the key behind it. What serves, in this version or in another, is not lost with this label. */
  readonly key: 'serves' | 'refused' | 'alive' | 'unclear' | null;
};

export type StaleLabelDecision = {
  readonly kind: 'keep' | 'take-away' | 'not-ours';
};

/**
 * First match wins. A label that a late call put back points at a key that is dead or about to be swept. A version
 * loses its last label only when its key is refused or was made by a run of ours: a value nobody else holds is kept.
 */
export const decideStaleLabel = (view: StaleLabelView): StaleLabelDecision => {
  if (view.label === 'not-ours') return { kind: 'keep' };
  if (view.needed || view.run === 'running') return { kind: 'keep' };
  if (!guard('submission-is-kept', !view.maybeSubmitted || view.key === 'refused')) return { kind: 'keep' };
  switch (view.label) {
    case 'pending':
      return { kind: view.run === null ? 'not-ours' : 'take-away' };
    case 'new':
      return { kind: 'take-away' };
    case 'old':
    case 'previous':
      return { kind: view.key === 'serves' || view.key === 'refused' ? 'take-away' : 'keep' };
  }
};
