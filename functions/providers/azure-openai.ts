import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import { instant, type KeyId, milliseconds, secondsBetween } from '../domain/identifiers.ts';
import { SecretValue } from '../domain/secret-value.ts';
import { HttpFailure } from '../ports.ts';
import { type Answer, ask, probeAdmin, type Request, send, told, type Vendor } from './http.ts';
import {
  type Call,
  type Finding,
  type Provider,
  SettingsError,
  type Slot,
  type ValidateQuestion,
  type Verdict,
} from './provider.ts';
import { parseWith } from './settings.ts';
import { slotKeyId, slotOf } from './slot-key-id.ts';

// A resource has two keys, always, and nothing about them but their values: no id, name, date, scope or use. To
// regenerate one kills its old value at once. https://learn.microsoft.com/azure/cognitive-services/rotate-keys, 2026-11

const settingsSchema = z.strictObject({
  subscriptionId: z.string().check(z.regex(/^[\w-]+$/)),
  resourceGroup: z.string().check(z.regex(/^[\w().-]+$/)),
  resourceName: z.string().check(z.regex(/^[\w-]+$/)),
  /** Where the resource answers; unless told, `https://<resourceName>.openai.azure.com`. */
  endpoint: z.optional(z.url({ protocol: /^https$/ })),
  managementApiVersion: z._default(z.string().check(z.regex(/^[\w.-]+$/)), '2025-09-01'),
  apiVersion: z._default(z.string().check(z.regex(/^[\w.-]+$/)), '2024-10-21'),
});
type Settings = z.infer<typeof settingsSchema>;

const adminSchema = z.object({
  tenantId: z.string().check(z.minLength(1)),
  clientId: z.string().check(z.minLength(1)),
  clientSecret: z.string().check(z.minLength(1)),
});

const adminOf = (admin: SecretValue): z.infer<typeof adminSchema> => {
  try {
    return adminSchema.parse(JSON.parse(admin.expose()));
  } catch {
    throw new SettingsError('The admin secret must be JSON with the texts tenantId, clientId and clientSecret.');
  }
};

/** Azure's services say `{error: {code}}`, Entra says `{error: "invalid_client"}`. */
const errorSchema = z.object({
  error: z.union([
    z.string(),
    z.pipe(
      z.object({ code: z.coerce.string() }),
      z.transform(({ code }) => code),
    ),
  ]),
});

const checkApplication = 'Check tenantId, clientId and clientSecret; replace them with `keyturn admin set`.';
const checkResource = 'Check subscriptionId, resourceGroup and resourceName of the account.';
const vendor: Vendor = {
  title: 'Azure',
  code: (body) => errorSchema.safeParse(body).data?.error ?? null,
  requestIdHeader: 'x-ms-request-id',
  personMust: {
    invalid_client: checkApplication,
    invalid_request: checkApplication,
    unauthorized_client: checkApplication,
    AuthorizationFailed:
      'Give the application the actions listKeys and regenerateKey on Microsoft.CognitiveServices/accounts.',
    SubscriptionNotFound: checkResource,
    InvalidSubscriptionId: checkResource,
    ResourceGroupNotFound: checkResource,
    ResourceNotFound: checkResource,
  },
};

/** Entra's live for a day at most; no date reaches as far as any number. */
const longestTokenSeconds = 366 * 24 * 3600;

const tokenSchema = z.object({
  access_token: z.string().check(z.minLength(1)),
  expires_in: z.coerce.number().check(z.positive(), z.maximum(longestTokenSeconds)),
});

const tokenFor = 'management';

const tokenRequest = (admin: SecretValue): Request => {
  const { tenantId, clientId, clientSecret } = adminOf(admin);
  return {
    what: 'Azure: fetch an access token',
    method: 'POST',
    url: `https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    headers: {},
    form: {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'https://management.azure.com/.default',
    },
    repeatable: true,
  };
};

/** Entra says so of a wrong or expired secret and of an application that is gone; tokens fetched before live on. */
const deadSecretCodes: readonly (string | null)[] = ['invalid_client', 'unauthorized_client'];

const validateAdmin = ({ http, admin }: Call<Settings>): Promise<Verdict> =>
  probeAdmin(http, vendor, tokenRequest(admin), ({ code }) => deadSecretCodes.includes(code));

/** A token that lives for at least another minute: no call takes longer. */
const managementToken = async ({ http, clock, admin, tokens }: Call<Settings>): Promise<SecretValue> => {
  const held = tokens.get(tokenFor);
  if (held !== undefined && secondsBetween(clock.now(), held.expiresAt) > 60) return held.value;
  const asked = milliseconds(clock.now());
  const { access_token, expires_in } = await ask(http, vendor, { ...tokenRequest(admin), read: tokenSchema });
  const value = new SecretValue(access_token);
  tokens.set(tokenFor, { value, expiresAt: instant(asked + expires_in * 1000) });
  return value;
};

const slotNames = ['Key1', 'Key2'] as const;

const keysSchema = z.pipe(
  z.object({ key1: z.string().check(z.minLength(1)), key2: z.string().check(z.minLength(1)) }),
  z.transform(({ key1, key2 }): readonly Slot[] => [slot('Key1', key1), slot('Key2', key2)]),
);

const slot = (name: (typeof slotNames)[number], text: string): Slot => {
  const value = new SecretValue(text);
  return { name, keyId: slotKeyId(name, value), value };
};

/** Both of the actions answer with both of the keys. */
const askForKeys = async (
  call: Call<Settings>,
  action: { readonly name: string; readonly what: string; readonly json?: unknown; readonly repeatable: boolean },
): Promise<readonly Slot[]> => {
  const token = await managementToken(call);
  const { subscriptionId, resourceGroup, resourceName, managementApiVersion } = call.settings;
  const account = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.CognitiveServices/accounts/${resourceName}`;
  return ask<readonly Slot[]>(call.http, vendor, {
    what: action.what,
    method: 'POST',
    url: `https://management.azure.com${account}/${action.name}?api-version=${managementApiVersion}`,
    headers: { authorization: `Bearer ${token.expose()}` },
    json: action.json,
    repeatable: action.repeatable,
    read: keysSchema,
    known: (answer) => {
      stopAtPassing(call, action.what, answer);
      return undefined;
    },
  });
};

/** Answers that the next try will not get: a token that has run out, and an account that is being changed. */
const stopAtPassing = ({ tokens }: Call<Settings>, what: string, answer: Answer): void => {
  const isTokenOver = answer.code === 'ExpiredAuthenticationToken';
  if (isTokenOver) tokens.delete(tokenFor);
  if (isTokenOver || answer.status === 409) {
    throw new Fault('NothingChanged', `${what}: Azure answered ${told(answer)}; nothing was changed.`);
  }
};

const listSlots = (call: Call<Settings>): Promise<readonly Slot[]> =>
  askForKeys(call, { name: 'listKeys', what: 'Azure: list the keys', repeatable: true });

const regenerateSlot = async (call: Call<Settings>, name: string): Promise<readonly Slot[]> => {
  const keyName = slotNames.find((known) => known === name);
  if (keyName === undefined) {
    throw new Fault('Refused', `Azure: regenerate a key: there is no slot ${name}; nothing was changed.`);
  }
  return askForKeys(call, {
    name: 'regenerateKey',
    what: `Azure: regenerate ${keyName}`,
    json: { keyName },
    repeatable: false,
  });
};

/** Only what is still in its slot is regenerated: sent twice, this would kill the value that came after. */
const containKey = async (call: Call<Settings>, id: KeyId): Promise<void> => {
  const name = slotOf(id);
  if (name === null) {
    throw new Fault('Refused', `Azure: contain a key: ${id} is not the id of a slot's value; nothing was changed.`);
  }
  const held = (await listSlots(call)).find(({ keyId }) => keyId === id);
  if (held !== undefined) await regenerateSlot(call, held.name);
};

const identifyKey = async (call: Call<Settings>, value: SecretValue): Promise<KeyId | null> =>
  (await listSlots(call)).find((held) => held.value.equals(value))?.keyId ?? null;

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * 401 with the data plane's own code is a dead key; 403 tells of the network or of a blocked resource. 429 says
 * neither: nothing published says that a key is looked at before the caller is throttled.
 * https://learn.microsoft.com/azure/foundry/openai/how-to/troubleshoot-errors, 2026-11
 */
const validate = async ({ http, settings }: Call<Settings>, { value, expects }: ValidateQuestion): Promise<Verdict> => {
  const { endpoint = `https://${settings.resourceName}.openai.azure.com`, apiVersion } = settings;
  const answer = await send(http, vendor, {
    method: 'GET',
    url: `${endpoint.replace(/\/+$/, '')}/openai/models?api-version=${apiVersion}`,
    headers: { 'api-key': value.expose() },
  });
  if (answer instanceof HttpFailure) return { kind: 'unclear', evidence: 'Azure gave no complete answer' };
  const evidence = `Azure answered ${told(answer)}`;
  if (answer.status === 401 && answer.code === '401') return { kind: 'refused', evidence };
  const models = modelsSchema.safeParse(answer.body);
  if (answer.status !== 200 || !models.success) return { kind: 'unclear', evidence };
  const seen = models.data.data.map(({ id }) => id);
  return {
    kind: 'accepted',
    findings: [
      ...expects.models
        .filter((model) => !seen.includes(model))
        .map(
          (model): Finding => ({
            kind: 'model-missing',
            detail: `The resource does not list the declared model ${model}.`,
          }),
        ),
      ...expects.permissions.map(
        (name): Finding => ({
          kind: 'permission-missing',
          detail: `Azure's keys have no permissions, so none called ${name}.`,
        }),
      ),
    ],
  };
};

export const azureOpenai: Provider<Settings> = {
  id: 'azure-openai',
  title: 'Azure OpenAI',
  settings: parseWith(settingsSchema),
  admin: (text) => {
    adminOf(text);
  },
  facts: {
    maximumLiveKeys: 2,
    // Microsoft says: at once. This is our margin.
    revocationTakesSeconds: 5,
    sources: [
      'https://learn.microsoft.com/azure/cognitive-services/rotate-keys',
      'https://learn.microsoft.com/azure/foundry/openai/how-to/troubleshoot-errors',
      'https://learn.microsoft.com/rest/api/azureopenai/models/list',
    ],
  },
  // The two slots belong to the resource, so it is what a credential holds. Azure compares names without case.
  identity: ({ subscriptionId, resourceGroup, resourceName }) => {
    const resource = [subscriptionId, resourceGroup, resourceName].join('/').toLowerCase();
    return { scope: resource, holder: resource };
  },
  operations: { validate, identifyKey, containKey, listSlots, regenerateSlot, validateAdmin },
};
