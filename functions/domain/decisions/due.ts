import type { Credential, Strategy } from '../credential.ts';
import { type Instant, instant, milliseconds } from '../identifiers.ts';
import type { CredentialRecord, OpenRotation } from '../rotation.ts';
import { isOpen } from '../window.ts';

export type DueView = {
  readonly now: Instant;
  readonly credential: Pick<Credential, 'cadenceSeconds' | 'window'>;
  readonly strategy: Strategy;
  readonly record: Pick<CredentialRecord, 'rotation' | 'lastRotatedAt'>;
  /** A person wants no key of it any more. */
  readonly retired: boolean;
  /** What the run that holds the lease does. A run that nobody could look at counts as running. */
  readonly owner: 'none' | 'running' | 'ended';
};

export type DueDecision =
  /** Rotate. `dueAt` is null when it was never rotated. */
  | { readonly kind: 'start'; readonly dueAt: Instant | null }
  /** Take up what an earlier run left open. */
  | { readonly kind: 'resume'; readonly rotation: OpenRotation }
  /** A key that only a person can make is wanted. */
  | { readonly kind: 'remind'; readonly dueAt: Instant | null }
  | { readonly kind: 'skip'; readonly reason: 'not-due' | 'busy' | 'outside-window' | 'needs-person' | 'retired' };

/** First match wins, from top to bottom. */
export const decideDue = ({ now, credential, strategy, record, retired, owner }: DueView): DueDecision => {
  const { rotation } = record;
  const inWindow = isOpen(credential.window, now);
  const dueAt = dueInstant(credential, record.lastRotatedAt);
  if (owner === 'running') return { kind: 'skip', reason: 'busy' };
  if (rotation !== null) {
    if (rotation.endedAs === 'Escalated') return { kind: 'skip', reason: 'needs-person' };
    if (strategy === 'human-created' && rotation.new === null) return { kind: 'remind', dueAt };
    // An emergency waits for no window.
    if (rotation.urgency === 'emergency' || inWindow) return { kind: 'resume', rotation };
    return { kind: 'skip', reason: 'outside-window' };
  }
  // Also while the register that is deployed has it still.
  if (retired) return { kind: 'skip', reason: 'retired' };
  // Stryker disable next-line ConditionalExpression: null is no time, and nothing is later than that
  if (dueAt !== null && milliseconds(dueAt) > milliseconds(now)) return { kind: 'skip', reason: 'not-due' };
  if (strategy === 'human-created') return { kind: 'remind', dueAt };
  return inWindow ? { kind: 'start', dueAt } : { kind: 'skip', reason: 'outside-window' };
};

/** So long after that somebody must hear of it, in seconds: a window comes round once a week, and a rotation takes a day. */
export const longOverdueSeconds = 8 * 86_400;

/** When the next rotation is due; null when there was none yet, so that it is due at once. */
export const dueInstant = (
  { cadenceSeconds }: Pick<Credential, 'cadenceSeconds'>,
  lastRotatedAt: Instant | null,
): Instant | null => (lastRotatedAt === null ? null : instant(milliseconds(lastRotatedAt) + cadenceSeconds * 1000));
