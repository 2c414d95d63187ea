import { Fault } from '../../domain/fault.ts';
import { secretName } from '../../domain/identifiers.ts';
import { SecretValue } from '../../domain/secret-value.ts';
import type { Vault } from '../../ports.ts';

/** The sources that send webhooks and have an API to ask. */
export type WebhookSource = 'github' | 'gitguardian';

/** Two secrets and not one: what faces the internet reads the first, and must not be able to read the second. */
const nameOf = (source: WebhookSource, what: 'webhook' | 'token') => secretName(`keyturn/sources/${source}/${what}`);

/** Shorter ones can be guessed. */
const shortestSecret = 16;

/**
 * The secrets that sign the source's webhooks: one a line, at most two, the newer first. With two, the secret is
 * replaced without losing a delivery: add the new line, change it at the vendor, take the old line away.
 *
 * @throws Fault `NeedsPerson` when there is none, or it is not of that form
 */
export const readWebhookSecrets = async (
  source: WebhookSource,
  { vault }: { readonly vault: Pick<Vault, 'readAdmin'> },
): Promise<readonly SecretValue[]> => {
  const name = nameOf(source, 'webhook');
  const text = await vault.readAdmin(name);
  const lines = (text?.expose() ?? '').split('\n').map((line) => line.trim());
  const secrets = lines.filter((line) => line !== '');
  if (secrets.length >= 1 && secrets.length <= 2 && secrets.every((secret) => secret.length >= shortestSecret)) {
    return secrets.map((secret) => new SecretValue(secret));
  }
  throw new Fault(
    'NeedsPerson',
    `The secret ${name} must hold one or two webhook secrets of at least ${shortestSecret} characters, one a line. ` +
      `Nothing was taken in. Store them there; the sources are polled meanwhile.`,
  );
};

/**
 * The token for the source's API, which must be able to read alerts and nothing else.
 * @throws Fault `NeedsPerson` when there is none
 */
export const readSourceToken = async (
  source: WebhookSource,
  { vault }: { readonly vault: Pick<Vault, 'readAdmin'> },
): Promise<SecretValue> => {
  const name = nameOf(source, 'token');
  const token = (await vault.readAdmin(name))?.expose().trim() ?? '';
  if (token !== '') return new SecretValue(token);
  throw new Fault('NeedsPerson', `The secret ${name} holds no API token. Nothing was read. Store a token there.`);
};
