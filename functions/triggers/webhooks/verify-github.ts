import type { SecretValue } from '../../domain/secret-value.ts';
import { isSigned } from './is-signed.ts';

/**
 * Whether GitHub sent exactly these bytes:
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, read 2026-11.
 *
 * @param signature the header `X-Hub-Signature-256`
 */
export const verifyGithub = (signature: string, body: Uint8Array, secrets: readonly SecretValue[]): boolean =>
  isSigned(
    signature,
    body,
    secrets.map((secret) => secret.expose()),
  );
