import type { Credential } from '../../domain/credential.ts';
import { milliseconds, secondsBetween } from '../../domain/identifiers.ts';
import { current, holderOf } from '../../domain/labels.ts';
import type { SecretValue } from '../../domain/secret-value.ts';
import type { Clock, Http, HttpRequest, Vault } from '../../ports.ts';
import { worlds } from './register.ts';

/** A program that reads its secret, keeps it for as long as it may, and calls its provider all the time. */
export interface Consumer {
  readonly credentialId: string;
  /** When the provider turned a call down. */
  readonly refusals: readonly number[];
  readonly calls: () => number;
  readonly stop: () => Promise<void>;
}

const callEverySeconds = 0.2;

export const startConsumer = (
  { id, secret, target, consumers }: Credential,
  { vault, http, clock }: { readonly vault: Vault; readonly http: Http; readonly clock: Clock },
): Consumer => {
  const [{ cacheTtlSeconds } = { cacheTtlSeconds: 0 }] = consumers;
  const refusals: number[] = [];
  let calls = 0;
  let stopped = false;

  const read = async (): Promise<SecretValue | null> => {
    const versionId = holderOf((await vault.describe(secret)) ?? [], current);
    return versionId && ((await vault.read(secret, versionId, current))?.apiKey ?? null);
  };
  const run = async (): Promise<void> => {
    let value = await read();
    let readAt = clock.now();
    while (!stopped) {
      if (secondsBetween(readAt, clock.now()) >= cacheTtlSeconds) {
        value = (await read()) ?? value;
        readAt = clock.now();
      }
      if (value !== null) {
        const { status } = await http.send(callOf(target.provider, value));
        calls += 1;
        if (status === 401) refusals.push(milliseconds(clock.now()));
      }
      await clock.sleep(callEverySeconds);
    }
  };
  const running = run();
  return {
    credentialId: id,
    refusals,
    calls: () => calls,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
};

/** What a customer of each provider does with a key. */
const callOf = (provider: string, value: SecretValue): HttpRequest => {
  const post = { method: 'POST', timeoutSeconds: 5 } as const;
  const get = { method: 'GET', timeoutSeconds: 5 } as const;
  const json = { 'content-type': 'application/json' };
  const messages = [{ role: 'user', content: 'Hello' }];
  switch (provider) {
    case 'openai':
      return {
        ...get,
        url: 'https://api.openai.com/v1/models',
        headers: { authorization: `Bearer ${value.expose()}` },
      };
    case 'pinecone':
      return {
        ...get,
        url: 'https://api.pinecone.io/indexes',
        headers: { 'api-key': value.expose(), 'x-pinecone-api-version': '2026-04' },
      };
    case 'anthropic':
      return {
        ...post,
        url: 'https://api.anthropic.com/v1/messages',
        headers: { ...json, 'x-api-key': value.expose(), 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 1, messages }),
      };
    default:
      return {
        ...post,
        url: `https://${worlds['azure-openai'].resourceName}.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21`,
        headers: { ...json, 'api-key': value.expose() },
        body: JSON.stringify({ messages }),
      };
  }
};
