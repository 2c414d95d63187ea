import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Credential } from '../../../functions/domain/credential.ts';
import {
  accountId,
  credentialId,
  type Instant,
  instant,
  keyId,
  secretName,
} from '../../../functions/domain/identifiers.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import { openLocal } from '../../../functions/local/ports.ts';
import type { Clock } from '../../../functions/ports.ts';
import type { Intake, IntakeMessage } from '../../../functions/triggers/intake.ts';
import { readWebhookSecrets } from '../../../functions/triggers/sources/source-secret.ts';
import { cachedSecrets } from '../../../functions/triggers/webhooks/cached-secrets.ts';
import { receive } from '../../../functions/triggers/webhooks/receive.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';

export const webhookSecret = 'webhook-secret-0123456789';
export const newerWebhookSecret = 'newer-webhook-secret-0123456789';
export const signatureToken = 'gitguardian-signature-token';

const target = {
  provider: 'openai',
  account: accountId('openai-production'),
  adminSecret: secretName('keyturn/admin/openai/openai-production'),
  settings: { projectId: 'proj_1' },
};

const chat: Credential = {
  id: credentialId('chat'),
  target,
  secret: secretName('keyturn/openai/chat'),
  service: 'chat',
  purpose: 'answers',
  environment: 'production',
  owner: { name: 'Dana', contact: 'dana@acme.example' },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 2_592_000,
  window: null,
  overlapSeconds: 3600,
  maximumOverlapSeconds: 86_400,
  consumers: [{ name: 'chat-api', cacheTtlSeconds: 300 }],
  expects: { models: [], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
};

/** The ports of one machine on a new folder, at a time that stands still. */
export const sourceWorld = (at = '2026-11-20T10:01:00.000Z') => {
  let now = instant(Date.parse(at));
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
  const local = openLocal({ folder: scratchFolder('sources'), credentials: [chat], clock });
  onTestFinished(() => local.close());
  const { ports } = local;
  return {
    ports,
    setNow: (to: Instant) => {
      now = to;
    },
    /** Makes the value a key of ours. */
    know: async (value: string, key = 'key_1') => {
      const print = await ports.fingerprints.of(new SecretValue(value));
      const credential = credentialId('chat');
      await ports.ledger.putPrint({ ...print, keyId: keyId(key), target, credentialId: credential, recordedAt: now });
      return print;
    },
    store: (name: string, text: string) => ports.vault.writeAdmin(secretName(name), new SecretValue(text)),
  };
};

/** The queue, in memory: the same id is kept once. */
export const memoryIntake = () => {
  const kept = new Map<string, IntakeMessage>();
  let puts = 0;
  const intake: Intake = {
    put: async (message, dedupeId) => {
      puts += 1;
      if (!kept.has(dedupeId)) kept.set(dedupeId, message);
    },
  };
  return { intake, kept, messages: () => [...kept.values()], puts: () => puts };
};

/** The receiver with its ports counted: `vaultReads` before, and `puts` after the signature. */
export const receiver = (
  { ports }: Pick<ReturnType<typeof sourceWorld>, 'ports'>,
  { intake, puts }: Pick<ReturnType<typeof memoryIntake>, 'intake' | 'puts'> = memoryIntake(),
) => {
  let vaultReads = 0;
  const vault = {
    readAdmin: (name: Parameters<typeof ports.vault.readAdmin>[0]) => {
      vaultReads += 1;
      return ports.vault.readAdmin(name);
    },
  };
  const github = cachedSecrets(() => readWebhookSecrets('github', { vault }), ports);
  const gitguardian = cachedSecrets(() => readWebhookSecrets('gitguardian', { vault }), ports);
  const secretsOf = (source: 'github' | 'gitguardian') => (source === 'github' ? github() : gitguardian());
  return {
    receive: (request: Parameters<typeof receive>[0]) => receive(request, { clock: ports.clock, intake, secretsOf }),
    vaultReads: () => vaultReads,
    puts,
  };
};

/** A real HTTP server before the receiver: what it hears are the headers and bytes as they were sent. */
export const listening = async (handle: ReturnType<typeof receiver>['receive']): Promise<string> => {
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const headers = Array.from({ length: incoming.rawHeaders.length / 2 }, (_, index) => {
        const [name = '', value = ''] = incoming.rawHeaders.slice(2 * index, 2 * index + 2);
        return [name, value] as const;
      });
      const { method = '', url: path = '' } = incoming;
      void handle({ method, path, headers, body: Buffer.concat(parts) }).then(({ status, body }) => {
        outgoing.writeHead(status, { 'content-type': 'text/plain' });
        outgoing.end(body);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
  return `http://127.0.0.1:${address.port}`;
};

type Bytes = string | Uint8Array;

export const githubHeaders = (body: Bytes, secret = webhookSecret): Record<string, string> => ({
  'content-type': 'application/json',
  'x-github-event': 'secret_scanning_alert',
  'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

export const gitguardianHeaders = (body: Bytes, timestamp: string, token = signatureToken): Record<string, string> => ({
  'content-type': 'application/json',
  timestamp,
  'gitguardian-signature': `sha256=${createHmac('sha256', timestamp + token)
    .update(body)
    .digest('hex')}`,
});
