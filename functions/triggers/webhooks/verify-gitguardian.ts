import { type Instant, milliseconds } from '../../domain/identifiers.ts';
import type { SecretValue } from '../../domain/secret-value.ts';
import { isSigned } from './is-signed.ts';

const longestDifferenceSeconds = 300;

type Signed = {
  /** The header `Gitguardian-Signature`; the older `X-GitGuardian-Signature` is not asked. */
  readonly signature: string;
  /** The header `Timestamp`: seconds since 1970, or ISO 8601. */
  readonly timestamp: string;
  readonly body: Uint8Array;
};

/**
 * Whether GitGuardian sent exactly these bytes, within five minutes of now. The key is timestamp and token in one:
 * https://docs.gitguardian.com/platform/configure-alerting/notifiers-integrations/custom-webhook, read 2026-11.
 */
export const verifyGitguardian = (
  { signature, timestamp, body }: Signed,
  tokens: readonly SecretValue[],
  now: Instant,
): boolean => {
  const difference = Math.abs(milliseconds(now) - sentAt(timestamp)) / 1000;
  // Not "more than": nothing is more than NaN.
  if (!(difference <= longestDifferenceSeconds)) return false;
  return isSigned(
    signature,
    body,
    tokens.map((token) => timestamp + token.expose()),
  );
};

/** Milliseconds since 1970; NaN for what is no time. The documentation shows the header's use, and not its form. */
const sentAt = (timestamp: string): number => {
  if (timestamp.length > 40) return Number.NaN;
  return /^\d{1,11}(?:\.\d{1,9})?$/.test(timestamp) ? Number(timestamp) * 1000 : Date.parse(timestamp);
};
