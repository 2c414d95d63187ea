import { type Instant, instant, milliseconds } from '../../domain/identifiers.ts';
import type { Reply, Route, SimulatedKey, Simulation, Tools, Visit } from './server.ts';

export interface PineconeOptions {
  clientId: string;
  clientSecret: string;
  /** The projects of the organisation; keys made by hand go into the first. */
  projectIds: readonly [string, ...string[]];
  /** The plan's quota of keys in a project. */
  maximumKeys: number;
  tokenLifetimeSeconds: number;
  /** How long a new key is refused, and a deleted one still accepted. */
  activationLagSeconds: number;
  revocationLagSeconds: number;
  /** Whether a dead key is answered with the bare text that the documentation shows, or with the specified JSON. */
  bareRefusals: boolean;
}

interface Key {
  readonly id: string;
  readonly projectId: string;
  name: string;
  roles: readonly string[];
  readonly value: string;
  readonly createdAt: Instant;
  lastUsedAt: Instant | null;
  deletedAt: Instant | null;
}

export interface PineconeWorld {
  /** May be changed while it runs. */
  readonly options: PineconeOptions;
  readonly keysById: Map<string, Key>;
  /** Access tokens with the time they expire. A token that is taken out has been revoked. */
  readonly tokens: Map<string, Instant>;
  readonly tools: Tools;
}

const hexadecimal = '0123456789abcdef';
const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const codes: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

const refusal = (status: number, message: string, code = codes[status] ?? 'UNKNOWN'): Reply => ({
  status,
  json: { status, error: { code, message } },
});

const failure = (status: number): Reply => ({
  ...refusal(status, status === 404 ? 'Not found.' : status === 429 ? 'Too many requests.' : 'Internal server error.'),
  ...(status === 429 && { headers: { 'retry-after': '1' } }),
});

const later = (at: Instant, seconds: number): Instant => instant(milliseconds(at) + seconds * 1000);

const refusedAt = ({ options }: PineconeWorld, { deletedAt }: Key): Instant | null =>
  deletedAt === null ? null : later(deletedAt, options.revocationLagSeconds);

const versioned =
  (answer: (visit: Visit, world: PineconeWorld) => Reply) =>
  (visit: Visit, world: PineconeWorld): Reply =>
    /^\d{4}-\d{2}$/.test(visit.headers['x-pinecone-api-version'] ?? '')
      ? answer(visit, world)
      : refusal(400, 'X-Pinecone-Api-Version is required.');

/** A call with an access token. */
const withToken = (answer: (visit: Visit, world: PineconeWorld) => Reply) =>
  versioned((visit, world) => {
    const expiresAt = world.tokens.get((visit.headers['authorization'] ?? '').replace(/^Bearer /, ''));
    if (expiresAt === undefined || expiresAt <= world.tools.now()) return refusal(401, 'Invalid API key.');
    return answer(visit, world);
  });

/** A call with a data key, which counts as use when it is accepted. */
const withKey = (mayCall: (role: string) => boolean, answer: (visit: Visit, world: PineconeWorld) => Reply) =>
  versioned((visit, world) => {
    const now = world.tools.now();
    const key = [...world.keysById.values()].find(({ value }) => value === visit.headers['api-key']);
    const end = key === undefined ? null : refusedAt(world, key);
    const { activationLagSeconds, bareRefusals } = world.options;
    if (key === undefined || now < later(key.createdAt, activationLagSeconds) || (end !== null && now >= end)) {
      return bareRefusals ? { status: 401, text: 'Invalid API key' } : refusal(401, 'Invalid API key.');
    }
    key.lastUsedAt = now;
    return key.roles.some(mayCall) ? answer(visit, world) : refusal(403, 'The key has no role that allows this.');
  });

const login = versioned(({ body }, world) => {
  const { client_id, client_secret, grant_type, audience } = fieldsOf(body);
  const { clientId, clientSecret, tokenLifetimeSeconds } = world.options;
  if (grant_type !== 'client_credentials' || audience !== 'https://api.pinecone.io/') {
    return {
      status: 403,
      json: { error: 'access_denied', error_description: `Service not enabled within domain: ${String(audience)}` },
    };
  }
  if (client_id !== clientId || client_secret !== clientSecret) {
    return { status: 401, json: { error: 'access_denied', error_description: 'Unauthorized' } };
  }
  const token = `eyJ${world.tools.random(alphanumeric, 120)}`;
  world.tokens.set(token, later(world.tools.now(), tokenLifetimeSeconds));
  return { status: 200, json: { access_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds } };
});

const fieldsOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? Object.fromEntries(Object.entries(body)) : {};

const shown = ({ id, name, projectId, roles }: Key) => ({ id, name, project_id: projectId, roles });

const liveKeys = (world: PineconeWorld, projectId: string | undefined): readonly Key[] =>
  [...world.keysById.values()].filter((key) => key.deletedAt === null && key.projectId === projectId);

const list = withToken(({ parameters }, world) =>
  world.options.projectIds.includes(parameters['project'] ?? '')
    ? { status: 200, json: { data: liveKeys(world, parameters['project']).map(shown) } }
    : refusal(404, 'No such project.'),
);

const create = withToken(({ parameters, body }, world) => {
  const project = parameters['project'] ?? '';
  if (!world.options.projectIds.includes(project)) return refusal(404, 'No such project.');
  const { name, roles = ['ProjectEditor'] } = fieldsOf(body);
  if (typeof name !== 'string' || name.length < 1 || name.length > 80 || !isRoles(roles)) {
    return refusal(400, 'Bad request. The request body included invalid request parameters.');
  }
  if (liveKeys(world, project).length >= world.options.maximumKeys) {
    return refusal(403, 'Not enough available quota to complete this operation.', 'QUOTA_EXCEEDED');
  }
  const key = addKey(world, project, name, roles);
  return { status: 201, json: { key: shown(key), value: key.value } };
});

const isRoles = (roles: unknown): roles is readonly string[] =>
  Array.isArray(roles) &&
  roles.every((role) => typeof role === 'string' && /^(?:Project|ControlPlane|DataPlane)(?:Editor|Viewer)$/.test(role));

const addKey = (world: PineconeWorld, projectId: string, name: string, roles: readonly string[]): Key => {
  const { now, random } = world.tools;
  const key: Key = {
    id: [8, 4, 4, 4, 12].map((length) => random(hexadecimal, length)).join('-'),
    projectId,
    name,
    roles,
    value: `pcsk_${random(alphanumeric, 6)}_${random(alphanumeric, 63)}`,
    createdAt: now(),
    lastUsedAt: null,
    deletedAt: null,
  };
  world.keysById.set(key.id, key);
  return key;
};

const onKey = (answer: (key: Key, visit: Visit, world: PineconeWorld) => Reply) =>
  withToken((visit, world) => {
    const key = world.keysById.get(visit.parameters['key'] ?? '');
    return key === undefined || key.deletedAt !== null ? refusal(404, 'No such API key.') : answer(key, visit, world);
  });

const read = onKey((key) => ({ status: 200, json: shown(key) }));

const update = onKey((key, { body }) => {
  const { name = key.name, roles = key.roles } = fieldsOf(body);
  if (typeof name !== 'string' || !isRoles(roles)) return refusal(400, 'Bad request.');
  key.name = name;
  key.roles = roles;
  return { status: 200, json: shown(key) };
});

const remove = onKey((key, _visit, world) => {
  key.deletedAt = world.tools.now();
  return { status: 202 };
});

const indexes = withKey(
  (role) => !role.startsWith('DataPlane'),
  () => ({ status: 200, json: { indexes: [] } }),
);

const embed = withKey(
  () => true,
  () => ({
    status: 200,
    json: { model: 'multilingual-e5-large', vector_type: 'dense', data: [], usage: { total_tokens: 0 } },
  }),
);

const routes: readonly Route<PineconeWorld>[] = [
  { method: 'POST', path: '/oauth/token', answer: login },
  { method: 'GET', path: '/indexes', answer: indexes },
  { method: 'POST', path: '/embed', answer: embed },
  { method: 'GET', path: '/admin/projects/:project/api-keys', answer: list },
  { method: 'POST', path: '/admin/projects/:project/api-keys', answer: create },
  { method: 'GET', path: '/admin/api-keys/:key', answer: read },
  { method: 'PATCH', path: '/admin/api-keys/:key', answer: update },
  { method: 'DELETE', path: '/admin/api-keys/:key', answer: remove },
];

export const simulatedPinecone: Simulation<PineconeOptions, PineconeWorld> = {
  id: 'pinecone',
  origins: () => ['https://api.pinecone.io', 'https://login.pinecone.io'],
  defaults: {
    clientId: 'simulatedClient0123456789abcdefg',
    clientSecret: 'simulated-client-secret-0123456789abcdef',
    projectIds: ['11111111-2222-4333-8444-555555555555', '66666666-7777-4888-9999-aaaaaaaaaaaa'],
    maximumKeys: 100,
    tokenLifetimeSeconds: 1800,
    activationLagSeconds: 0,
    revocationLagSeconds: 0,
    bareRefusals: true,
  },
  makeWorld: (options, tools) => ({ options, keysById: new Map(), tokens: new Map(), tools }),
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
  /** `{ name?, roles?, projectId? }`. */
  mint: (world, { name = 'by-hand', roles = ['ProjectEditor'], projectId = world.options.projectIds[0] }) => {
    const key = addKey(world, String(projectId), String(name), isRoles(roles) ? roles : []);
    return { keyId: key.id, value: key.value };
  },
};
