import { milliseconds } from '../../domain/identifiers.ts';
import type { SecretValue } from '../../domain/secret-value.ts';
import type { Clock } from '../../ports.ts';

/** How long a secret that was taken away still opens the door, and a new one does not yet. */
const heldSeconds = 300;
const heldAfterFailureSeconds = 5;

/**
 * Reads once for as many requests as come within five minutes, so that whoever sends forged ones makes no work. A
 * failure is held too, for a moment.
 */
export const cachedSecrets = (
  read: () => Promise<readonly SecretValue[]>,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): (() => Promise<readonly SecretValue[]>) => {
  let held: { readonly secrets: Promise<readonly SecretValue[]>; readonly until: number } | null = null;
  return () => {
    const now = milliseconds(clock.now());
    if (held !== null && now < held.until) return held.secrets;
    const secrets = read();
    held = { secrets, until: now + heldSeconds * 1000 };
    secrets.catch(() => {
      held = { secrets, until: now + heldAfterFailureSeconds * 1000 };
    });
    return secrets;
  };
};
