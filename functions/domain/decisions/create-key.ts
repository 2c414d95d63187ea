import type { StoredKey } from '../rotation.ts';

/** How often one rotation asks a provider for a key. Each try has a name of its own. */
export const attemptLimit = 5;

export type CreateKeyView = {
  /** What the vault holds under this rotation's token. */
  readonly stored: StoredKey | null;
  /** How many keys this rotation has asked for. */
  readonly attempts: number;
  readonly liveKeys: number;
  readonly maximumLiveKeys: number;
};

export type CreateKeyDecision =
  | { readonly kind: 'use-stored'; readonly stored: StoredKey }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'no-room' }
  /** From 1. Never the number of an earlier try: its outcome is unknown, and its key is a stray if it exists. */
  | { readonly kind: 'create'; readonly attempt: number };

/** The stored key wins: one token serves all attempts, so after a crash the others are strays. */
export const decideCreateKey = (view: CreateKeyView): CreateKeyDecision => {
  if (view.stored !== null) return { kind: 'use-stored', stored: view.stored };
  if (view.attempts >= attemptLimit) return { kind: 'give-up' };
  if (view.liveKeys >= view.maximumLiveKeys) return { kind: 'no-room' };
  return { kind: 'create', attempt: view.attempts + 1 };
};
