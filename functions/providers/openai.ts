import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import { instant, type KeyId, keyId, milliseconds } from '../domain/identifiers.ts';
import { SecretValue } from '../domain/secret-value.ts';
import { HttpFailure } from '../ports.ts';
import { type Answer, ask, probeAdmin, remedyFor, send, told, type Vendor } from './http.ts';
import {
  type Call,
  type Finding,
  type KeyRecord,
  type Operations,
  type Provider,
  SettingsError,
  type ValidateQuestion,
  type Verdict,
} from './provider.ts';
import { parseWith } from './settings.ts';

// Keys of one declared service account. Keys that people own cannot be made by API.
// https://github.com/openai/openai-openapi (f85dbe22) and npm openai 7.55.0, read 2026-11.

const settingsSchema = z.strictObject({
  projectId: z.string().check(z.regex(/^proj_[\w-]+$/, 'must be a project id such as proj_abc123')),
  serviceAccountId: z.string().check(z.regex(/^[\w.-]+$/, 'must be a service account id such as svc_acct_abc123')),
  /** What new keys may do. Left out: everything that the service account may. */
  scopes: z.optional(
    z
      .array(z.string().check(z.minLength(1)))
      .check(z.minLength(1, 'an empty list would give every permission: leave it out if that is meant')),
  ),
  /** For organisations whose policy demands that keys expire: longer than cadence and overlap together. */
  keyExpirySeconds: z.optional(z.int().check(z.minimum(1), z.maximum(31_536_000))),
});
type Settings = z.infer<typeof settingsSchema>;

const origin = 'https://api.openai.com';

const errorSchema = z.object({
  error: z.object({
    message: z.nullish(z.string()),
    type: z.nullish(z.string()),
    code: z.nullish(z.string()),
  }),
});

const missingScopes = /Missing scopes: ([\w., ]*\w)/;

const errorOf = (body: unknown): z.infer<typeof errorSchema>['error'] | undefined =>
  errorSchema.safeParse(body).data?.error;

/** Undefined where the answer does not say that the key lacks any. */
const lackedScopes = (body: unknown): string | undefined => missingScopes.exec(errorOf(body)?.message ?? '')?.[1];

const vendor: Vendor = {
  title: 'OpenAI',
  code: (body) => {
    // A missing scope comes as 401 or 403 with a code of null: https://github.com/microsoft/PowerToys/issues/32989
    if (lackedScopes(body) !== undefined) return 'missing_scope';
    const error = errorOf(body);
    return error?.type === 'insufficient_quota' ? moneyCode(error.code) : (error?.code ?? error?.type ?? null);
  },
  requestIdHeader: 'x-request-id',
  // Retrying never helps: https://help.openai.com/en/articles/6614457, read 2026-11.
  personMust: {
    insufficient_quota: 'Add credit or raise the limit in the billing settings.',
    credit_balance_exhausted: 'Add credit in the billing settings.',
    organization_spend_limit_exceeded: "Raise the organisation's spend limit.",
    project_spend_limit_exceeded: "Raise the project's spend limit.",
    organization_usage_limit_exceeded: "Raise the organisation's usage limit.",
  },
};

/** The type may say "no money" beside a code that nobody knows yet. */
const moneyCode = (code: string | null | undefined): string =>
  code && remedyFor(vendor, code) !== undefined ? code : 'insufficient_quota';

/** The only codes that speak of the key itself. The one for an expired key is not published. */
const deadKeyCodes: readonly (string | null)[] = ['invalid_api_key', 'api_key_expired', 'expired_api_key'];

/** Seconds since 1970, as far as a date reaches. */
const epochSeconds = z.number().check(z.minimum(0), z.maximum(8_640_000_000_000));

const keySchema = z.object({
  id: z.string(),
  name: z.nullable(z.string()),
  /** Such as `sk-svc...f3Ab`. */
  redacted_value: z.string(),
  created_at: epochSeconds,
  last_used_at: z.nullish(epochSeconds),
  expires_at: z.nullish(epochSeconds),
  owner: z.object({ type: z.nullish(z.string()), service_account: z.nullish(z.object({ id: z.string() })) }),
});
type Key = z.infer<typeof keySchema>;

const project = ({ settings }: Call<Settings>): string =>
  `${origin}/v1/organization/projects/${encodeURIComponent(settings.projectId)}`;

const keyUrl = (call: Call<Settings>, id: KeyId): string => `${project(call)}/api_keys/${encodeURIComponent(id)}`;

const bearer = (value: SecretValue): { readonly authorization: string } => ({
  authorization: `Bearer ${value.expose()}`,
});

const gone = ({ status }: Answer): 'gone' | undefined => (status === 404 ? 'gone' : undefined);

const getKey = (call: Call<Settings>, id: KeyId): Promise<Key | 'gone'> =>
  ask(call.http, vendor, {
    what: `OpenAI: read key ${id}`,
    method: 'GET',
    url: keyUrl(call, id),
    headers: bearer(call.admin),
    repeatable: true,
    read: keySchema,
    known: gone,
  });

/** An expired key cannot be updated, so it never comes back: the SDK's text on updates, 2026-10. */
const isExpired = (call: Call<Settings>, { expires_at }: Key): boolean =>
  typeof expires_at === 'number' && expires_at * 1000 <= milliseconds(call.clock.now());

const pageSchema = z.object({ data: z.array(keySchema), has_more: z.boolean(), last_id: z.nullish(z.string()) });

/** All keys of the project, whoever owns them. */
const allKeys = async (call: Call<Settings>): Promise<readonly Key[]> => {
  const keys: Key[] = [];
  const cursors = new Set<string>();
  for (let after: string | undefined; ; ) {
    // Without `any` the listing shows only what membership lets it, and may miss an enabled key.
    const query = new URLSearchParams({ limit: '100', owner_project_access: 'any', ...(after && { after }) });
    const page: z.infer<typeof pageSchema> = await ask(call.http, vendor, {
      what: 'OpenAI: list the keys of the project',
      method: 'GET',
      url: `${project(call)}/api_keys?${query.toString()}`,
      headers: bearer(call.admin),
      repeatable: true,
      read: pageSchema,
    });
    keys.push(...page.data);
    if (!page.has_more) return keys;
    after = page.last_id ?? undefined;
    if (!after || cursors.has(after)) {
      throw new Fault('NothingChanged', 'OpenAI: list the keys of the project: the pages go round in a circle.');
    }
    cursors.add(after);
  }
};

const createdSchema = z.object({ id: z.string().check(z.minLength(1)), value: z.string().check(z.minLength(1)) });

const createKey: Operations<Settings>['createKey'] = async (call, name) => {
  const { serviceAccountId, scopes, keyExpirySeconds } = call.settings;
  const created = await ask(call.http, vendor, {
    what: `OpenAI: create key ${name}`,
    method: 'POST',
    url: `${project(call)}/service_accounts/${encodeURIComponent(serviceAccountId)}/api_keys`,
    headers: bearer(call.admin),
    json: { name, scopes, expires_in_seconds: keyExpirySeconds },
    repeatable: false,
    read: createdSchema,
  });
  return { keyId: keyId(created.id), value: new SecretValue(created.value) };
};

const listKeys = async (call: Call<Settings>): Promise<readonly KeyRecord[]> =>
  (await allKeys(call)).map((key) => ({
    keyId: keyId(key.id),
    name: key.name,
    createdAt: instant(key.created_at * 1000),
    active: !isExpired(call, key),
    hint: key.redacted_value.slice(-4),
  }));

/** By the first and last characters, which is all that OpenAI shows of a value. */
const identifyKey = async (call: Call<Settings>, value: SecretValue): Promise<KeyId | null> => {
  const alike = (await allKeys(call)).filter((key) => looksLike(value, key));
  const [only] = alike;
  if (only === undefined) return null;
  if (alike.length === 1) return keyId(only.id);
  const ids = alike.map(({ id }) => id).join(', ');
  throw new Fault(
    'NeedsPerson',
    `OpenAI: identify a key: ${ids} look alike; nothing was changed. Name the key by its id.`,
  );
};

/** Null where what is shown cannot be compared. */
const looksLike = (value: SecretValue, { redacted_value: shown }: Key): boolean | null => {
  const [head, tail] = shown.split(/[.*…]+/);
  if (!head || !tail) return null;
  const text = value.expose();
  return text.startsWith(head) && text.endsWith(tail);
};

const readUsage: Operations<Settings>['readUsage'] = async (call, { keyId: id, since }) => {
  const key = await getKey(call, id);
  if (key === 'gone') return { kind: 'quiet', evidence: 'OpenAI has no such key any more' };
  if (!key.last_used_at) return { kind: 'quiet', evidence: 'OpenAI: never used' };
  const lastUsedAt = instant(key.last_used_at * 1000);
  // Whole seconds: a use in the second of `since` may have come after it.
  return key.last_used_at * 1000 + 999 < milliseconds(since)
    ? { kind: 'quiet', evidence: `OpenAI: last used at ${lastUsedAt}` }
    : { kind: 'busy', lastUsedAt, evidence: `OpenAI: last used at ${lastUsedAt}` };
};

/**
 * Deletes the key. Where the organisation's API does not delete keys of service accounts (it answers 400; until
 * 2026-10 all did), a second request makes the key expire in a second, with the narrowest scope.
 * @returns whether the key is gone: also when it was not there, or cannot come back from its expiry
 */
const end = async (call: Call<Settings>, id: KeyId): Promise<boolean> => {
  const isDeleted = await ask(call.http, vendor, {
    what: `OpenAI: delete key ${id}`,
    method: 'DELETE',
    url: keyUrl(call, id),
    headers: bearer(call.admin),
    repeatable: false,
    read: z.pipe(
      z.object({ deleted: z.literal(true) }),
      z.transform(() => true),
    ),
    known: ({ status }) => {
      if (status === 404) return true;
      return status === 400 ? false : undefined;
    },
  });
  if (isDeleted) return true;
  const key = await getKey(call, id);
  if (key === 'gone' || isExpired(call, key)) return true;
  // A scope that the organisation does not know must not stand in the way of the expiry.
  const narrowed = { expires_in_seconds: 1, scopes: ['api.model.read'] };
  if (!(await expire(call, id, narrowed)) && !(await expire(call, id, { expires_in_seconds: 1 }))) {
    throw new Fault('Refused', `OpenAI neither deletes key ${id} nor lets it expire; it is still live.`);
  }
  return false;
};

/** False when it was turned down. A key that is not there any more has expired. */
const expire = (call: Call<Settings>, id: KeyId, json: object): Promise<boolean> =>
  ask(call.http, vendor, {
    what: `OpenAI: let key ${id} expire`,
    method: 'POST',
    url: keyUrl(call, id),
    headers: bearer(call.admin),
    json,
    repeatable: false,
    read: z.pipe(
      z.unknown(),
      z.transform(() => true),
    ),
    known: ({ status }) => {
      if (status === 404) return true;
      return status === 400 ? false : undefined;
    },
  });

/** OpenAI has nothing that a key can come back from, so this is for good as well. */
const containKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  await end(call, id);
};

const revokeKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  if (await end(call, id)) return;
  throw new Fault(
    'NeedsPerson',
    `OpenAI: delete key ${id}: this organisation's API does not delete keys of service accounts (HTTP 400). ` +
      'Instead the key was narrowed and expires within seconds; it stays listed. ' +
      'Check that it is refused, delete it in the dashboard if you can, then `keyturn resume`.',
  );
};

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

const validate = async (call: Call<Settings>, question: ValidateQuestion): Promise<Verdict> => {
  const answer = await send(call.http, vendor, {
    method: 'GET',
    url: `${origin}/v1/models`,
    headers: bearer(question.value),
  });
  if (answer instanceof HttpFailure) return { kind: 'unclear', evidence: 'OpenAI gave no complete answer' };
  const evidence = `OpenAI answered ${told(answer)}`;
  if (deadKeyCodes.includes(answer.code)) return { kind: 'refused', evidence };
  const seen = probeFindings(answer, question, call.settings);
  if (seen === null) return { kind: 'unclear', evidence };
  return { kind: 'accepted', findings: [...seen, ...(await adminFindings(call, question))] };
};

/** What the probe shows of a key that authenticates; null when the answer does not say that it does. */
const probeFindings = (
  answer: Answer,
  { expects }: ValidateQuestion,
  settings: Settings,
): readonly Finding[] | null => {
  const permissions = declared(expects.permissions, settings);
  const mayListModels =
    permissions.length === 0 || permissions.some((scope) => /^api\.(?:all|model|models)\b/.test(scope));
  const lacked = lackedScopes(answer.body);
  if (lacked !== undefined) {
    // Without the models' scope the listing fails, and that is as declared.
    if (!mayListModels && expects.models.length === 0) return [];
    return [{ kind: 'permission-missing', detail: `The key may not list the models; it lacks ${lacked}.` }];
  }
  if (remedyFor(vendor, answer.code) !== undefined) {
    return [{ kind: 'no-money', detail: `The key is alive, but OpenAI answers ${told(answer)}.` }];
  }
  const models = answer.status === 200 ? modelsSchema.safeParse(answer.body).data : undefined;
  if (models === undefined) return null;
  const present = new Set(models.data.map(({ id }) => id));
  const wider: Finding = {
    kind: 'scope-wider',
    detail: `The key may list the models; declared are only ${permissions.join(', ')}.`,
  };
  return [
    ...(mayListModels ? [] : [wider]),
    ...expects.models
      .filter((model) => !present.has(model))
      .map(
        (model): Finding => ({ kind: 'model-missing', detail: `The key does not reach the declared model ${model}.` }),
      ),
  ];
};

/** OpenAI tells no key's scopes, so what is declared is held against what new keys are made with. */
const declared = (permissions: readonly string[], { scopes }: Settings): readonly string[] =>
  permissions.length > 0 ? permissions : (scopes ?? []);

const adminFindings = async (call: Call<Settings>, question: ValidateQuestion): Promise<readonly Finding[]> => {
  if (question.keyId === null) return [];
  const { projectId, serviceAccountId } = call.settings;
  const key = await getKey(call, question.keyId);
  const elsewhere = (detail: string): readonly Finding[] => [{ kind: 'other-workspace', detail }];
  if (key === 'gone') return elsewhere(`Project ${projectId} has no key ${question.keyId}.`);
  if (looksLike(question.value, key) === false)
    return elsewhere(`Key ${key.id} of project ${projectId} has another value.`);
  if (key.owner.service_account?.id !== serviceAccountId) {
    const owner = key.owner.service_account?.id ?? 'a person';
    return elsewhere(`Key ${key.id} belongs to ${owner}; declared is service account ${serviceAccountId}.`);
  }
  return scopeFindings(question.expects.permissions, call.settings);
};

const scopeFindings = (permissions: readonly string[], { scopes }: Settings): readonly Finding[] => {
  if (permissions.length === 0) return [];
  if (scopes === undefined) {
    const detail = `Keys are made without scopes, which is every permission; declared are ${permissions.join(', ')}.`;
    return [{ kind: 'scope-wider', detail }];
  }
  const wider = scopes.filter((scope) => !permissions.includes(scope));
  const missing = permissions.filter((scope) => !scopes.includes(scope));
  return [
    ...wider.map(
      (scope): Finding => ({ kind: 'scope-wider', detail: `Keys are made with ${scope}; it is not declared.` }),
    ),
    ...missing.map((scope): Finding => ({ kind: 'permission-missing', detail: `Keys are made without ${scope}.` })),
  ];
};

const validateAdmin = (call: Call<Settings>): Promise<Verdict> =>
  probeAdmin(
    call.http,
    vendor,
    {
      method: 'GET',
      url: `${project(call)}/api_keys?limit=1`,
      headers: bearer(call.admin),
    },
    ({ code }) => deadKeyCodes.includes(code),
  );

/** The admin secret is the admin key itself: `sk-admin-...`. */
const admin = (text: SecretValue): void => {
  if (/^sk-admin-[\w-]{16,}$/.test(text.expose())) return;
  throw new SettingsError(
    'The admin secret for OpenAI must be an organisation admin key and nothing else: it begins with sk-admin-. ' +
      "A project's key cannot manage keys.",
  );
};

export const openai: Provider<Settings> = {
  id: 'openai',
  title: 'OpenAI',
  settings: parseWith(settingsSchema),
  identity: ({ projectId, serviceAccountId }) => ({ scope: projectId, holder: serviceAccountId }),
  admin,
  facts: {
    // OpenAI publishes no cap. This one is ours: more live keys than this in one project is a fault somewhere.
    maximumLiveKeys: 100,
    // Not published either; the SDK's text on updates speaks of an authentication cache. ProveRefused waits longer.
    revocationTakesSeconds: 5,
    sources: [
      'https://github.com/openai/openai-openapi/blob/f85dbe22/openapi.yaml',
      'https://www.npmjs.com/package/openai/v/7.55.0',
      'https://help.openai.com/en/articles/6614457-troubleshooting-api-usage-and-spend-limits',
    ],
  },
  operations: { validate, createKey, listKeys, identifyKey, readUsage, containKey, revokeKey, validateAdmin },
};
