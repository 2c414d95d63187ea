import { type Instant, instant, milliseconds } from '../../domain/identifiers.ts';
import type { Reply, Route, SimulatedKey, Simulation, Tools, Visit } from './server.ts';

export interface OpenAiOptions {
  adminKey: string;
  projectId: string;
  serviceAccountId: string;
  models: readonly string[];
  /** The most keys on one page, whatever the caller asks for; the vendor's own is 100. */
  pageSize: number;
  /** How long a new key is refused, and a deleted one still accepted. */
  activationLagSeconds: number;
  revocationLagSeconds: number;
  /** Until 2026-10 no organisation's API deleted keys of service accounts: it answered 400. */
  deletesServiceAccountKeys: boolean;
  /** The organisation's policy: every key must expire within this time. Null: no policy. */
  maximumKeyLifetimeSeconds: number | null;
  /** Null, or the code that model calls and probes are answered with, as 429. */
  moneyCode: string | null;
}

interface Key {
  readonly id: string;
  readonly projectId: string;
  /** Null: a person's key. */
  readonly serviceAccountId: string | null;
  readonly name: string;
  readonly value: string;
  readonly createdAt: Instant;
  /** Empty: everything. */
  scopes: readonly string[];
  lastUsedAt: Instant | null;
  deletedAt: Instant | null;
  expiresAt: Instant | null;
}

export interface OpenAiWorld {
  /** May be changed while it runs. */
  readonly options: OpenAiOptions;
  readonly keysById: Map<string, Key>;
  readonly tools: Tools;
}

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const errorTypes: Readonly<Record<number, string>> = { 429: 'requests', 500: 'server_error', 503: 'server_error' };

const refusal = (status: number, code: string | null, message: string): Reply => ({
  status,
  json: { error: { message, type: errorTypes[status] ?? 'invalid_request_error', param: null, code } },
});

const failure = (status: number): Reply => ({
  ...refusal(
    status,
    status === 429 ? 'rate_limit_exceeded' : null,
    status === 429 ? 'Rate limit reached.' : status === 404 ? 'Invalid URL.' : 'The server had an error.',
  ),
  headers: {
    'x-request-id': 'req_simulated',
    ...(status === 429 && {
      'retry-after': '1',
      'retry-after-ms': '1000',
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
    }),
  },
});

const later = (at: Instant, seconds: number): Instant => instant(milliseconds(at) + seconds * 1000);

/** From when on the key is refused; null while nothing ends it. */
const refusedAt = ({ options }: OpenAiWorld, key: Key): Instant | null => {
  const ends = [
    ...(key.deletedAt === null ? [] : [later(key.deletedAt, options.revocationLagSeconds)]),
    ...(key.expiresAt === null ? [] : [key.expiresAt]),
  ];
  return ends.sort()[0] ?? null;
};

const isAccepted = (world: OpenAiWorld, key: Key): boolean => {
  const now = world.tools.now();
  const end = refusedAt(world, key);
  return now >= later(key.createdAt, world.options.activationLagSeconds) && (end === null || now < end);
};

const masked = (value: string): string => `${value.slice(0, 8)}...${value.slice(-4)}`;

const bearerOf = ({ headers }: Visit): string => (headers['authorization'] ?? '').replace(/^Bearer /, '');

const wrongKey = (value: string): Reply =>
  refusal(
    401,
    'invalid_api_key',
    `Incorrect API key provided: ${masked(value)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
  );

const missing = (scope: string): Reply =>
  refusal(
    401,
    null,
    `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization.`,
  );

/** A call with a data key, which counts as use when it is accepted. */
const withKey =
  (scope: string, answer: (world: OpenAiWorld) => Reply) =>
  (visit: Visit, world: OpenAiWorld): Reply => {
    const value = bearerOf(visit);
    const key = [...world.keysById.values()].find((candidate) => candidate.value === value);
    if (key === undefined || !isAccepted(world, key)) return wrongKey(value);
    key.lastUsedAt = world.tools.now();
    if (key.scopes.length > 0 && !key.scopes.includes(scope)) return missing(scope);
    const { moneyCode } = world.options;
    if (moneyCode === null) return answer(world);
    return {
      status: 429,
      json: {
        error: {
          message: 'You exceeded your current quota.',
          type: 'insufficient_quota',
          param: null,
          code: moneyCode,
        },
      },
    };
  };

/** A call with the admin key, on a project that exists. */
const withAdmin =
  (answer: (visit: Visit, world: OpenAiWorld) => Reply) =>
  (visit: Visit, world: OpenAiWorld): Reply => {
    const value = bearerOf(visit);
    if (value !== world.options.adminKey) {
      const isDataKey = [...world.keysById.values()].some((key) => key.value === value);
      return isDataKey ? missing('api.management.read') : wrongKey(value);
    }
    if (visit.parameters['project'] !== world.options.projectId) return refusal(404, 'not_found', 'No such project.');
    return answer(visit, world);
  };

const seconds = (at: Instant | null): number | null => (at === null ? null : Math.floor(milliseconds(at) / 1000));

const shown = (key: Key) => ({
  object: 'organization.project.api_key',
  id: key.id,
  name: key.name,
  redacted_value: masked(key.value),
  created_at: seconds(key.createdAt),
  last_used_at: seconds(key.lastUsedAt),
  expires_at: seconds(key.expiresAt),
  owner_project_access: 'active',
  owner:
    key.serviceAccountId === null
      ? {
          type: 'user',
          user: {
            id: 'user_simulated',
            name: 'A Person',
            email: 'person@example.com',
            role: 'member',
            created_at: 1_711_471_533,
          },
        }
      : {
          type: 'service_account',
          service_account: { id: key.serviceAccountId, name: 'Simulated', role: 'member', created_at: 1_711_471_533 },
        },
});

const list = withAdmin(({ query, parameters }, world) => {
  const all = [...world.keysById.values()]
    .filter((key) => key.deletedAt === null && key.projectId === parameters['project'])
    // The trap: without `any`, membership decides what is visible, and a service account is no member.
    .filter((key) => query.get('owner_project_access') === 'any' || key.serviceAccountId === null);
  const from = query.has('after') ? all.findIndex(({ id }) => id === query.get('after')) + 1 : 0;
  const size = Math.min(Number(query.get('limit') ?? 20), world.options.pageSize);
  const page = all.slice(from, from + size);
  return {
    status: 200,
    json: {
      object: 'list',
      data: page.map(shown),
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
      has_more: from + size < all.length,
    },
  };
});

const liveKey = ({ parameters }: Visit, world: OpenAiWorld): Key | null => {
  const key = world.keysById.get(parameters['key'] ?? '');
  return key === undefined || key.deletedAt !== null || key.projectId !== parameters['project'] ? null : key;
};

const noSuchKey = refusal(404, 'not_found', 'No such API key.');

const read = withAdmin((visit, world) => {
  const key = liveKey(visit, world);
  return key === null ? noSuchKey : { status: 200, json: shown(key) };
});

type KeyWish = { readonly name?: unknown; readonly scopes?: unknown; readonly expires_in_seconds?: unknown };

const wishOf = (body: unknown): KeyWish => (typeof body === 'object' && body !== null ? body : {});

/** What is wrong with the wished lifetime, or null. */
const badLifetime = (wish: KeyWish, { maximumKeyLifetimeSeconds: most }: OpenAiOptions): Reply | null => {
  const { expires_in_seconds: lifetime } = wish;
  if (lifetime === undefined) {
    return most === null ? null : refusal(400, 'invalid_request', 'expires_in_seconds is required by policy.');
  }
  const fits =
    typeof lifetime === 'number' && Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= (most ?? 31_536_000);
  return fits ? null : refusal(400, 'invalid_request', 'expires_in_seconds is out of range.');
};

const scopesOf = ({ scopes }: KeyWish): readonly string[] | null =>
  Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : null;

const expiryOf = ({ expires_in_seconds: lifetime }: KeyWish, now: Instant): Instant | null =>
  typeof lifetime === 'number' ? later(now, lifetime) : null;

const create = withAdmin(({ body, parameters }, world) => {
  if (parameters['account'] !== world.options.serviceAccountId)
    return refusal(404, 'not_found', 'No such service account.');
  const wish = wishOf(body);
  const wrong = badLifetime(wish, world.options);
  if (wrong !== null) return wrong;
  const key = addKey(world, {
    serviceAccountId: world.options.serviceAccountId,
    name: typeof wish.name === 'string' ? wish.name : '',
    scopes: scopesOf(wish) ?? [],
    expiresAt: expiryOf(wish, world.tools.now()),
  });
  return {
    status: 200,
    json: {
      object: 'organization.project.service_account.api_key',
      id: key.id,
      value: key.value,
      name: key.name,
      created_at: seconds(key.createdAt),
      expires_at: seconds(key.expiresAt),
    },
  };
});

const update = withAdmin((visit, world) => {
  const key = liveKey(visit, world);
  if (key === null) return noSuchKey;
  const wish = wishOf(visit.body);
  if (wish.scopes === undefined && wish.expires_in_seconds === undefined) {
    return refusal(400, 'invalid_request', 'Provide scopes or expires_in_seconds.');
  }
  const now = world.tools.now();
  if (key.expiresAt !== null && key.expiresAt <= now)
    return refusal(400, 'invalid_request', 'Expired keys cannot be updated.');
  const wrong = wish.expires_in_seconds === undefined ? null : badLifetime(wish, world.options);
  if (wrong !== null) return wrong;
  key.scopes = scopesOf(wish) ?? key.scopes;
  key.expiresAt = expiryOf(wish, now) ?? key.expiresAt;
  return { status: 200, json: shown(key) };
});

const remove = withAdmin((visit, world) => {
  const key = liveKey(visit, world);
  if (key === null) return noSuchKey;
  if (key.serviceAccountId !== null && !world.options.deletesServiceAccountKeys) {
    return refusal(400, null, 'API keys of service accounts cannot be deleted.');
  }
  key.deletedAt = world.tools.now();
  return { status: 200, json: { object: 'organization.project.api_key.deleted', id: key.id, deleted: true } };
});

const addKey = (
  world: OpenAiWorld,
  wish: Pick<Key, 'serviceAccountId' | 'name' | 'scopes'> & {
    readonly projectId?: string;
    readonly expiresAt?: Instant | null;
  },
): Key => {
  const { now, random } = world.tools;
  const body = `${alphanumeric}_-`;
  const prefix = wish.serviceAccountId === null ? 'sk-proj-' : 'sk-svcacct-';
  const key: Key = {
    projectId: world.options.projectId,
    expiresAt: null,
    ...wish,
    id: `key_${random(alphanumeric, 16)}`,
    value: `${prefix}${random(body, 74)}T3BlbkFJ${random(body, 74)}`,
    createdAt: now(),
    lastUsedAt: null,
    deletedAt: null,
  };
  world.keysById.set(key.id, key);
  return key;
};

const models = withKey('api.model.read', ({ options }) => ({
  status: 200,
  json: {
    object: 'list',
    data: options.models.map((id) => ({ id, object: 'model', created: 1_711_471_533, owned_by: 'openai' })),
  },
}));

const respond = withKey('api.responses.write', ({ tools }) => ({
  status: 200,
  json: { id: `resp_${tools.random(alphanumeric, 24)}`, object: 'response', status: 'completed', output: [] },
}));

const keysPath = '/v1/organization/projects/:project/api_keys';

const routes: readonly Route<OpenAiWorld>[] = [
  { method: 'GET', path: '/v1/models', answer: models },
  { method: 'POST', path: '/v1/responses', answer: respond },
  { method: 'GET', path: keysPath, answer: list },
  { method: 'GET', path: `${keysPath}/:key`, answer: read },
  { method: 'POST', path: `${keysPath}/:key`, answer: update },
  { method: 'DELETE', path: `${keysPath}/:key`, answer: remove },
  { method: 'POST', path: '/v1/organization/projects/:project/service_accounts/:account/api_keys', answer: create },
];

export const simulatedOpenai: Simulation<OpenAiOptions, OpenAiWorld> = {
  id: 'openai',
  origins: () => ['https://api.openai.com'],
  defaults: {
    adminKey: 'sk-admin-simulated-0123456789abcdefghij',
    projectId: 'proj_simulated',
    serviceAccountId: 'svc_acct_simulated',
    models: ['gpt-5.5', 'gpt-5.5-mini', 'text-embedding-4'],
    pageSize: 100,
    activationLagSeconds: 0,
    revocationLagSeconds: 0,
    deletesServiceAccountKeys: true,
    maximumKeyLifetimeSeconds: null,
    moneyCode: null,
  },
  makeWorld: (options, tools) => ({ options, keysById: new Map(), tools }),
  routes,
  failure,
  keys: (world) =>
    [...world.keysById.values()].map(
      (key): SimulatedKey => ({
        id: key.id,
        name: key.name,
        value: key.value,
        createdAt: key.createdAt,
        lastUsedAt: key.lastUsedAt,
        refusedAt: refusedAt(world, key),
      }),
    ),
  /** `{ name?, owner?: 'person', projectId?, serviceAccountId?, scopes? }`: a key of the declared account unless told. */
  mint: (world, { name = 'by-hand', owner, projectId, serviceAccountId, scopes }) => {
    const account = typeof serviceAccountId === 'string' ? serviceAccountId : world.options.serviceAccountId;
    const key = addKey(world, {
      name: String(name),
      serviceAccountId: owner === 'person' ? null : account,
      scopes: scopesOf({ scopes }) ?? [],
      ...(typeof projectId === 'string' && { projectId }),
    });
    return { keyId: key.id, value: key.value };
  },
};
