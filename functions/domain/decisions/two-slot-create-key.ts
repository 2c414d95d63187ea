import { guard } from '../guard.ts';
import type { KeyId } from '../identifiers.ts';
import type { StoredKey, Urgency } from '../rotation.ts';

export type TwoSlotView = {
  readonly stored: StoredKey | null;
  readonly slots: readonly { readonly name: string; readonly keyId: KeyId }[];
  /** The slot whose value AWSCURRENT holds; null when it holds neither. */
  readonly slotInUse: string | null;
  readonly firstIssue: boolean;
  /** AWSCURRENT is no longer on the version that this rotation began from. */
  readonly movedByAnother: boolean;
  /** The slot that held the old key when it was contained: regenerating it was the containment. */
  readonly containedSlot: string | null;
  /** The regeneration that this rotation has asked for last. */
  readonly intent: {
    readonly slot: string;
    readonly previousKeyId: KeyId;
    /** How long ago it was asked for, in seconds. */
    readonly ageSeconds: number;
  } | null;
  readonly letCallsLandSeconds: number;
  /** Values that served until lately: consumers may hold them for one overlap more. */
  readonly stillHeld: readonly KeyId[];
  readonly urgency: Urgency;
};

export type TwoSlotDecision =
  | { readonly kind: 'use-stored'; readonly stored: StoredKey }
  /** Somebody has put another slot to use: the one that looks free may be in every cache. */
  | { readonly kind: 'moved-by-another' }
  /** The vault holds neither slot's value: another rotator, or a person, is at work here. */
  | { readonly kind: 'matches-neither' }
  /** The first issue takes what a slot holds: regenerating one could cut off a consumer that nobody declared. */
  | { readonly kind: 'adopt'; readonly slot: string }
  /** An earlier try may still land, and would kill the value that a second try makes. */
  | { readonly kind: 'wait-for-call' }
  /** Whoever read the free slot's value a moment ago, before somebody put the other to use, still needs it. */
  | { readonly kind: 'still-held' }
  | { readonly kind: 'regenerate'; readonly slot: string; readonly previousKeyId: KeyId };

/** Every act lists and compares first: a slot has no name and no id, and regenerating the wrong one is an outage. */
export const decideTwoSlotCreateKey = (view: TwoSlotView): TwoSlotDecision => {
  const { stored, slots, intent } = view;
  if (stored !== null) return { kind: 'use-stored', stored };
  const [first] = slots;
  if (view.firstIssue && first !== undefined) return { kind: 'adopt', slot: first.name };
  if (view.movedByAnother) return { kind: 'moved-by-another' };
  const inUse = view.slotInUse ?? view.containedSlot;
  const free = slots.find((slot) => guard('free-slot-only', slot.name !== inUse));
  if (free === undefined || !slots.some((slot) => slot.name === inUse)) return { kind: 'matches-neither' };
  if (intent !== null && intent.slot === free.name) {
    if (free.keyId !== intent.previousKeyId) return { kind: 'adopt', slot: free.name };
    if (!guard('wait-for-lost-call', intent.ageSeconds >= view.letCallsLandSeconds)) return { kind: 'wait-for-call' };
  }
  // A leaked value waits for nobody, and its replacement can only come into the other slot.
  const isHeld = view.urgency === 'scheduled' && view.stillHeld.includes(free.keyId);
  if (!guard('free-slot-has-drained', !isHeld)) return { kind: 'still-held' };
  return { kind: 'regenerate', slot: free.name, previousKeyId: free.keyId };
};
