import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { awsLedger } from '../../functions/aws/ledger.ts';
import { credentialId } from '../../functions/domain/identifiers.ts';
import { ledgerTableName } from '../../infra/constructs/names.ts';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { admins } from './admins.ts';
import { region } from './deploy.ts';
import type { Deployed } from './global-setup.ts';
import { operatorOf } from './operator.ts';

/** A key as the provider's simulator knows it. */
export type SimulatedKey = {
  readonly id: string;
  readonly name: string | null;
  readonly value: string;
  readonly refusedAt: string | null;
};
/** What a secret's AWSCURRENT holds. */
export type Served = { readonly keyId: string; readonly apiKey: string; readonly rotationId: string };

/** What a story needs of the deployed world: the operator's command, the administrator's hands, and the providers. */
export const worldOf = (deployed: Deployed) => {
  const { endpoint, control } = deployed;
  const secrets = new SecretsManagerClient(clientOf(endpoint));
  const ledger = awsLedger(ledgerTableName, new DynamoDBClient(clientOf(endpoint)));

  const controlOf = async (provider: string, path = '', method = 'GET', body: object | null = null) => {
    const response = await fetch(`${control}/${provider}${path}`, { method, body: body && JSON.stringify(body) });
    const text = await response.text();
    return text === '' ? {} : JSON.parse(text);
  };

  /** Every key that a provider has made, dead ones too. */
  const keysOf = async (provider: string): Promise<readonly SimulatedKey[]> => (await controlOf(provider)).keys;

  /** By hand, because Lambda's client would be one more package for a few calls. */
  const lambda = async (method: string, path: string, body: object | null = null) => {
    const answer = await fetch(`${endpoint}${path}`, {
      method,
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/${region}/lambda/aws4_request` },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const functionPath = (name: string): string => `/2015-03-31/functions/${name}`;

  /** Null while the secret has no version. */
  const served = async (secret: string): Promise<Served | null> => {
    try {
      const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: secret }));
      return JSON.parse(SecretString);
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return null;
      throw error;
    }
  };
  const until = async <T>(look: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      const seen = await look();
      if (seen !== null) return seen;
      await setTimeout(500);
    }
  };

  return {
    keyturn: operatorOf(deployed),
    ledger,
    controlOf,
    until,

    keysOf,
    /** Resolves when the provider refuses the value: a revocation takes a moment. */
    isRefused: (provider: string, value: string): Promise<true> =>
      until(async () => {
        const refusedAt = (await keysOf(provider)).find((key) => key.value === value)?.refusedAt ?? null;
        return refusedAt !== null && Date.parse(refusedAt) <= Date.now() ? true : null;
      }),

    /** As a person does in the console: nobody of ours is told. */
    killAtPinecone: async (keyId: string): Promise<void> => {
      const [api = '', login = ''] = ['api', 'login'].map((host) => deployed.origins[`https://${host}.pinecone.io`]);
      const headers = { 'x-pinecone-api-version': '2025-10', 'content-type': 'application/json' };
      const { clientId: client_id, clientSecret: client_secret } = JSON.parse(admins['pinecone-demo'] ?? '');
      const asked = {
        client_id,
        client_secret,
        grant_type: 'client_credentials',
        audience: 'https://api.pinecone.io/',
      };
      const body = JSON.stringify(asked);
      const answer = await fetch(`${login}/oauth/token`, { method: 'POST', headers, body });
      const { access_token } = JSON.parse(await answer.text());
      const authorization = `Bearer ${String(access_token)}`;
      const { status } = await fetch(`${api}/admin/api-keys/${keyId}`, {
        method: 'DELETE',
        headers: { ...headers, authorization },
      });
      if (status !== 202) throw new Error(`Pinecone answered ${status}.`);
    },

    served,
    /** What serves when no run is at work on the credential; the first key is issued by the schedule. */
    atRest: (credential: string, provider: string): Promise<Served> =>
      until(async () => {
        const { record } = await ledger.read(credentialId(credential));
        return record.lease === null && record.rotation === null ? served(`keyturn/${provider}/${credential}`) : null;
      }),
    /** What AWSCURRENT holds, once it holds something else than before. */
    servedAfter: (secret: string, before: Served): Promise<Served> =>
      until(async () => {
        const now = await served(secret);
        return now?.keyId === before.keyId ? null : now;
      }),

    /** Invokes a function as its schedule does, and waits for it. */
    wake: async (name: string): Promise<void> => {
      const answer = await lambda('POST', `${functionPath(name)}/invocations`, {});
      if (answer?.errorType !== undefined) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    },
    /** Keeps a function from running while the work is done. Its callers are throttled, and come back. */
    throttled: async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const path = `/2017-10-31/functions/${name}/concurrency`;
      await lambda('PUT', path, { ReservedConcurrentExecutions: 0 });
      try {
        return await work();
      } finally {
        await lambda('DELETE', path);
      }
    },
    /** Changes some of a function's environment. */
    withEnvironment: async (name: string, change: Readonly<Record<string, string>>): Promise<void> => {
      const path = `${functionPath(name)}/configuration`;
      const { Environment } = await lambda('GET', path);
      await lambda('PUT', path, { Environment: { Variables: { ...Environment.Variables, ...change } } });
    },
    /** By path: the name of the host, which tells the function on AWS, leads nowhere on this machine. */
    functionUrl: async (name: string): Promise<string> => {
      const { FunctionUrl } = await lambda('GET', `/2021-10-31/functions/${name}/url`);
      return `${endpoint}/_aws/lambda-url/${String(new URL(FunctionUrl).host.split('.')[0])}/`;
    },
  };
};
