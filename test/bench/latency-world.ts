import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Credential } from '../../functions/domain/credential.ts';
import { Fault } from '../../functions/domain/fault.ts';
import {
  accountId,
  credentialId,
  fingerprint,
  instant,
  type KeyId,
  keyId,
  leakHash,
  secretName,
  versionId,
} from '../../functions/domain/identifiers.ts';
import type { ValuePrint } from '../../functions/domain/key-print.ts';
import { current } from '../../functions/domain/labels.ts';
import { emptyRecord } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { engineClock } from '../../functions/local/clock.ts';
import { localExecutions } from '../../functions/local/executions.ts';
import { simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { answerInMemory } from '../../functions/local/simulated/server.ts';
import type { Clock, Http, HttpRequest, HttpResponse, Ports } from '../../functions/ports.ts';
import { connector } from '../../functions/providers/connect.ts';
import { type AnyStep, runStep } from '../../functions/shell/run-step.ts';
import { behindWall } from '../../functions/shell/wall.ts';
import { steps } from '../../functions/steps/index.ts';
import { createEngine } from '../../workflows/engine/engine.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitute, substitutions } from '../../workflows/substitutions.ts';
import { memoryLedger } from '../simulation/memory-ledger.ts';
import { memoryVault } from '../simulation/memory-vault.ts';
import { memoryJournal } from '../support/memory-journal.ts';

/** What every call takes, in milliseconds: to the provider, to AWS, and from a state to the first line of its step. */
export const latency = { providerCall: 80, awsCall: 15, stepStart: 30 } as const;

/** A group of ports that a step can be without. The admin secret is read from the vault, and is not of them. */
export const losable = ['vault', 'ledger', 'notices', 'executions', 'fingerprints', 'register'] as const;
export type Lost = { readonly ports: readonly (typeof losable)[number][]; readonly how: 'hangs' | 'fails' };

export interface ProviderCall {
  readonly request: Pick<HttpRequest, 'method' | 'url'>;
  readonly status: number;
  readonly beganAt: number;
  readonly endedAt: number;
}

export interface LatencyWorld {
  /** What a trigger works with; the steps may have lost some of it. */
  readonly ports: Ports;
  readonly credentials: readonly Credential[];
  /** The key that a credential serves at first, and what identifies its value. */
  readonly keyOf: (credential: Credential) => { readonly keyId: KeyId; readonly print: ValuePrint };
  /** Everything that the provider was asked and has answered, with its times in milliseconds since 1970. */
  readonly providerCalls: readonly ProviderCall[];
  /** When `executions.start` was called, in milliseconds since 1970. */
  readonly startedAt: readonly number[];
  /** The obligations, read without a call. */
  readonly obligations: ReturnType<typeof memoryLedger>['obligations'];
  readonly loseInSteps: (lost: Lost | null) => void;
  /** Resolves once a claim about the world has become true; looks after every call that has ended. */
  readonly until: (claim: () => boolean) => Promise<void>;
  readonly stop: () => void;
}

const settings = { projectId: 'proj_simulated', serviceAccountId: 'svc_acct_simulated' };
const adminSecret = secretName('keyturn/admin/openai/openai-production');

/**
 * The product on this machine's clock: the real engine on the committed ASL, the real steps and the real adapter, over
 * ports in memory of which every call takes its time.
 */
export const latencyWorld = async (size: number): Promise<LatencyWorld> => {
  const clock: Clock = {
    now: () => instant(Date.now()),
    sleep: (seconds) => pause(seconds * 1000),
  };
  let names = 0;
  /** As long as it is asked for, and never the same twice. */
  const random = (_alphabet: string, length: number): string => {
    names += 1;
    return createHash('sha512').update(`${names}`).digest('hex').repeat(2).slice(0, length);
  };
  const provider = simulatedOpenai.makeWorld({ ...simulatedOpenai.defaults }, { now: clock.now, random });
  const vault = memoryVault();
  const ledger = memoryLedger();
  const keys = new Map<string, { readonly keyId: KeyId; readonly print: ValuePrint }>();
  const credentials = Array.from({ length: size }, (_, index) => credentialNumber(index));
  await vault.port.writeAdmin(adminSecret, new SecretValue(provider.options.adminKey));
  for (const credential of credentials) {
    const made = simulatedOpenai.mint(provider, { name: credential.id });
    const key = keyId(made.keyId);
    const version = versionId(`first-of-${credential.id}`);
    const value = new SecretValue(made.value);
    await vault.port.create(credential.secret, {});
    await vault.port.store(credential.secret, version, current, { apiKey: value, keyId: key, rotationId: null });
    const print = printOf(value);
    const { id, target } = credential;
    await ledger.port.putPrint({ ...print, keyId: key, credentialId: id, target, recordedAt: clock.now() });
    ledger.seed({ ...emptyRecord(id), lastRotatedAt: clock.now(), serving: { keyId: key, versionId: version } });
    keys.set(id, { keyId: key, print });
  }

  const providerCalls: ProviderCall[] = [];
  const startedAt: number[] = [];
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  const http: Http = {
    send: async (request): Promise<HttpResponse> => {
      const beganAt = Date.now();
      await pause(latency.providerCall);
      const answer = answerInMemory(simulatedOpenai, provider, request);
      providerCalls.push({ request, status: answer.status, beganAt, endedAt: Date.now() });
      look();
      return answer;
    },
  };
  const slow = <Port extends object>(port: Port): Port =>
    wrapped(port, (call) => async () => {
      await pause(latency.awsCall);
      const answer = await call();
      look();
      return answer;
    });

  const journal = memoryJournal();
  let lost: Lost | null = null;
  const invoke = async (
    name: string,
    input: Parameters<typeof runStep>[1],
  ): Promise<Awaited<ReturnType<typeof runStep>>> => {
    const step = stepsByName[name];
    if (step === undefined) throw new TypeError(`There is no step ${name}.`);
    await pause(latency.stepStart);
    return behindWall(() => runStep(step, input, without(ports, lost)));
  };
  const engine = createEngine({
    journal,
    clock: engineClock,
    random: Math.random,
    invoke,
    definitions: { overlap: overlapText },
  });
  const executions = localExecutions(
    (...start) => engine.start(...start),
    journal,
    () => 'overlap',
  );
  const slowExecutions = slow(executions);
  const byId = new Map(credentials.map((credential) => [credential.id, credential]));
  const ports: Ports = {
    clock,
    vault: slow(vault.port),
    ledger: slow(ledger.port),
    notices: slow({ send: async () => undefined }),
    executions: {
      ...slowExecutions,
      start: (request) => {
        startedAt.push(Date.now());
        return slowExecutions.start(request);
      },
    },
    fingerprints: slow({ of: async (value: SecretValue) => printOf(value) }),
    register: { credential: async (id) => byId.get(id) ?? null, credentials: async () => credentials },
    connect: connector({ vault: slow(vault.port), http, clock }),
  };
  const over = new AbortController();
  const running = engine.run(over.signal);
  // What the engine throws ends the bench: no figure of a broken run is worth anything.
  running.catch((error: unknown) => {
    throw error;
  });
  return {
    ports,
    credentials,
    keyOf: ({ id }) => {
      const key = keys.get(id);
      if (key === undefined) throw new TypeError(`${id} has no key.`);
      return key;
    },
    providerCalls,
    startedAt,
    obligations: ledger.obligations,
    loseInSteps: (these) => {
      lost = these;
    },
    until: (claim) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (!claim()) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
    stop: () => over.abort(),
  };
};

const stepsByName: Readonly<Record<string, AnyStep>> = steps;

const overlapText = substitute(
  readFileSync(new URL('../../workflows/asl/overlap.asl.json', import.meta.url), 'utf8'),
  substitutions(flows.overlap),
);

const credentialNumber = (index: number): Credential => ({
  id: credentialId(`workload-${index}`),
  target: { provider: 'openai', account: accountId('openai-production'), adminSecret, settings },
  secret: secretName(`keyturn/openai/workload-${index}`),
  service: `workload-${index}`,
  purpose: 'chat',
  environment: 'production',
  owner: { name: 'Team', contact: `team-${index % 20}@example.com` },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 7_776_000,
  window: null,
  overlapSeconds: 86_400,
  maximumOverlapSeconds: 604_800,
  consumers: [{ name: 'api', cacheTtlSeconds: 60 }],
  expects: { models: [], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
});

/** No KMS here: it only has to tell values apart. */
const printOf = (value: SecretValue): ValuePrint => {
  const digest = createHash('sha256').update(value.expose()).digest('hex');
  return { fingerprint: fingerprint(digest), leakHash: leakHash(digest), hint: digest.slice(-4) };
};

/** The port with every function of it replaced by what `wrap` makes of a call. */
const wrapped = <Port extends object>(
  port: Port,
  wrap: (call: () => Promise<unknown>) => () => Promise<unknown>,
): Port =>
  Object.fromEntries(
    Object.entries(port).map(([name, operation]: [string, (...question: unknown[]) => Promise<unknown>]) => [
      name,
      (...question: unknown[]) => wrap(() => operation(...question))(),
    ]),
  ) as Port;

/** The admin secret goes by way of `connect`, so it outlives the vault. */
const without = (ports: Ports, lost: Lost | null): Ports => {
  if (lost === null) return ports;
  const never = new Promise<never>(() => undefined);
  const fail = async (): Promise<never> => {
    await pause(latency.awsCall);
    throw new Fault('NothingChanged', 'The port is lost.');
  };
  const gone = lost.how === 'hangs' ? () => never : fail;
  return {
    ...ports,
    ...Object.fromEntries(lost.ports.map((name) => [name, wrapped(ports[name], () => gone)])),
  };
};
