import { Fault } from '../../domain/fault.ts';
import { type SecretName, secretName } from '../../domain/identifiers.ts';
import { SecretValue } from '../../domain/secret-value.ts';
import type { Vault } from '../../ports.ts';

/** The sources that send webhooks and have an API to ask. */
export const webhookSources = ['github', 'gitguardian'] as const;
export type WebhookSource = (typeof webhookSources)[number];

/** Two secrets and not one: what faces the internet reads the first, and must not be able to read the second. */
export const sourceSecrets = ['webhook', 'token'] as const;
export type SourceSecret = (typeof sourceSecrets)[number];

export const sourceSecretName = (source: WebhookSource, what: SourceSecret): SecretName =>
  secretName(`keyturn/sources/${source}/${what}`);

/** Shorter ones can be guessed. */
export const shortestWebhookSecret = 16;

/** One a line, the newer first; null when that is none, more than two, or one that is too short. */
export const webhookSecretsIn = (text: string): readonly string[] | null => {
  const secrets = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const fits = secrets.every((secret) => secret.length >= shortestWebhookSecret);
  return fits && (secrets.length === 1 || secrets.length === 2) ? secrets : null;
};

/**
 * The secrets that sign the source's webhooks: one a line, at most two, the newer first. With two, the secret is
 * replaced without losing a delivery: `keyturn sources set` puts the new one first, and it is changed at the vendor.
 *
 * @throws Fault `NeedsPerson` when there is none, or it is not of that form
 */
export const readWebhookSecrets = async (
  source: WebhookSource,
  { vault }: { readonly vault: Pick<Vault, 'readAdmin'> },
): Promise<readonly SecretValue[]> => {
  const name = sourceSecretName(source, 'webhook');
  const secrets = webhookSecretsIn((await vault.readAdmin(name))?.expose() ?? '');
  if (secrets !== null) return secrets.map((secret) => new SecretValue(secret));
  throw new Fault(
    'NeedsPerson',
    `The secret ${name} must hold one or two webhook secrets of at least ${shortestWebhookSecret} characters, one a ` +
      `line. Nothing was taken in; the sources are polled meanwhile. Store one: keyturn sources set ${source} webhook`,
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
  const name = sourceSecretName(source, 'token');
  const token = (await vault.readAdmin(name))?.expose().trim() ?? '';
  if (token !== '') return new SecretValue(token);
  throw new Fault(
    'NeedsPerson',
    `The secret ${name} holds no API token. Nothing was read. Store one: keyturn sources set ${source} token`,
  );
};
