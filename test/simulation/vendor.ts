import type { Strategy } from '../../functions/domain/credential.ts';
import { Fault } from '../../functions/domain/fault.ts';
import type { Instant, KeyId } from '../../functions/domain/identifiers.ts';
import { instant, keyId, milliseconds, secondsBetween } from '../../functions/domain/identifiers.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import { simulatedAnthropic } from '../../functions/local/simulated/anthropic.ts';
import { simulatedAzureOpenai } from '../../functions/local/simulated/azure-openai.ts';
import { simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { simulatedPinecone } from '../../functions/local/simulated/pinecone.ts';
import { answerInMemory, type SimulatedKey, type Simulation } from '../../functions/local/simulated/server.ts';
import type { Http, HttpRequest, HttpResponse } from '../../functions/ports.ts';
import { anthropic } from '../../functions/providers/anthropic.ts';
import { azureOpenai } from '../../functions/providers/azure-openai.ts';
import { bind } from '../../functions/providers/connect.ts';
import { openai } from '../../functions/providers/openai.ts';
import { pinecone } from '../../functions/providers/pinecone.ts';
import type { Call, Connection, Provider } from '../../functions/providers/provider.ts';
import { canaryText, marked } from './canary.ts';
import { reversible, simulatedReversible } from './reversible.ts';
import { type Setting, type SettingName, settingNames } from './settings.ts';

/** A vendor of one case: the real adapter over the simulated vendor, answered in memory. */
export interface Vendor {
  readonly providerId: string;
  readonly settings: JsonObject;
  /** The admin secret's text at first, and once an administrator has replaced a revoked one. */
  readonly admin: () => string;
  readonly bind: (call: Omit<Call<never>, 'settings'>) => Connection;
  readonly answer: (request: HttpRequest) => HttpResponse;
  readonly failure: (status: number) => HttpResponse;
  readonly keys: () => readonly SimulatedKey[];
  readonly mint: (name: string) => { readonly keyId: KeyId; readonly value: string };
  /** A key dies without us: the vendor or a person revokes it. */
  readonly kill: (key: KeyId) => void;
  /** The admin key is refused from now on; the next `admin` is accepted. */
  readonly revokeAdmin: () => void;
  /** For so many seconds every key is refused, though none is dead; of `values`, the admin key is not. */
  readonly refuseFor: (seconds: number, whose: 'all' | 'values') => void;
  /** A consumer calls with a value. */
  readonly use: (value: string) => boolean;
  readonly isLive: (key: SimulatedKey) => boolean;
  /** From now on a new key is accepted at once: no vendor is slow for ever. */
  readonly quicken: () => void;
}

interface Definition {
  readonly strategy: Strategy;
  /** Those that make a difference: a vendor without lag and pages has the same world in most of them. */
  readonly settings: readonly SettingName[];
  readonly make: (setting: Setting, now: () => Instant) => Vendor;
}

interface Make<Options, World> {
  readonly simulation: Simulation<Options, World>;
  readonly settings: JsonObject;
  readonly options: (setting: Setting) => Partial<Options>;
  /** The admin secret of that number, as the vendor's options and as the text in the vault. */
  readonly admin: (number: number) => { readonly options: Partial<Options>; readonly text: string };
  readonly kill: (key: KeyId, world: World, admin: string, answer: Vendor['answer']) => void;
  readonly use: (value: string) => Pick<HttpRequest, 'method' | 'url' | 'headers'>;
}

const define =
  <Settings, Options extends object, World>(
    provider: Provider<Settings>,
    { simulation, settings, options, admin, kill, use }: Make<Options, World>,
  ) =>
  (setting: Setting, now: () => Instant): Vendor => {
    let admins = 1;
    const chosen: Options = { ...simulation.defaults, ...options(setting), ...admin(1).options };
    const world = simulation.makeWorld(chosen, { now, random: canaryText() });
    const parsed = provider.settings(settings);
    const refusesUntil = { all: now(), values: now() };
    const isOfValue = ({ headers }: HttpRequest): boolean =>
      simulation.keys(world).some(({ value }) => Object.values(headers).some((text) => text.includes(value)));
    const isRefused = (request: HttpRequest): boolean =>
      now() < refusesUntil.all || (now() < refusesUntil.values && isOfValue(request));
    const answer: Vendor['answer'] = (request) =>
      answerInMemory(simulation, world, isRefused(request) ? withoutKey(request) : request);
    const lag = (): number => ('activationLagSeconds' in chosen ? Number(chosen.activationLagSeconds) : 0);
    const send = (request: Pick<HttpRequest, 'method' | 'url' | 'headers'>): HttpResponse =>
      answer({ timeoutSeconds: 1, ...request });
    return {
      providerId: provider.id,
      settings,
      admin: () => admin(admins).text,
      bind: (call) => {
        provider.admin(call.admin);
        const connection = bind(provider, { ...call, settings: parsed });
        // What the vendor says of itself is true in every setting.
        const revocationTakesSeconds = Math.max(provider.facts.revocationTakesSeconds, setting.revocationLagSeconds);
        return { ...connection, facts: { ...connection.facts, revocationTakesSeconds } };
      },
      answer,
      failure: (status) => {
        const { headers = {}, json, text } = simulation.failure(status);
        return { status, headers, body: text ?? JSON.stringify(json) };
      },
      keys: () => simulation.keys(world),
      mint: (name) => {
        const made = simulation.mint(world, { name });
        return { keyId: keyId(made.keyId), value: made.value };
      },
      kill: (key) => kill(key, world, admin(admins).text, answer),
      revokeAdmin: () => {
        admins += 1;
        Object.assign(chosen, admin(admins).options);
      },
      refuseFor: (seconds, whose) => {
        refusesUntil[whose] = instant(milliseconds(now()) + seconds * 1000);
      },
      use: (value) => send(use(value)).status === 200,
      isLive: ({ createdAt, refusedAt }) =>
        (refusedAt === null || refusedAt > now()) && secondsBetween(createdAt, now()) >= lag(),
      quicken: () => {
        if ('activationLagSeconds' in chosen) Object.assign(chosen, { activationLagSeconds: 0 });
      },
    };
  };

/** As the vendor reads a request when it knows no key any more. */
const withoutKey = (request: HttpRequest): HttpRequest => {
  const unknown = { authorization: 'Bearer unknown', 'x-api-key': 'unknown', 'api-key': 'unknown' };
  const known = Object.entries(unknown).filter(([header]) => header in request.headers);
  return { ...request, headers: { ...request.headers, ...Object.fromEntries(known) } };
};

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

const openaiKey = (number: number): string => marked(`sk-admin-${number}`);
const anthropicKey = (number: number): string => marked(`sk-ant-admin01-${number}`);
const project = simulatedPinecone.defaults.projectIds[0];

const anthropicLike = {
  settings: { workspaceId: 'wrkspc_01Simulated', usageDelaySeconds: 0 },
  options: ({ activationLagSeconds, revocationLagSeconds, pageSize }: Setting) => ({
    activationLagSeconds,
    revocationLagSeconds,
    pageSize,
    usageLagSeconds: 0,
  }),
  admin: (number: number) => ({ options: { adminKey: anthropicKey(number) }, text: anthropicKey(number) }),
  kill: (
    id: KeyId,
    {
      keys,
      tools,
    }: {
      readonly keys: { id: string; status: string; refusedAt: Instant | null }[];
      readonly tools: { now: () => Instant };
    },
  ) => {
    const key = keys.find((candidate) => candidate.id === id);
    if (key === undefined) return;
    key.status = 'archived';
    key.refusedAt ??= tools.now();
  },
  use: (value: string) => ({
    method: 'POST' as const,
    url: 'https://api.anthropic.com/v1/messages',
    headers: { 'x-api-key': value, 'anthropic-version': '2023-06-01' },
  }),
};

export const vendors = {
  /** Create, list, delete; tells when a key was last used. */
  'delete-only': {
    strategy: 'overlap',
    settings: settingNames,
    make: define(openai, {
      simulation: simulatedOpenai,
      settings: { projectId: 'proj_simulated', serviceAccountId: 'svc_acct_simulated' },
      options: ({ activationLagSeconds, revocationLagSeconds, pageSize }) => ({
        activationLagSeconds,
        revocationLagSeconds,
        pageSize,
      }),
      admin: (number) => ({ options: { adminKey: openaiKey(number) }, text: openaiKey(number) }),
      kill: (id, { keysById, tools, options }) => {
        const key = keysById.get(id);
        // Without the vendor's usual lag.
        const at = milliseconds(tools.now()) - options.revocationLagSeconds * 1000;
        if (key !== undefined) key.deletedAt ??= instant(at);
      },
      use: (value) => ({ method: 'GET', url: 'https://api.openai.com/v1/models', headers: bearer(value) }),
    }),
  },
  /** Create, list, delete; says nothing of use, nor of when a key was made. */
  'no-usage': {
    strategy: 'overlap',
    settings: settingNames,
    make: define(pinecone, {
      simulation: simulatedPinecone,
      settings: { projectId: project },
      options: ({ activationLagSeconds, revocationLagSeconds }) => ({ activationLagSeconds, revocationLagSeconds }),
      admin: (number) => {
        const clientSecret = marked(`client-secret-${number}`);
        const { clientId } = simulatedPinecone.defaults;
        return { options: { clientSecret }, text: JSON.stringify({ clientId, clientSecret }) };
      },
      kill: (id, { keysById, tools, options }) => {
        const key = keysById.get(id);
        // Without the vendor's usual lag.
        const at = milliseconds(tools.now()) - options.revocationLagSeconds * 1000;
        if (key !== undefined) key.deletedAt ??= instant(at);
      },
      use: (value) => ({
        method: 'GET',
        url: 'https://api.pinecone.io/indexes',
        headers: { 'api-key': value, 'x-pinecone-api-version': '2026-04' },
      }),
    }),
  },
  /** Create, list, disable, enable, archive. */
  reversible: {
    strategy: 'overlap',
    settings: settingNames,
    make: define(reversible, { simulation: simulatedReversible, ...anthropicLike }),
  },
  /** Two slots, each regenerated in place. */
  'two-slot': {
    strategy: 'two-slot',
    settings: ['prompt', 'too-late'],
    make: define(azureOpenai, {
      simulation: simulatedAzureOpenai,
      settings: {
        subscriptionId: '33333333-3333-4333-8333-333333333333',
        resourceGroup: 'ai-workloads',
        resourceName: 'keyturn-simulated',
      },
      options: () => ({}),
      admin: (number) => {
        const { tenantId, clientId } = simulatedAzureOpenai.defaults;
        const clientSecret = marked(`client-secret-${number}`);
        return { options: { clientSecret }, text: JSON.stringify({ tenantId, clientId, clientSecret }) };
      },
      kill: (id, world) => {
        const [slot = ''] = id.split(':');
        const held = simulatedAzureOpenai.keys(world).find((key) => key.id === id && key.refusedAt === null);
        if (held !== undefined) simulatedAzureOpenai.mint(world, { slot });
      },
      use: (value) => ({
        method: 'GET',
        url: 'https://keyturn-simulated.openai.azure.com/openai/models?api-version=2024-10-21',
        headers: { 'api-key': value },
      }),
    }),
  },
  /** Keys that only a person makes; they can be disabled and archived. */
  human: {
    strategy: 'human-created',
    settings: settingNames,
    make: define(anthropic, { simulation: simulatedAnthropic, ...anthropicLike }),
  },
} as const satisfies Readonly<Record<string, Definition>>;
export type VendorName = keyof typeof vendors;
export const vendorNames = [
  'delete-only',
  'no-usage',
  'reversible',
  'two-slot',
  'human',
] as const satisfies readonly VendorName[];

export const settingsOf = (vendor: VendorName): readonly SettingName[] => vendors[vendor].settings;

/** The port `connect` over a vendor: as functions/providers/connect.ts binds it. */
export const connectTo =
  (
    vendor: Vendor,
    ports: {
      readonly readAdmin: () => Promise<Call<never>['admin'] | null>;
      readonly http: Http;
      readonly clock: Call<never>['clock'];
    },
  ) =>
  async (): Promise<Connection> => {
    const admin = await ports.readAdmin();
    if (admin === null) throw new Fault('NeedsPerson', 'There is no admin secret; nothing was changed.');
    return vendor.bind({ admin, http: ports.http, clock: ports.clock, tokens: new Map() });
  };
