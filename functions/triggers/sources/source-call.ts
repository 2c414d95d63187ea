import { Fault } from '../../domain/fault.ts';
import type { SecretValue } from '../../domain/secret-value.ts';
import type { Http } from '../../ports.ts';
import type { Answer } from '../../providers/http.ts';

/** What a request to a source's API needs. */
export type SourceCall = {
  readonly http: Http;
  readonly token: SecretValue;
  /** `https://api.github.com`; an own instance's, where there is one. */
  readonly origin: string;
};

/** The source asked us to come back later. */
export const throttled = Symbol('throttled');

/**
 * Answers of a source's API that the common table does not know: it speaks of admin keys, and GitHub throttles with 403
 * too (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api, read 2026-11).
 *
 * @throws Fault `NeedsPerson` when the token was turned down
 */
export const knownAnswer = ({ status, headers }: Answer, tokenName: string): typeof throttled | undefined => {
  if (status === 429) return throttled;
  if (status === 403 && (headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined)) {
    return throttled;
  }
  if (status !== 401 && status !== 403) return undefined;
  throw new Fault(
    'NeedsPerson',
    `The API token was turned down with HTTP ${status}. Nothing was read. Give the token in ${tokenName} the right to ` +
      'read alerts, or store another one there.',
  );
};

/**
 * The page that a `Link` header names as the next one; null after the last. Only within the same origin: the token
 * goes with the request.
 */
export const nextPage = ({ headers }: Answer, origin: string): string | null => {
  const next = (headers['link'] ?? '')
    .slice(0, 4096)
    .split(',')
    .map((part) => /^\s*<([^<>]+)>;\s*rel="next"\s*$/.exec(part)?.[1])
    .find((url) => url !== undefined);
  return next?.startsWith(`${origin}/`) === true ? next : null;
};
