import * as z from 'zod/mini';
import { instant, type KeyId, keyId, milliseconds, secondsBetween } from '../domain/identifiers.ts';
import { SecretValue } from '../domain/secret-value.ts';
import { HttpFailure } from '../ports.ts';
import { type Answer, ask, probeAdmin, type Request, remedyFor, send, told, type Vendor } from './http.ts';
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

// https://github.com/pinecone-io/pinecone-api (068bdf77, 2026-04) and npm @pinecone-database/pinecone 9.0.0, read 2026-11.

const roles = [
  'ProjectEditor',
  'ProjectViewer',
  'ControlPlaneEditor',
  'ControlPlaneViewer',
  'DataPlaneEditor',
  'DataPlaneViewer',
] as const;

const settingsSchema = z.strictObject({
  projectId: z.guid('must be the id of the project, a UUID'),
  /** What new keys may do; the vendor's own default unless told. */
  roles: z._default(z.array(z.enum(roles)).check(z.minLength(1)), ['ProjectEditor']),
});
type Settings = z.infer<typeof settingsSchema>;

const adminSchema = z.strictObject({
  clientId: z.string().check(z.minLength(1)),
  clientSecret: z.string().check(z.minLength(1)),
});

const apiOrigin = 'https://api.pinecone.io';
const loginOrigin = 'https://login.pinecone.io';
const version = { 'x-pinecone-api-version': '2026-04' };

const errorSchema = z.union([
  z.pipe(
    z.object({ error: z.object({ code: z.string() }) }),
    z.transform(({ error }) => error.code),
  ),
  // The login server: https://github.com/pinecone-io/pinecone-api/blob/068bdf77/2026-04/oauth_2026-04.oas.yaml
  z.pipe(
    z.object({ error: z.string() }),
    z.transform(({ error }) => error),
  ),
  // Bare text, as the control plane sends: https://docs.pinecone.io/reference/api/2026-07/control-plane/delete_backup
  z.pipe(
    z.string().check(z.regex(/^\W*invalid api key\W*$/i)),
    z.transform(() => 'INVALID_API_KEY'),
  ),
  z.pipe(
    z.string().check(z.regex(/^\W*(?:forbidden|permission denied)\W*$/i)),
    z.transform(() => 'FORBIDDEN'),
  ),
]);

const vendor: Vendor = {
  title: 'Pinecone',
  code: (body) => errorSchema.safeParse(body).data ?? null,
  // None is documented.
  requestIdHeader: null,
  personMust: {
    QUOTA_EXCEEDED: "The plan's quota is used up: delete keys that nobody needs, or raise the quota.",
  },
};

/** A token that expires sooner than this is not used for another request. */
const tokenMarginSeconds = 60;

/** No vendor's token lives for a year, and no date reaches as far as any number. */
const longestTokenSeconds = 366 * 24 * 3600;

const tokenSchema = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.number().check(z.maximum(longestTokenSeconds)),
});

const readAdmin = (text: SecretValue): z.infer<typeof adminSchema> | null => {
  try {
    return adminSchema.safeParse(JSON.parse(text.expose())).data ?? null;
  } catch {
    return null;
  }
};

/** The admin secret is the service account's `{"clientId": "...", "clientSecret": "..."}`. */
const parseAdmin = (text: SecretValue): z.infer<typeof adminSchema> => {
  const parsed = readAdmin(text);
  if (parsed !== null) return parsed;
  throw new SettingsError(
    'The admin secret for Pinecone must be JSON of a service account: {"clientId": "...", "clientSecret": "..."}.',
  );
};

const tokenRequest = (admin: SecretValue): Request => {
  const { clientId, clientSecret } = parseAdmin(admin);
  return {
    what: 'Pinecone: fetch an admin token',
    method: 'POST',
    url: `${loginOrigin}/oauth/token`,
    headers: version,
    // The audience's last slash matters.
    json: {
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'client_credentials',
      audience: `${apiOrigin}/`,
    },
    repeatable: true,
  };
};

/** Tokens die with the secret that they were fetched with: its rotation revokes them within seconds. */
const validateAdmin = ({ http, admin }: Call<Settings>): Promise<Verdict> =>
  probeAdmin(http, vendor, tokenRequest(admin), ({ status, code }) => status === 401 && code === 'access_denied');

const fetchToken = async ({ http, admin, clock, tokens }: Call<Settings>): Promise<SecretValue> => {
  const token = await ask(http, vendor, { ...tokenRequest(admin), read: tokenSchema });
  const value = new SecretValue(token.access_token);
  tokens.set(vendor.title, { value, expiresAt: instant(milliseconds(clock.now()) + token.expires_in * 1000) });
  return value;
};

/** Asks with the account's token. A token that has died early is replaced once. */
const askAdmin = async <T, Known = never>(
  call: Call<Settings>,
  request: Omit<Request, 'headers'> & {
    readonly read: z.ZodMiniType<T>;
    readonly known?: (answer: Answer) => Known | undefined;
  },
): Promise<T | Known> => {
  const cached = call.tokens.get(vendor.title);
  const lives = cached !== undefined && secondsBetween(call.clock.now(), cached.expiresAt) > tokenMarginSeconds;
  const token = lives ? cached.value : await fetchToken(call);
  const first = await ask(call.http, vendor, {
    ...request,
    headers: { ...version, authorization: `Bearer ${token.expose()}` },
    known: (answer) => {
      if (answer.status === 401) return turnedDown;
      const known = request.known?.(answer);
      return known === undefined ? undefined : { known };
    },
    read: z.pipe(
      request.read,
      z.transform((read) => ({ read })),
    ),
  });
  if (first !== turnedDown) return 'read' in first ? first.read : first.known;
  const fresh = await fetchToken(call);
  return ask(call.http, vendor, { ...request, headers: { ...version, authorization: `Bearer ${fresh.expose()}` } });
};

const turnedDown = Symbol('turned down');

const keySchema = z.object({
  id: z.string().check(z.minLength(1)),
  name: z.string(),
  project_id: z.string(),
  roles: z.array(z.string()),
});

const gone = ({ status }: Answer): 'gone' | undefined => (status === 404 ? 'gone' : undefined);

const keysOfProject = ({ settings }: Call<Settings>): string =>
  `${apiOrigin}/admin/projects/${encodeURIComponent(settings.projectId)}/api-keys`;

const keyUrl = (id: KeyId): string => `${apiOrigin}/admin/api-keys/${encodeURIComponent(id)}`;

const createKey: Operations<Settings>['createKey'] = async (call, name) => {
  const created = await askAdmin(call, {
    what: `Pinecone: create key ${name}`,
    method: 'POST',
    url: keysOfProject(call),
    json: { name, roles: call.settings.roles },
    repeatable: false,
    read: z.object({
      key: z.object({ id: z.string().check(z.minLength(1)) }),
      value: z.string().check(z.minLength(1)),
    }),
  });
  return { keyId: keyId(created.key.id), value: new SecretValue(created.value) };
};

const listKeys = async (call: Call<Settings>): Promise<readonly KeyRecord[]> => {
  const { data } = await askAdmin(call, {
    what: 'Pinecone: list the keys of the project',
    method: 'GET',
    url: keysOfProject(call),
    repeatable: true,
    read: z.object({ data: z.array(keySchema) }),
  });
  return data.map(({ id, name }) => ({ keyId: keyId(id), name, createdAt: null, active: true, hint: null }));
};

/** Answers once the deletion is accepted; the key dies a little later. */
const revokeKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  await askAdmin(call, {
    what: `Pinecone: delete key ${id}`,
    method: 'DELETE',
    url: keyUrl(id),
    repeatable: false,
    read: z.unknown(),
    known: gone,
  });
};

const validate = async (call: Call<Settings>, question: ValidateQuestion): Promise<Verdict> => {
  const answer = await send(call.http, vendor, {
    method: 'GET',
    url: `${apiOrigin}/indexes`,
    headers: { ...version, 'api-key': question.value.expose() },
  });
  if (answer instanceof HttpFailure) return { kind: 'unclear', evidence: 'Pinecone gave no complete answer' };
  const evidence = `Pinecone answered ${told(answer)}`;
  const seen = probeFindings(answer, declared(question, call.settings));
  if (seen !== 'neither' && seen !== 'dead') {
    return { kind: 'accepted', findings: [...seen, ...(await adminFindings(call, question))] };
  }
  return { kind: seen === 'dead' ? 'refused' : 'unclear', evidence };
};

const deadKeyCodes: readonly (string | null)[] = ['UNAUTHENTICATED', 'INVALID_API_KEY'];

/** Alive, without a role on the control plane: seen by TruffleHog (pkg/detectors/pinecone, 3ab759fe). */
const narrowRoleCodes: readonly (string | null)[] = ['PERMISSION_DENIED', 'FORBIDDEN'];

/** What the probe shows of a key that authenticates; else whether the answer says that it is dead. */
const probeFindings = (answer: Answer, declaredRoles: readonly string[]): readonly Finding[] | 'dead' | 'neither' => {
  const { status, code } = answer;
  if (deadKeyCodes.includes(code)) return 'dead';
  if (status === 200) return indexesSchema.safeParse(answer.body).success ? [] : 'neither';
  if (narrowRoleCodes.includes(code)) {
    if (declaredRoles.every((role) => role.startsWith('DataPlane'))) return [];
    return [
      { kind: 'permission-missing', detail: `The key may not list indexes; declared are ${declaredRoles.join(', ')}.` },
    ];
  }
  // 402 is billing, and only an account's own key gets that far.
  if (status === 402 || remedyFor(vendor, code) !== undefined) {
    return [{ kind: 'no-money', detail: `The key is alive, but Pinecone answers ${told(answer)}.` }];
  }
  return 'neither';
};

const indexesSchema = z.object({ indexes: z.optional(z.array(z.unknown())) });

const declared = ({ expects }: ValidateQuestion, settings: Settings): readonly string[] =>
  expects.permissions.length > 0 ? expects.permissions : settings.roles;

const adminFindings = async (call: Call<Settings>, question: ValidateQuestion): Promise<readonly Finding[]> => {
  if (question.keyId === null) return [];
  const key = await askAdmin(call, {
    what: `Pinecone: read key ${question.keyId}`,
    method: 'GET',
    url: keyUrl(question.keyId),
    repeatable: true,
    read: keySchema,
    known: gone,
  });
  const elsewhere = (detail: string): readonly Finding[] => [{ kind: 'other-workspace', detail }];
  const { projectId } = call.settings;
  if (key === 'gone') return elsewhere(`The organisation of the admin secret has no key ${question.keyId}.`);
  if (key.project_id !== projectId)
    return elsewhere(`The key lives in project ${key.project_id}; declared is ${projectId}.`);
  const wanted = declared(question, call.settings);
  return [
    ...key.roles
      .filter((role) => !wanted.includes(role))
      .map(
        (role): Finding => ({ kind: 'scope-wider', detail: `The key has the role ${role}, which is not declared.` }),
      ),
    ...wanted
      .filter((role) => !key.roles.includes(role))
      .map((role): Finding => ({ kind: 'permission-missing', detail: `The key has not the declared role ${role}.` })),
    ...question.expects.models.map(
      (model): Finding => ({ kind: 'model-missing', detail: `Pinecone grants no models; ${model} is declared.` }),
    ),
  ];
};

export const pinecone: Provider<Settings> = {
  id: 'pinecone',
  title: 'Pinecone',
  settings: parseWith(settingsSchema),
  identity: ({ projectId }) => ({ scope: projectId, holder: null }),
  admin: (text) => {
    parseAdmin(text);
  },
  facts: {
    // The plan's quota decides (403 QUOTA_EXCEEDED), and its number is not published. This one is ours.
    maximumLiveKeys: 100,
    // A deletion is answered with 202, "accepted". How long it takes is not published; ProveRefused waits longer.
    revocationTakesSeconds: 10,
    sources: [
      'https://github.com/pinecone-io/pinecone-api/blob/068bdf77/2026-04/admin_2026-04.oas.yaml',
      'https://docs.pinecone.io/guides/projects/manage-api-keys',
      'https://www.npmjs.com/package/@pinecone-database/pinecone/v/9.0.0',
    ],
  },
  // No readUsage: Pinecone keeps no last use, and has no usage report by key. No disable either.
  operations: { validate, createKey, listKeys, containKey: revokeKey, revokeKey, validateAdmin },
};
