import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import { instant, type KeyId, keyId } from '../domain/identifiers.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import { HttpFailure } from '../ports.ts';
import { judgeUse, timeText, type UsagePage, type UsageWindow, usageReports, usageWindow } from './anthropic-usage.ts';
import { type Answer, ask, probeAdmin, send, told, type Vendor } from './http.ts';
import {
  type Call,
  type Finding,
  type KeyRecord,
  type Provider,
  SettingsError,
  type Usage,
  type UsageQuestion,
  type ValidateQuestion,
  type Verdict,
} from './provider.ts';
import { parseWith } from './settings.ts';

// Keys are made by people in the Console: the API lists, renames, disables and archives them, and has no create.
// https://platform.claude.com/docs/en/get-api-key.md and @anthropic-ai/sdk 1.11.0, 2026-11.

const settingsSchema = z.strictObject({
  /** Where the credential's keys must live: in that workspace, in the default one, or in the organisation at large. */
  workspaceId: z.union([z.literal(['default', 'organization']), z.string().check(z.regex(/^wrkspc_\w+$/))]),
  /** The documentation sends keys as `x-api-key`; the SDK 1.x sends them as `authorization`. */
  keyHeader: z._default(z.enum(['x-api-key', 'authorization']), 'x-api-key'),
  /**
   * Both tell use by key. The reference still documents `usage-report`, which other pages call legacy; `analytics` is
   * its successor and in beta: https://platform.claude.com/docs/en/manage-claude/usage-cost-analytics-api.md, 2026-11.
   */
  usageApi: z._default(z.enum(['usage-report', 'analytics']), 'usage-report'),
  /** How far the usage reports lag behind. Anthropic promises no number, so this one is generous. */
  usageDelaySeconds: z._default(z.int().check(z.nonnegative()), 900),
});
type Settings = z.infer<typeof settingsSchema>;

const origin = 'https://api.anthropic.com';
const apiKeys = `${origin}/v1/organizations/api_keys`;

const errorSchema = z.object({
  error: z.object({
    type: z.string(),
    message: z.optional(z.string()),
    details: z.nullish(z.object({ error_code: z.optional(z.string()) })),
  }),
});

const errorOf = (body: unknown): z.infer<typeof errorSchema>['error'] | null =>
  errorSchema.safeParse(body).data?.error ?? null;

const vendor: Vendor = {
  title: 'Anthropic',
  code: (body) => errorOf(body)?.details?.error_code ?? errorOf(body)?.type ?? null,
  requestIdHeader: 'request-id',
  personMust: {
    organization_on_hold: 'Anthropic has put the organisation on hold: settle it with them.',
  },
};

const headersOf = ({ keyHeader }: Settings, value: SecretValue): Readonly<Record<string, string>> => ({
  'anthropic-version': '2023-06-01',
  [keyHeader]: keyHeader === 'authorization' ? `Bearer ${value.expose()}` : value.expose(),
});

const keySchema = z.object({
  id: z.string(),
  name: z.nullish(z.string()),
  status: z.string(),
  /** Such as `sk-ant-api03-R2D...igAA`. */
  partial_key_hint: z.nullish(z.string()),
  created_at: timeText,
  /** Null in the default workspace. Older answers have it in place of `scope`. */
  workspace_id: z.nullish(z.string()),
  scope: z.nullish(z.object({ type: z.string(), workspace_id: z.nullish(z.string()) })),
});
type Key = z.infer<typeof keySchema>;

/** A status that is not known to be dead counts as alive. */
const isActive = ({ status }: Key): boolean => !['inactive', 'archived', 'expired'].includes(status);

/** In the terms of the setting `workspaceId`. */
const placeOf = ({ scope, workspace_id }: Key): string =>
  scope?.type === 'organization' ? 'organization' : (scope?.workspace_id ?? workspace_id ?? 'default');

const isAbsent = ({ status, body }: Answer): boolean => status === 404 && errorOf(body)?.type === 'not_found_error';

const getKey = ({ http, settings, admin }: Call<Settings>, id: KeyId): Promise<Key | null> =>
  ask(http, vendor, {
    what: `Anthropic: read key ${id}`,
    method: 'GET',
    url: `${apiKeys}/${encodeURIComponent(id)}`,
    headers: headersOf(settings, admin),
    repeatable: true,
    read: keySchema,
    known: (answer) => (isAbsent(answer) ? null : undefined),
  });

const pageSchema = z.object({ data: z.array(keySchema), has_more: z.boolean(), last_id: z.nullish(z.string()) });

/** More pages of a thousand keys than any organisation has: a cursor that goes round in a circle. */
const pagesAtMost = 100;

/** Every key of the organisation, of every status and workspace. */
const allKeys = async ({ http, settings, admin }: Call<Settings>): Promise<readonly Key[]> => {
  const keys: Key[] = [];
  let after: string | null = null;
  for (let page = 0; page < pagesAtMost; page += 1) {
    const query: URLSearchParams = new URLSearchParams({ limit: '1000', ...(after !== null && { after_id: after }) });
    const { data, has_more, last_id }: z.infer<typeof pageSchema> = await ask(http, vendor, {
      what: 'Anthropic: list the keys',
      method: 'GET',
      url: `${apiKeys}?${query.toString()}`,
      headers: headersOf(settings, admin),
      repeatable: true,
      read: pageSchema,
    });
    keys.push(...data);
    if (!has_more) return keys;
    if (!last_id || last_id === after) break;
    after = last_id;
  }
  throw new Fault('NothingChanged', 'Anthropic: list the keys: the pages do not end; nothing was changed.');
};

/**
 * Asks for another status, and looks only when that is turned down: containment waits for no reading. An archived or
 * expired key may refuse the status that it has in effect.
 *
 * @returns false when there is no such key
 */
const setStatus = async (
  call: Call<Settings>,
  id: KeyId,
  wish: {
    readonly status: 'active' | 'inactive' | 'archived';
    readonly what: string;
    readonly isMet: (key: Key) => boolean;
  },
): Promise<boolean> => {
  try {
    return await ask(call.http, vendor, {
      what: wish.what,
      method: 'POST',
      url: `${apiKeys}/${encodeURIComponent(id)}`,
      headers: headersOf(call.settings, call.admin),
      json: { status: wish.status },
      repeatable: false,
      read: z.pipe(
        keySchema,
        z.transform(() => true),
      ),
      known: (answer) => (isAbsent(answer) ? false : undefined),
    });
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.name !== 'Refused') throw fault;
    const key = await getKey(call, id);
    if (key === null || wish.isMet(key)) return key !== null;
    throw fault;
  }
};

const disableKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  await setStatus(call, id, {
    status: 'inactive',
    what: `Anthropic: disable key ${id}`,
    isMet: (key) => !isActive(key),
  });
};

const enableKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  const found = await setStatus(call, id, { status: 'active', what: `Anthropic: enable key ${id}`, isMet: isActive });
  if (!found) throw new Fault('Refused', `Anthropic: enable key ${id}: there is no such key; nothing was changed.`);
};

const revokeKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  await setStatus(call, id, {
    status: 'archived',
    what: `Anthropic: archive key ${id}`,
    isMet: ({ status }) => status === 'archived',
  });
};

const validateAdmin = ({ http, settings, admin }: Call<Settings>): Promise<Verdict> =>
  probeAdmin(
    http,
    vendor,
    {
      method: 'GET',
      url: `${apiKeys}?limit=1`,
      headers: headersOf(settings, admin),
    },
    ({ status, body }) => status === 401 && errorOf(body)?.type === 'authentication_error',
  );

const listKeys = async (call: Call<Settings>): Promise<readonly KeyRecord[]> =>
  (await allKeys(call)).map((key) => ({
    keyId: keyId(key.id),
    name: key.name ?? null,
    createdAt: instant(Date.parse(key.created_at)),
    active: isActive(key),
    hint: hintOf(key)?.end ?? null,
  }));

/** What a key shows of its value; null when it shows too little to tell two values apart. */
const hintOf = ({ partial_key_hint }: Key): { readonly start: string; readonly end: string } | null => {
  const [start = '', end = ''] = (partial_key_hint ?? '').split(/\.{3,}|…/);
  return end.length < 4 ? null : { start, end };
};

/** Null where what is shown cannot be compared. */
const looksLike = (value: SecretValue, key: Key): boolean | null => {
  const hint = hintOf(key);
  if (hint === null) return null;
  const text = value.expose();
  return text.startsWith(hint.start) && text.endsWith(hint.end);
};

/** By the hint; where several keys show the same one, by the workspace that the value itself is accepted in. */
const identifyKey = async (call: Call<Settings>, value: SecretValue): Promise<KeyId | null> => {
  const keys = await allKeys(call);
  const alike = keys.filter((key) => looksLike(value, key));
  const [first] = alike;
  if (first === undefined) {
    if (keys.every((key) => looksLike(value, key) === false)) return null;
    throw cannotTell('the organisation has keys that show nothing of their value');
  }
  if (alike.length === 1) return keyId(first.id);
  const answer = await probe(call, value);
  const workspace = answer instanceof HttpFailure ? undefined : answer.headers['anthropic-workspace-id'];
  const [only, ...others] = alike.filter((key) => placeOf(key) === workspace);
  if (only !== undefined && others.length === 0) return keyId(only.id);
  throw cannotTell(`${alike.map(({ id }) => id).join(', ')} look alike`);
};

const cannotTell = (why: string): Fault =>
  new Fault(
    'NeedsPerson',
    `Anthropic: identify a key: ${why}; nothing was changed. Make another key in the Console and submit that one.`,
  );

const probe = ({ http, settings }: Call<Settings>, value: SecretValue): Promise<Answer | HttpFailure> =>
  send(http, vendor, {
    method: 'GET',
    url: `${origin}/v1/models?limit=1000`,
    headers: headersOf(settings, value),
  });

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const moneyCodes: readonly (string | null)[] = [
  'billing_error',
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'ramp_limit_exceeded',
];

/**
 * What an answer says of the key that asked. An organisation or workspace that has reached its own spend limit answers
 * 400 to a living key; only 401 with `authentication_error` is a dead one.
 * https://platform.claude.com/docs/api/errors, 2026-11
 */
const judge = (answer: Answer): Verdict => {
  const { status, code, body } = answer;
  const error = errorOf(body);
  const evidence = `Anthropic answered ${told(answer)}`;
  if (status === 200 && modelsSchema.safeParse(body).success) return { kind: 'accepted', findings: [] };
  if (status === 401 && error?.type === 'authentication_error') return { kind: 'refused', evidence };
  const isSpent = status === 400 && /(?:usage|spend|spending) limit|credit balance/i.test(error?.message ?? '');
  if (isSpent || moneyCodes.includes(code)) {
    return { kind: 'accepted', findings: [{ kind: 'no-money', detail: `The key is alive, but ${evidence}.` }] };
  }
  if (status === 403 && error?.type === 'permission_error') {
    return {
      kind: 'accepted',
      findings: [{ kind: 'permission-missing', detail: `The key may not list the models: ${evidence}.` }],
    };
  }
  return { kind: 'unclear', evidence };
};

const validate = async (call: Call<Settings>, { value, keyId: id, expects }: ValidateQuestion): Promise<Verdict> => {
  const answer = await probe(call, value);
  if (answer instanceof HttpFailure) return { kind: 'unclear', evidence: 'Anthropic gave no complete answer' };
  const verdict = judge(answer);
  if (verdict.kind !== 'accepted') return verdict;
  const key = id === null ? undefined : await getKey(call, id);
  if (key !== null && key !== undefined && !isActive(key)) {
    return { kind: 'unclear', evidence: `Anthropic accepts the key and shows its status as ${key.status}` };
  }
  const missing = answer.status === 200 ? await missingModels(call, value, answer.body, expects.models) : [];
  if (missing === null) return { kind: 'unclear', evidence: 'Anthropic did not say whether a declared model is there' };
  return {
    kind: 'accepted',
    findings: [
      ...verdict.findings,
      ...placeFindings(call.settings.workspaceId, key === undefined ? placeSeen(call.settings, answer) : key, value),
      ...missing.map(
        (model): Finding => ({ kind: 'model-missing', detail: `The key does not reach the declared model ${model}.` }),
      ),
      ...expects.permissions.map(
        (name): Finding => ({
          kind: 'permission-missing',
          detail: `Anthropic's keys have no permissions, so none called ${name}.`,
        }),
      ),
    ],
  };
};

/** The probe's header tells a workspace by its id, and so cannot tell which one is the default. */
const placeSeen = ({ workspaceId }: Settings, { headers }: Answer): string | undefined =>
  workspaceId.startsWith('wrkspc_') ? headers['anthropic-workspace-id'] : undefined;

/** `found` is the key itself, the place that the probe told, null for a key that is not there, undefined for nothing. */
const placeFindings = (
  declared: string,
  found: Key | string | null | undefined,
  value: SecretValue,
): readonly Finding[] => {
  const elsewhere = (detail: string): readonly Finding[] => [{ kind: 'other-workspace', detail }];
  if (found === undefined) return [];
  if (found === null) return elsewhere("The admin key's organisation has no key of that id.");
  if (typeof found !== 'string' && looksLike(value, found) === false) {
    return elsewhere(`Key ${found.id} has another value.`);
  }
  const place = typeof found === 'string' ? found : placeOf(found);
  if (place === declared) return [];
  if (place !== 'organization') return elsewhere(`The key belongs to workspace ${place}; declared is ${declared}.`);
  return [
    { kind: 'scope-wider', detail: `The key is valid in the whole organisation; declared is workspace ${declared}.` },
  ];
};

/** The list has no aliases (`claude-sonnet-4-5`), but each can be asked for. Null when an answer says neither. */
const missingModels = async (
  { http, settings }: Call<Settings>,
  value: SecretValue,
  listing: unknown,
  declared: readonly string[],
): Promise<readonly string[] | null> => {
  const listed = modelsSchema.parse(listing).data.map(({ id }) => id);
  const missing: string[] = [];
  for (const model of declared.filter((name) => !listed.includes(name))) {
    const answer = await send(http, vendor, {
      method: 'GET',
      url: `${origin}/v1/models/${encodeURIComponent(model)}`,
      headers: headersOf(settings, value),
    });
    if (answer instanceof HttpFailure) return null;
    if (isAbsent(answer)) missing.push(model);
    else if (answer.status !== 200) return null;
  }
  return missing;
};

/** The starts of the report's buckets in which the key was used, in milliseconds since 1970. */
const bucketsWithUse = async (
  { http, settings, admin }: Call<Settings>,
  id: KeyId,
  window: UsageWindow,
): Promise<readonly number[]> => {
  const report = usageReports[settings.usageApi];
  const used: number[] = [];
  let next: string | null = null;
  for (let page = 0; page < pagesAtMost; page += 1) {
    const query: URLSearchParams = new URLSearchParams({
      ...report.query(window),
      'group_by[]': 'api_key_id',
      'api_key_ids[]': id,
      ...(next !== null && { page: next }),
    });
    const { buckets, has_more, next_page }: UsagePage = await ask(http, vendor, {
      what: `Anthropic: read the use of key ${id}`,
      method: 'GET',
      url: `${origin}${report.path}?${query.toString()}`,
      headers: { ...headersOf(settings, admin), ...report.headers },
      repeatable: true,
      read: report.read,
    });
    used.push(...buckets.filter(({ keyIds }) => keyIds.includes(id)).map(({ start }) => start));
    if (!has_more) return used;
    if (!next_page || next_page === next) break;
    next = next_page;
  }
  throw new Fault('NothingChanged', `Anthropic: read the use of key ${id}: the pages do not end; nothing was changed.`);
};

const readUsage = async (call: Call<Settings>, { keyId: id, since }: UsageQuestion): Promise<Usage> => {
  const window = usageWindow(since, call.clock.now());
  return judgeUse(window, await bucketsWithUse(call, id, window), call.settings.usageDelaySeconds);
};

export const anthropic: Provider<Settings> = {
  id: 'anthropic',
  title: 'Anthropic',
  settings: parseWith(settingsSchema),
  admin: (text) => {
    if (!/^sk-ant-admin01-[\w-]+$/.test(text.expose())) {
      throw new SettingsError(
        'The admin secret for Anthropic must be an Admin API key and nothing else: it begins with sk-ant-admin01-. ' +
          'An organisation admin makes it in the Console.',
      );
    }
  },
  facts: {
    // There are caps on active keys, without published numbers. This one is ours.
    maximumLiveKeys: 100,
    // Not published either. ProveRefused waits longer.
    revocationTakesSeconds: 5,
    sources: [
      'https://platform.claude.com/docs/en/api/http/organization/api_keys.md',
      'https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages.md',
      'https://platform.claude.com/docs/api/errors',
    ],
  },
  // Every organisation has a `default` workspace, and nothing in the settings says of which organisation it is.
  identity: ({ workspaceId }) => ({ scope: workspaceId.startsWith('wrkspc_') ? workspaceId : null, holder: null }),
  operations: {
    validate,
    validateAdmin,
    listKeys,
    identifyKey,
    readUsage,
    containKey: disableKey,
    disableKey,
    enableKey,
    revokeKey,
  },
};
