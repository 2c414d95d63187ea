import { type Instant, instant, type KeyId, milliseconds } from '../../domain/identifiers.ts';
import { SecretValue } from '../../domain/secret-value.ts';
import { slotKeyId } from '../../providers/slot-key-id.ts';
import type { Reply, SimulatedKey, Simulation, Tools, Visit } from './server.ts';

export interface AzureOpenaiOptions {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  subscriptionId: string;
  resourceGroup: string;
  resourceName: string;
  models: readonly string[];
  /** Entra's own live for 60 to 90 minutes. */
  tokenLivesSeconds: number;
  /** The network rules of the resource shut the caller out. */
  isNetworkClosed: boolean;
}

type SlotName = 'Key1' | 'Key2';

type Held = {
  readonly id: KeyId;
  readonly slot: SlotName;
  readonly value: string;
  readonly createdAt: Instant;
  lastUsedAt: Instant | null;
  refusedAt: Instant | null;
};

export interface AzureOpenaiWorld {
  /** May be changed while it runs. */
  readonly options: AzureOpenaiOptions;
  readonly tools: Tools;
  /** Every value that a slot has ever had; the one that lives comes last. */
  readonly values: Held[];
  readonly tokens: { readonly value: string; readonly expiresAt: Instant }[];
  /** What Entra was asked, and in which form. */
  readonly tokenRequests: { readonly contentType: string; readonly body: unknown }[];
}

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The newer form: 84 characters with a signature in the middle. */
const makeValue = ({ random }: Tools): string => `${random(alphanumeric, 52)}JQQJ99${random(alphanumeric, 26)}`;

const fill = (world: AzureOpenaiWorld, slot: SlotName): Held => {
  const now = world.tools.now();
  for (const held of world.values) if (held.slot === slot) held.refusedAt ??= now;
  const value = makeValue(world.tools);
  const id = slotKeyId(slot, new SecretValue(value));
  const held: Held = { id, slot, value, createdAt: now, lastUsedAt: null, refusedAt: null };
  world.values.push(held);
  return held;
};

const living = (world: AzureOpenaiWorld, slot: SlotName): string =>
  world.values.find((held) => held.slot === slot && held.refusedAt === null)?.value ?? '';

const requestId = ({ tools }: AzureOpenaiWorld): string => tools.random('0123456789abcdef', 32);

const armError = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  headers,
  json: { error: { code, message } },
});

const fetchToken = (visit: Visit, world: AzureOpenaiWorld): Reply => {
  const { options, tools } = world;
  const contentType = visit.headers['content-type'] ?? '';
  const fields = fieldsOf(visit.body);
  world.tokenRequests.push({ contentType, body: visit.body });
  const error = (status: number, code: string, description: string): Reply => ({
    status,
    json: { error: code, error_description: description, timestamp: tools.now() },
  });
  if (!contentType.startsWith('application/x-www-form-urlencoded') || fields['grant_type'] !== 'client_credentials') {
    return error(400, 'invalid_request', "AADSTS900144: The request body must contain the parameter: 'grant_type'.");
  }
  if (visit.parameters['tenant'] !== options.tenantId)
    return error(400, 'invalid_request', 'AADSTS90002: Tenant not found.');
  if (fields['scope'] !== 'https://management.azure.com/.default') {
    return error(400, 'invalid_scope', 'AADSTS70011: The provided value for scope is not valid.');
  }
  if (fields['client_id'] !== options.clientId) {
    return error(400, 'unauthorized_client', 'AADSTS700016: Application was not found in the directory.');
  }
  if (fields['client_secret'] !== options.clientSecret) {
    return error(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
  }
  const value = `eyJ0eXAiOiJKV1Qi.${tools.random(alphanumeric, 40)}.${tools.random(alphanumeric, 40)}`;
  const expiresAt = instant(milliseconds(tools.now()) + options.tokenLivesSeconds * 1000);
  world.tokens.push({ value, expiresAt });
  return { status: 200, json: { token_type: 'Bearer', expires_in: options.tokenLivesSeconds, access_token: value } };
};

const fieldsOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? { ...body } : {};

/** What the management plane says before it looks at the deed; null when the caller may go on. */
const turnedDown = (visit: Visit, { options, tools, tokens }: AzureOpenaiWorld): Reply | null => {
  const bearer = /^Bearer (.+)$/.exec(visit.headers['authorization'] ?? '')?.[1];
  const token = tokens.find(({ value }) => value === bearer);
  if (token === undefined) {
    return armError(401, 'InvalidAuthenticationToken', 'The access token is invalid.', {
      'www-authenticate': 'Bearer',
    });
  }
  if (token.expiresAt <= tools.now())
    return armError(401, 'ExpiredAuthenticationToken', 'The access token expiry is over.');
  const { subscription, group, account } = visit.parameters;
  if (visit.query.get('api-version') === null) {
    return armError(400, 'MissingApiVersionParameter', 'The api-version query parameter is required for all requests.');
  }
  if (subscription !== options.subscriptionId)
    return armError(404, 'SubscriptionNotFound', 'The subscription could not be found.');
  if (group !== options.resourceGroup)
    return armError(404, 'ResourceGroupNotFound', 'The resource group could not be found.');
  if (account !== options.resourceName) return armError(404, 'ResourceNotFound', 'The resource was not found.');
  return null;
};

const bothKeys = (world: AzureOpenaiWorld): Reply => ({
  status: 200,
  headers: { 'x-ms-request-id': requestId(world) },
  json: { key1: living(world, 'Key1'), key2: living(world, 'Key2') },
});

const listKeys = (visit: Visit, world: AzureOpenaiWorld): Reply => turnedDown(visit, world) ?? bothKeys(world);

const regenerateKey = (visit: Visit, world: AzureOpenaiWorld): Reply => {
  const refusal = turnedDown(visit, world);
  if (refusal !== null) return refusal;
  const { keyName } = fieldsOf(visit.body);
  if (keyName !== 'Key1' && keyName !== 'Key2') return armError(400, 'InvalidKeyName', 'The key name is invalid.');
  fill(world, keyName);
  return bothKeys(world);
};

/** The data plane: what the caller's key gets it. */
const withKey = (visit: Visit, world: AzureOpenaiWorld, answer: () => Reply): Reply => {
  if (world.options.isNetworkClosed) {
    return armError(403, 'AccessDenied', 'Access denied due to Virtual Network/Firewall rules.');
  }
  const held = world.values.find(({ value, refusedAt }) => value === visit.headers['api-key'] && refusedAt === null);
  if (held === undefined || !visit.host.startsWith(`${world.options.resourceName.toLowerCase()}.`)) {
    return armError(
      401,
      '401',
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active ' +
        'subscription and use a correct regional API endpoint for your resource.',
    );
  }
  held.lastUsedAt = world.tools.now();
  return answer();
};

const listModels = (visit: Visit, world: AzureOpenaiWorld): Reply =>
  withKey(visit, world, () => ({
    status: 200,
    json: {
      object: 'list',
      data: world.options.models.map((id) => ({ object: 'model', id, lifecycle_status: 'generally-available' })),
    },
  }));

const complete = (visit: Visit, world: AzureOpenaiWorld): Reply =>
  withKey(visit, world, () => ({
    status: 200,
    json: {
      id: `chatcmpl-${world.tools.random(alphanumeric, 24)}`,
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.' } }],
    },
  }));

const account =
  '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.CognitiveServices/accounts/:account';

/** One Azure OpenAI resource with its management plane and the Entra tenant before it. */
export const simulatedAzureOpenai: Simulation<AzureOpenaiOptions, AzureOpenaiWorld> = {
  id: 'azure-openai',
  origins: ({ resourceName }) => [
    'https://management.azure.com',
    'https://login.microsoftonline.com',
    `https://${resourceName.toLowerCase()}.openai.azure.com`,
  ],
  defaults: {
    tenantId: '11111111-1111-4111-8111-111111111111',
    clientId: '22222222-2222-4222-8222-222222222222',
    clientSecret: 'simulated-client-secret',
    subscriptionId: '33333333-3333-4333-8333-333333333333',
    resourceGroup: 'ai-workloads',
    resourceName: 'keyturn-simulated',
    models: ['gpt-4o-2024-11-20', 'text-embedding-3-large'],
    tokenLivesSeconds: 3599,
    isNetworkClosed: false,
  },
  makeWorld: (options, tools) => {
    const world: AzureOpenaiWorld = { options, tools, values: [], tokens: [], tokenRequests: [] };
    fill(world, 'Key1');
    fill(world, 'Key2');
    return world;
  },
  routes: [
    { method: 'POST', path: '/:tenant/oauth2/v2.0/token', answer: fetchToken },
    { method: 'POST', path: `${account}/listKeys`, answer: listKeys },
    { method: 'POST', path: `${account}/regenerateKey`, answer: regenerateKey },
    { method: 'GET', path: '/openai/models', answer: listModels },
    { method: 'POST', path: '/openai/deployments/:deployment/chat/completions', answer: complete },
  ],
  failure: (status) => {
    if (status === 429) {
      return armError(429, 'TooManyRequests', 'The request is being throttled.', { 'retry-after': '1' });
    }
    return status === 404
      ? armError(404, 'ResourceNotFound', 'The resource was not found.')
      : armError(status, 'InternalServerError', 'The server encountered an error. Please retry the request.');
  },
  keys: ({ values }) =>
    values.map(
      ({ id, value, createdAt, lastUsedAt, refusedAt }): SimulatedKey => ({
        id,
        name: null,
        value,
        createdAt,
        lastUsedAt,
        refusedAt,
      }),
    ),
  /** A person presses "Regenerate" in the portal: `{slot: 'Key1' | 'Key2'}`. */
  mint: (world, question) => {
    const { id, value } = fill(world, question['slot'] === 'Key1' ? 'Key1' : 'Key2');
    return { keyId: id, value };
  },
};
