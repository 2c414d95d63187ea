import * as z from 'zod/mini';
import { systemClock } from '../shell/system-clock.ts';
import { readWebhookSecrets, type WebhookSource } from '../triggers/sources/source-secret.ts';
import { cachedSecrets } from '../triggers/webhooks/cached-secrets.ts';
import type { WebhookPorts } from '../triggers/webhooks/receive.ts';
import { readEnvironment } from './environment.ts';
import { awsIntake } from './intake-queue.ts';
import { awsVault } from './vault.ts';

const form = z.object({ KEYTURN_INTAKE_QUEUE_URL: z.string().check(z.minLength(1)) });

/**
 * All that what faces the internet may touch: its own secrets, and the queue.
 *
 * @param environment `process.env`
 * @throws Error that names the variables that are missing
 */
export const webhookPorts = (environment: Readonly<Record<string, string | undefined>>): WebhookPorts => {
  const settings = readEnvironment(form, environment);
  const vault = awsVault({});
  const clock = systemClock;
  const secretsFor = (source: WebhookSource) => cachedSecrets(() => readWebhookSecrets(source, { vault }), { clock });
  const secrets = { github: secretsFor('github'), gitguardian: secretsFor('gitguardian') };
  return { clock, intake: awsIntake(settings.KEYTURN_INTAKE_QUEUE_URL), secretsOf: (source) => secrets[source]() };
};
