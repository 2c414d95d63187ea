import type { Instant } from './identifiers.ts';

/** Something that a key shows and that the register does not declare, or the reverse. */
export interface Finding {
  readonly kind: 'model-missing' | 'permission-missing' | 'other-workspace' | 'scope-wider' | 'no-money';
  /** For a person: what was seen and what was declared. Never a secret. */
  readonly detail: string;
}

export type Verdict =
  /** It authenticates. An empty `findings` means that it is also what the register declares. */
  | { readonly kind: 'accepted'; readonly findings: readonly Finding[] }
  /** The provider says, of this key, that it is not valid. Never said of an outage, a limit or a narrow scope. */
  | { readonly kind: 'refused'; readonly evidence: string }
  /** No answer that says either. */
  | { readonly kind: 'unclear'; readonly evidence: string };

export type Usage =
  | { readonly kind: 'quiet'; readonly evidence: string }
  | { readonly kind: 'busy'; readonly lastUsedAt: Instant | null; readonly evidence: string }
  /** The provider has no such data: the soak alone decides. */
  | { readonly kind: 'unknowable' };
