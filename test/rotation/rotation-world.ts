import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credential } from '../../functions/domain/credential.ts';
import {
  accountId,
  credentialId,
  instant,
  keyId,
  type RotationId,
  secretName,
  versionId,
} from '../../functions/domain/identifiers.ts';
import { current, holderOf } from '../../functions/domain/labels.ts';
import type { RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type Local, openLocal } from '../../functions/local/ports.ts';
import { startAll } from '../../functions/local/simulated/all.ts';
import type { SimulatedKey, Simulator } from '../../functions/local/simulated/server.ts';
import type { Clock, Notice } from '../../functions/ports.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { formsOf } from '../../functions/shell/secret-forms.ts';
import { rotationRequest } from '../../functions/triggers/request.ts';
import { manualClock } from '../support/manual-clock.ts';

const pineconeProject = '11111111-2222-4333-8444-555555555555';

/** By provider: what fits the simulators as they start. */
export const accounts = {
  openai: {
    admin: 'sk-admin-simulated-0123456789abcdefghij',
    settings: { projectId: 'proj_simulated', serviceAccountId: 'svc_acct_simulated' },
  },
  pinecone: {
    admin: JSON.stringify({
      clientId: 'simulatedClient0123456789abcdefg',
      clientSecret: 'simulated-client-secret-0123456789abcdef',
    }),
    settings: { projectId: pineconeProject },
  },
  anthropic: {
    admin: 'sk-ant-admin01-simulated',
    settings: { workspaceId: 'wrkspc_01Simulated', usageDelaySeconds: 0 },
  },
  'azure-openai': {
    admin: JSON.stringify({
      tenantId: '11111111-1111-4111-8111-111111111111',
      clientId: '22222222-2222-4222-8222-222222222222',
      clientSecret: 'simulated-client-secret',
    }),
    settings: {
      subscriptionId: '33333333-3333-4333-8333-333333333333',
      resourceGroup: 'ai-workloads',
      resourceName: 'keyturn-simulated',
    },
  },
} as const;
export type ProviderId = keyof typeof accounts;

export const overlapSeconds = 3_600;
const maximumOverlapSeconds = 7_200;

export type Wish = Partial<Parameters<typeof rotationRequest>[0]>;

export interface RotationWorld {
  readonly local: Local;
  readonly credential: Credential;
  readonly provider: Simulator<unknown>;
  readonly notices: readonly Notice[];
  /** Moments at which AWSCURRENT held a key that the provider refuses, and nothing had declared that. */
  readonly deadServed: readonly string[];
  /** From now on a refused current key is expected: it was contained, or killed from outside. */
  readonly expectDeadCurrent: (expected: boolean) => void;
  readonly advance: (seconds: number) => void;
  /** Fills the secret as a person would have, with a key made by hand. */
  readonly seed: () => Promise<{ readonly keyId: string; readonly value: string }>;
  readonly request: (wish?: Wish) => RotationRequest;
  /** Starts one and drives everything to its end; the clock jumps over the waits. */
  readonly rotate: (wish?: Wish) => Promise<string>;
  readonly start: (wish?: Wish) => Promise<RotationRequest>;
  /** Drives everything until it is done, or until the rotation enters that state. */
  readonly drive: (until?: { readonly rotationId: RotationId; readonly state: string }) => Promise<void>;
  readonly outcomeOf: (rotation: RotationId) => Promise<string>;
  /** What each step decided, in order: `step/decision`. */
  readonly storyOf: (rotation: RotationId) => Promise<readonly string[]>;
  readonly currentValue: () => Promise<string | null>;
  /** `label -> key id` of every label on the secret. */
  readonly labels: () => Promise<Readonly<Record<string, string | null>>>;
  readonly liveKeys: () => readonly SimulatedKey[];
  /** Every secret of this world that is found in any file of the store. */
  readonly leaks: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** A credential that fits the provider's simulator as it starts. */
export const credentialOf = (providerId: ProviderId, change: Partial<Credential> = {}): Credential => ({
  id: credentialId(`support-${providerId}`),
  target: {
    provider: providerId,
    account: accountId('test'),
    adminSecret: secretName('admin'),
    settings: accounts[providerId].settings,
  },
  secret: secretName(`keyturn/${providerId}/support`),
  service: 'support',
  purpose: 'chat',
  environment: 'test',
  owner: { name: 'Support', contact: 'support@example.com' },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 86_400,
  window: null,
  overlapSeconds,
  maximumOverlapSeconds,
  consumers: [{ name: 'support-api', cacheTtlSeconds: 300 }],
  expects: { models: [], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
  ...change,
});

/** A real store, a real engine on the committed ASL, real HTTP to a simulated provider, and time that jumps. */
export const startRotationWorld = async (
  providerId: ProviderId,
  change: { readonly options?: Readonly<Record<string, unknown>>; readonly credential?: Partial<Credential> } = {},
): Promise<RotationWorld> => {
  const time = manualClock(Date.UTC(2026, 10, 21));
  const clock: Clock = {
    now: () => instant(time.now()),
    sleep: (seconds) => {
      time.advance(seconds);
      return Promise.resolve();
    },
  };
  const { admin } = accounts[providerId];
  const simulators = await startAll({ [providerId]: { ...change.options } }, clock.now);
  const provider = simulators.simulators[providerId];
  if (provider === undefined) throw new Error(`There is no simulated ${providerId}.`);
  const credential = credentialOf(providerId, change.credential);
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-world-'));
  const notices: Notice[] = [];
  const deadServed: string[] = [];
  let deadExpected = false;
  const plainHttp = fetchHttp(simulators.origins);
  const local = openLocal({
    folder,
    credentials: [credential],
    clock,
    engineClock: time,
    random: () => 0.5,
    onNotice: (notice) => notices.push(notice),
    http: {
      send: async (request) => {
        try {
          return await plainHttp.send(request);
        } finally {
          await look(`${request.method} ${new URL(request.url).pathname}`);
        }
      },
    },
  });
  const { vault, ledger, executions } = local.ports;

  const read = async (label: string) => {
    const version = holderOf((await vault.describe(credential.secret)) ?? [], label);
    return version && (await vault.read(credential.secret, version, label));
  };
  const currentValue = async (): Promise<string | null> => (await read(current))?.apiKey.expose() ?? null;
  /** The first invariant, after every call: what is served is accepted. */
  const look = async (after: string): Promise<void> => {
    const value = await currentValue();
    const key = provider.keys().find((candidate) => candidate.value === value);
    const dead = key?.refusedAt != null && key.refusedAt <= clock.now();
    if (dead && !deadExpected) deadServed.push(after);
  };
  await vault.writeAdmin(credential.target.adminSecret, new SecretValue(admin));

  const drive: RotationWorld['drive'] = async (until) => {
    for (;;) {
      const next = await local.engine.runUntilIdle();
      if (until !== undefined && (await local.journal.read(until.rotationId))?.state === until.state) return;
      if (next === null) return;
      time.advanceTo(next);
    }
  };
  let requests = 0;
  const request = (wish: Wish = {}): RotationRequest => {
    requests += 1;
    return rotationRequest({
      credential,
      urgency: 'scheduled',
      requestKey: `request ${requests}`,
      at: clock.now(),
      reason: 'a test',
      letCallsLandSeconds: 120,
      ...wish,
    });
  };
  const start = async (wish?: Wish): Promise<RotationRequest> => {
    const made = request(wish);
    await executions.start(made);
    return made;
  };
  const outcomeOf = async (rotation: RotationId): Promise<string> => {
    const execution = await local.journal.read(rotation);
    return execution === null || execution.status === 'running' ? 'running' : execution.state;
  };
  return {
    local,
    credential,
    provider,
    notices,
    deadServed,
    expectDeadCurrent: (expected) => {
      deadExpected = expected;
    },
    advance: time.advance,
    seed: async () => {
      const slot = providerId === 'azure-openai' ? provider.keys()[0] : undefined;
      const made = slot === undefined ? provider.mint({ name: 'by hand' }) : { keyId: slot.id, value: slot.value };
      const known = providerId === 'pinecone' ? keyId(made.keyId) : null;
      const payload = { apiKey: new SecretValue(made.value), keyId: known, rotationId: null };
      await vault.create(credential.secret, {});
      await vault.store(credential.secret, versionId('11111111-aaaa-4aaa-8aaa-111111111111'), current, payload);
      return made;
    },
    request,
    start,
    drive,
    rotate: async (wish) => {
      const { rotationId } = await start(wish);
      await drive();
      return outcomeOf(rotationId);
    },
    outcomeOf,
    storyOf: async (rotation) => (await ledger.entries(rotation)).map(({ step, event }) => `${step}/${event}`),
    currentValue,
    labels: async () => {
      const shown: Record<string, string | null> = {};
      for (const version of (await vault.describe(credential.secret)) ?? []) {
        for (const label of version.labels) {
          shown[label] = (await vault.read(credential.secret, version.versionId, label))?.keyId ?? null;
        }
      }
      return shown;
    },
    liveKeys: () => provider.keys().filter((key) => key.refusedAt === null),
    leaks: () => {
      const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
      const texts = files.map((file) => readFileSync(join(folder, file.name), 'latin1'));
      const secrets = [admin, ...provider.keys().map((key) => key.value)];
      return secrets.filter((secret) => formsOf(secret).some((form) => texts.some((text) => text.includes(form))));
    },
    close: async () => {
      local.close();
      await simulators.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
