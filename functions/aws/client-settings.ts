/**
 * For every client: a call that hangs must end well within a step's own time, and three tries with the SDK's backoff
 * stay under 20 s. Only calls that may be repeated are made: conditional, idempotent by a token, or reads.
 */
export const clientSettings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};
