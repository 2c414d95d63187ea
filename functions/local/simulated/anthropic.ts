import { type Instant, instant, milliseconds } from '../../domain/identifiers.ts';
import type { Reply, Simulation, Tools, Visit } from './server.ts';

export interface AnthropicOptions {
  adminKey: string;
  organizationId: string;
  /** Where a person makes keys unless told. */
  workspaceId: string;
  models: readonly string[];
  /** Names that stand for a model and are not listed. */
  aliases: readonly string[];
  /** The most keys or rows on one page, whatever the caller asks for; the vendor's own is 1000. */
  pageSize: number;
  /** The organisation's cap counts active keys. */
  maximumActiveKeys: number;
  /** How long an active key is still refused, and an inactive one still accepted. */
  activationLagSeconds: number;
  revocationLagSeconds: number;
  /** How long a model call takes to show in the usage reports. */
  usageLagSeconds: number;
  /** The workspace's own limit: every key answers 400. */
  isSpendLimitReached: boolean;
}

type Status = 'active' | 'inactive' | 'archived';

type Key = {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  /** A workspace's id; null is the default workspace; `organization` is no workspace at all. */
  readonly workspaceId: string | null;
  status: Status;
  acceptedAt: Instant;
  refusedAt: Instant | null;
  lastUsedAt: Instant | null;
};

export interface AnthropicWorld {
  /** May be changed while it runs. */
  readonly options: AnthropicOptions;
  readonly tools: Tools;
  readonly keys: Key[];
  /** Model calls, for the usage reports. */
  readonly calls: { readonly keyId: string; readonly at: Instant }[];
}

export interface ConsoleQuestion {
  /** Null: the default workspace. */
  readonly workspaceId: string | null;
  readonly name: string;
  readonly expiresAt?: Instant | null;
  /** Makes a key whose hint cannot be told from this one's. */
  readonly looksLike?: string;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const later = (at: Instant, seconds: number): Instant => instant(milliseconds(at) + seconds * 1000);

/** What a person does in the Console: the only way to make a key. The value is shown once. */
export const createInConsole = (
  { options, tools, keys }: AnthropicWorld,
  { workspaceId, name, expiresAt = null, looksLike }: ConsoleQuestion,
): { readonly keyId: string; readonly value: string } => {
  const model = keys.find(({ id }) => id === looksLike)?.value;
  const start = model?.slice(0, 16) ?? `sk-ant-api03-${tools.random(letters, 3)}`;
  const end = model?.slice(-4) ?? `${tools.random(letters, 2)}AA`;
  const value = `${start}${tools.random(letters, 88)}${end}`;
  const id = `apikey_01${tools.random(letters, 22)}`;
  const now = tools.now();
  keys.push({
    id,
    name,
    value,
    createdAt: now,
    expiresAt,
    workspaceId,
    status: 'active',
    acceptedAt: later(now, options.activationLagSeconds),
    refusedAt: null,
    lastUsedAt: null,
  });
  return { keyId: id, value };
};

const statusOf = (key: Key, now: Instant): Status | 'expired' =>
  key.status !== 'archived' && key.expiresAt !== null && key.expiresAt <= now ? 'expired' : key.status;

const hintOf = (value: string): string => `${value.slice(0, 16)}...${value.slice(-4)}`;

/** As the API shows it. The value is not among what it knows. */
const shown = (key: Key, now: Instant): Readonly<Record<string, unknown>> => ({
  type: 'api_key',
  id: key.id,
  name: key.name,
  status: statusOf(key, now),
  partial_key_hint: hintOf(key.value),
  created_at: key.createdAt,
  created_by: { id: 'user_01SimulatedPerson', type: 'user' },
  expires_at: key.expiresAt,
  principal: key.workspaceId === 'organization' ? { type: 'user_actor', user_id: 'user_01SimulatedPerson' } : null,
  ...(key.workspaceId === 'organization'
    ? { scope: { type: 'organization' }, workspace_id: null }
    : { scope: { type: 'workspace', workspace_id: key.workspaceId }, workspace_id: key.workspaceId }),
});

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

const failure = (status: number, message = 'Something went wrong.', code?: string): Reply => ({
  status,
  headers: { 'request-id': 'req_01Simulated', ...(status === 429 && { 'retry-after': '1' }) },
  json: {
    type: 'error',
    error: {
      type: errorTypes[status] ?? 'api_error',
      message,
      ...(code !== undefined && { details: { error_code: code } }),
    },
    request_id: 'req_01Simulated',
  },
});

const presented = ({ headers }: Visit): string | undefined =>
  headers['x-api-key'] ?? /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1];

const withoutVersion = ({ headers }: Visit): Reply | null =>
  headers['anthropic-version'] === undefined ? failure(400, 'anthropic-version: header is required') : null;

const asAdmin = (visit: Visit, { options }: AnthropicWorld, answer: () => Reply): Reply => {
  if (presented(visit) !== options.adminKey) return failure(401, 'invalid x-api-key');
  return withoutVersion(visit) ?? answer();
};

const asKey = (visit: Visit, world: AnthropicWorld, answer: (key: Key) => Reply): Reply => {
  const now = world.tools.now();
  const key = world.keys.find(({ value }) => value === presented(visit));
  const isAccepted =
    key !== undefined &&
    key.acceptedAt <= now &&
    (key.refusedAt === null || key.refusedAt > now) &&
    (key.expiresAt === null || key.expiresAt > now);
  if (!isAccepted) return failure(401, 'invalid x-api-key');
  const problem = withoutVersion(visit);
  if (problem !== null) return problem;
  if (world.options.isSpendLimitReached) {
    return failure(
      400,
      'You have reached your specified workspace API usage limits. You will regain access on 2026-12-01.',
    );
  }
  key.lastUsedAt = now;
  const reply = answer(key);
  return {
    ...reply,
    headers: {
      'request-id': 'req_01Simulated',
      'anthropic-organization-id': world.options.organizationId,
      // An organisation's key has no workspace of its own, and the default one is told by an id that no key shows.
      'anthropic-workspace-id': key.workspaceId?.startsWith('wrkspc_') ? key.workspaceId : 'wrkspc_01SimulatedDefault',
      ...reply.headers,
    },
  };
};

const model = (id: string): Readonly<Record<string, unknown>> => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '2026-01-01T00:00:00Z',
});

const listModels = (visit: Visit, world: AnthropicWorld): Reply =>
  asKey(visit, world, () => {
    const limit = Number(visit.query.get('limit') ?? 20);
    const { models } = world.options;
    return { status: 200, json: { data: models.slice(0, limit).map(model), has_more: models.length > limit } };
  });

const getModel = (visit: Visit, world: AnthropicWorld): Reply =>
  asKey(visit, world, () => {
    const { models, aliases } = world.options;
    const id = visit.parameters['model'] ?? '';
    return [...models, ...aliases].includes(id) ? { status: 200, json: model(id) } : failure(404, `model: ${id}`);
  });

const createMessage = (visit: Visit, world: AnthropicWorld): Reply =>
  asKey(visit, world, ({ id }) => {
    world.calls.push({ keyId: id, at: world.tools.now() });
    return {
      status: 200,
      json: {
        id: `msg_01${world.tools.random(letters, 22)}`,
        type: 'message',
        role: 'assistant',
        content: [{ type: 'text', text: 'Hello.' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 10, output_tokens: 3 },
      },
    };
  });

/** Newest first, in pages: a page ends where the caller's limit ends, and the next begins after its last key. */
const listKeys = (visit: Visit, world: AnthropicWorld): Reply =>
  asAdmin(visit, world, () => {
    const now = world.tools.now();
    const { query } = visit;
    const limit = Number(query.get('limit') ?? 20);
    if (!(limit >= 1 && limit <= 1000)) return failure(400, 'limit: must be between 1 and 1000');
    const found = world.keys
      .filter((key) => query.get('status') === null || query.get('status') === statusOf(key, now))
      .filter(({ workspaceId }) => query.get('workspace_id') === null || query.get('workspace_id') === workspaceId)
      .toReversed();
    const after = found.findIndex(({ id }) => id === query.get('after_id'));
    if (query.get('after_id') !== null && after === -1) return failure(400, 'after_id: not found');
    const page = found.slice(after + 1, after + 1 + Math.min(limit, world.options.pageSize));
    return {
      status: 200,
      json: {
        data: page.map((key) => shown(key, now)),
        has_more: after + 1 + page.length < found.length,
        first_id: page.at(0)?.id ?? null,
        last_id: page.at(-1)?.id ?? null,
      },
    };
  });

const getKey = (visit: Visit, world: AnthropicWorld): Reply =>
  asAdmin(visit, world, () => {
    const key = world.keys.find(({ id }) => id === visit.parameters['key']);
    return key === undefined ? failure(404, 'Not found') : { status: 200, json: shown(key, world.tools.now()) };
  });

const updateKey = (visit: Visit, world: AnthropicWorld): Reply =>
  asAdmin(visit, world, () => {
    const { options, tools, keys } = world;
    const now = tools.now();
    const key = keys.find(({ id }) => id === visit.parameters['key']);
    if (key === undefined) return failure(404, 'Not found');
    const status = statusField(visit.body);
    if (status === null) return failure(400, "status: Input should be 'active', 'inactive' or 'archived'");
    const present = statusOf(key, now);
    if (present === 'archived') return failure(400, 'Archived API keys cannot be updated.');
    if (present === 'expired' && status !== 'archived') return failure(400, 'Expired API keys cannot be updated.');
    if (status === 'active' && present !== 'active') {
      const active = keys.filter((other) => statusOf(other, now) === 'active').length;
      if (active >= options.maximumActiveKeys) {
        return failure(400, 'The organization has reached its limit of active API keys.', 'org_api_key_limit_exceeded');
      }
      key.acceptedAt = later(now, options.activationLagSeconds);
      key.refusedAt = null;
    }
    if (status !== 'active') key.refusedAt ??= later(now, options.revocationLagSeconds);
    key.status = status;
    return { status: 200, json: shown(key, now) };
  });

const statusField = (body: unknown): Status | null => {
  const status = typeof body === 'object' && body !== null && 'status' in body ? body.status : null;
  return status === 'active' || status === 'inactive' || status === 'archived' ? status : null;
};

const widths: Readonly<Record<string, { readonly milliseconds: number; readonly buckets: number }>> = {
  '1m': { milliseconds: 60_000, buckets: 60 },
  '1h': { milliseconds: 3_600_000, buckets: 24 },
  '1d': { milliseconds: 86_400_000, buckets: 7 },
};

/** What the reports know by now of the calls that the query asks for. */
const reported = ({ options, tools, calls }: AnthropicWorld, query: URLSearchParams): AnthropicWorld['calls'] => {
  const until = later(tools.now(), -options.usageLagSeconds);
  const wanted = query.getAll('api_key_ids[]');
  return calls.filter(({ keyId, at }) => at <= until && (wanted.length === 0 || wanted.includes(keyId)));
};

const keyIdOf = (query: URLSearchParams, keyId: string): string | null =>
  query.getAll('group_by[]').includes('api_key_id') ? keyId : null;

/** Every bucket from the start to now, used or not, a page of them at a time. */
const usageReport = (visit: Visit, world: AnthropicWorld): Reply =>
  asAdmin(visit, world, () => {
    const { query } = visit;
    const width = widths[query.get('bucket_width') ?? '1d'];
    const asked = Date.parse(query.get('page') ?? query.get('starting_at') ?? '');
    if (width === undefined || Number.isNaN(asked)) return failure(400, 'starting_at: Field required');
    const first = Math.floor(asked / width.milliseconds) * width.milliseconds;
    const starts = Array.from({ length: width.buckets }, (_, index) => first + index * width.milliseconds).filter(
      (start) => start <= milliseconds(world.tools.now()),
    );
    const next = first + width.buckets * width.milliseconds;
    const hasMore = next <= milliseconds(world.tools.now());
    const calls = reported(world, query);
    return {
      status: 200,
      json: {
        data: starts.map((start) => {
          const within = calls.filter(
            ({ at }) => milliseconds(at) >= start && milliseconds(at) < start + width.milliseconds,
          );
          return {
            starting_at: instant(start),
            ending_at: instant(start + width.milliseconds),
            results: [...new Set(within.map(({ keyId }) => keyId))].map((keyId) => ({
              api_key_id: keyIdOf(query, keyId),
              workspace_id: null,
              model: null,
              uncached_input_tokens: 10,
              output_tokens: 3,
            })),
          };
        }),
        has_more: hasMore,
        next_page: hasMore ? instant(next) : null,
      },
    };
  });

/** Rows only where there was use, and nothing without the beta header. */
const analyticsUsage = (visit: Visit, world: AnthropicWorld): Reply =>
  asAdmin(visit, world, () => {
    const { query, headers } = visit;
    if (headers['anthropic-beta'] !== 'analytics-usage-cost-2026-08-24') return failure(404, 'Not found');
    const width = widths[query.get('time_bucket_width') ?? '']?.milliseconds;
    const from = Date.parse(query.get('starting_at') ?? '');
    const to = Date.parse(query.get('ending_at') ?? '');
    const days = width === 60_000 ? 1 : 31;
    if (width === undefined || !(from < to) || to - from > days * 86_400_000)
      return failure(400, 'ending_at: range too long');
    const rows = reported(world, query)
      .map(({ keyId, at }) => ({ keyId, start: Math.floor(milliseconds(at) / width) * width }))
      .filter(({ start }) => start >= from && start < to);
    const unique = [...new Map(rows.map((row) => [`${row.keyId} ${row.start}`, row])).values()];
    const offset = Number(query.get('page') ?? 0);
    const end = offset + world.options.pageSize;
    return {
      status: 200,
      json: {
        data: unique.slice(offset, end).map(({ keyId, start }) => ({
          starting_at: instant(start),
          ending_at: instant(start + width),
          group: { api_key_id: keyIdOf(query, keyId) },
          usage: { total_tokens: 13 },
        })),
        has_more: end < unique.length,
        next_page: end < unique.length ? String(end) : null,
      },
    };
  });

/** One Anthropic organisation: the Admin API, the Messages API, and the Console in which people make keys. */
export const simulatedAnthropic: Simulation<AnthropicOptions, AnthropicWorld> = {
  id: 'anthropic',
  origins: () => ['https://api.anthropic.com'],
  defaults: {
    adminKey: 'sk-ant-admin01-simulated',
    organizationId: '44444444-4444-4444-8444-444444444444',
    workspaceId: 'wrkspc_01Simulated',
    models: ['claude-sonnet-4-5-20250929', 'claude-haiku-4-5-20251001'],
    aliases: ['claude-sonnet-4-5', 'claude-haiku-4-5'],
    pageSize: 1000,
    maximumActiveKeys: 100,
    activationLagSeconds: 0,
    revocationLagSeconds: 0,
    usageLagSeconds: 300,
    isSpendLimitReached: false,
  },
  makeWorld: (options, tools) => ({ options, tools, keys: [], calls: [] }),
  routes: [
    { method: 'GET', path: '/v1/models', answer: listModels },
    { method: 'GET', path: '/v1/models/:model', answer: getModel },
    { method: 'POST', path: '/v1/messages', answer: createMessage },
    { method: 'GET', path: '/v1/organizations/api_keys', answer: listKeys },
    { method: 'GET', path: '/v1/organizations/api_keys/:key', answer: getKey },
    { method: 'POST', path: '/v1/organizations/api_keys/:key', answer: updateKey },
    { method: 'GET', path: '/v1/organizations/usage_report/messages', answer: usageReport },
    { method: 'GET', path: '/v1/organizations/analytics/usage', answer: analyticsUsage },
  ],
  failure: (status) => failure(status),
  keys: ({ keys }) =>
    keys.map(({ id, name, value, createdAt, lastUsedAt, refusedAt, expiresAt }) => ({
      id,
      name,
      value,
      createdAt,
      lastUsedAt,
      refusedAt: refusedAt ?? expiresAt,
    })),
  /** `{ workspaceId?: string | null, name?, expiresAt?, looksLike? }`: in the declared workspace unless told. */
  mint: (world, { workspaceId, name, expiresAt, looksLike }) =>
    createInConsole(world, {
      workspaceId: typeof workspaceId === 'string' || workspaceId === null ? workspaceId : world.options.workspaceId,
      name: typeof name === 'string' ? name : 'made in the Console',
      ...(typeof looksLike === 'string' && { looksLike }),
      ...(typeof expiresAt === 'string' && { expiresAt: instant(Date.parse(expiresAt)) }),
    }),
};
