import { guard } from '../guard.ts';

export type HealView = {
  /** Another run is at work, and looks after AWSCURRENT itself. */
  readonly busy: boolean;
  /** Of the value behind AWSCURRENT. */
  readonly probes: { readonly refusals: number; readonly last: 'accepted' | 'refused' | 'unclear' };
  readonly refusalsThatCount: number;
  /** How a complete listing shows the key that serves; null when nothing can tell. */
  readonly listed: 'absent' | 'inactive' | 'active' | null;
  /** The key that served before, if its value can be read. */
  readonly previous: 'accepted' | 'refused' | 'unclear' | null;
  readonly previousCompromised: boolean;
  readonly currentCompromised: boolean;
  readonly replacement:
    | 'possible'
    /** This hour's run has ended already. */
    | 'tried'
    /** Only a person can make the new key, nobody can name the dead one, or its incident wants an approval. */
    | 'by-a-person';
};

export type HealDecision = {
  readonly kind: 'well' | 'leave' | 'unclear' | 'label-back' | 'replace' | 'wait' | 'tell-a-person';
};

/**
 * First match wins. The vendor's refusal counts only with a second sign that it is no outage: the admin side shows the
 * key as gone, or the key before is accepted. A compromised key is replaced, and nothing is put back for it.
 */
export const decideHeal = (view: HealView): HealDecision => {
  const { probes, previous } = view;
  if (probes.last === 'accepted') return { kind: 'well' };
  if (view.busy) return { kind: 'leave' };
  if (probes.refusals < view.refusalsThatCount) return { kind: 'unclear' };
  const isGone = view.listed === 'absent' || view.listed === 'inactive';
  const isNoOutage = isGone || previous === 'accepted' || view.currentCompromised;
  if (!guard('healed-in-no-outage', isNoOutage)) return { kind: 'tell-a-person' };
  const isWayBack = previous === 'accepted' && guard('nothing-back-to-the-leaked', !view.previousCompromised);
  if (isWayBack && !view.currentCompromised) return { kind: 'label-back' };
  switch (view.replacement) {
    case 'possible':
      return { kind: 'replace' };
    case 'tried':
      return { kind: 'wait' };
    case 'by-a-person':
      return { kind: 'tell-a-person' };
  }
};
