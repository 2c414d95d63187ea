import type fc from 'fast-check';
import type { Credential } from '../../functions/domain/credential.ts';
import {
  accountId,
  credentialId,
  instant,
  type KeyId,
  keyId,
  secretName,
  versionId,
} from '../../functions/domain/identifiers.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import { current, holderOf } from '../../functions/domain/labels.ts';
import type { RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { localFingerprints } from '../../functions/local/fingerprints.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { openStore, type Store } from '../../functions/local/store.ts';
import { localVault } from '../../functions/local/vault.ts';
import type { Clock, Ports, Vault } from '../../functions/ports.ts';
import type { Connection } from '../../functions/providers/provider.ts';
import { type AnyStep, runStep } from '../../functions/shell/run-step.ts';
import { rotationRequest } from '../../functions/triggers/request.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const at = instant(Date.UTC(2026, 10, 21));
const clock: Clock = { now: () => at, sleep: () => Promise.resolve() };
export const firstVersion = versionId('11111111-aaaa-4aaa-8aaa-111111111111');

/** One store for a test file; every world in it is a credential of its own. */
export const openRaces = (): { readonly world: () => Promise<RaceWorld>; readonly close: () => void } => {
  const store = openStore(scratchFolder('races'));
  let worlds = 0;
  return {
    world: () => {
      worlds += 1;
      return startRaceWorld(store, `race-${worlds}`);
    },
    close: store.close,
  };
};

export interface RaceWorld {
  readonly credential: Credential;
  /** The ports as they are, for looking and for preparing. */
  readonly ports: Ports;
  /** The same world with every transaction and every call to the provider put in the scheduler's order. */
  readonly scheduled: (scheduler: fc.Scheduler) => Ports;
  readonly request: (name: string, wish?: Partial<Parameters<typeof rotationRequest>[0]>) => RotationRequest;
  /** The provider's keys that live, by id, with their names. */
  readonly liveKeys: () => ReadonlyMap<string, string>;
  readonly currentVersion: () => Promise<string | null>;
  /** A version that a person stored, for a person to move labels to. */
  readonly storeByHand: (version: string) => Promise<ReturnType<typeof versionId>>;
}

/** A credential whose key was made by hand and serves. */
const startRaceWorld = async (store: Store, id: string): Promise<RaceWorld> => {
  const credential: Credential = {
    id: credentialId(id),
    target: { provider: 'openai', account: accountId('test'), adminSecret: secretName('admin'), settings: {} },
    secret: secretName(`keyturn/openai/${id}`),
    service: 'support',
    purpose: 'chat',
    environment: 'test',
    owner: { name: 'Support', contact: 'support@example.com' },
    tier: 'service',
    sensitivity: 'standard',
    cadenceSeconds: 86_400,
    window: null,
    overlapSeconds: 3_600,
    maximumOverlapSeconds: 7_200,
    consumers: [],
    expects: { models: [], permissions: [] },
    spendAlertUsd: null,
    emergency: 'replace-first',
  };
  const names = new Map([['key-0', 'by hand']]);
  const secretOf = (key: string): SecretValue => new SecretValue(`sk-race-${key}`);
  let made = 0;
  const connection: Connection = {
    facts: { maximumLiveKeys: 20, revocationTakesSeconds: 0, sources: ['none: a provider of these tests'] },
    validate: async ({ value }) =>
      [...names.keys()].some((key) => secretOf(key).equals(value))
        ? { kind: 'accepted', findings: [] }
        : { kind: 'refused', evidence: 'HTTP 401' },
    createKey: async (name) => {
      made += 1;
      names.set(`key-${made}`, name);
      return { keyId: keyId(`key-${made}`), value: secretOf(`key-${made}`) };
    },
    listKeys: async () =>
      [...names].map(([key, name]) => ({ keyId: keyId(key), name, createdAt: at, active: true, hint: null })),
    identifyKey: async (value): Promise<KeyId | null> => {
      const key = [...names.keys()].find((candidate) => secretOf(candidate).equals(value));
      return key === undefined ? null : keyId(key);
    },
    revokeKey: async (key) => {
      names.delete(key);
    },
  };
  const portsOn = (on: Store, provider: Connection): Ports => ({
    clock,
    vault: localVault(on, clock),
    ledger: localLedger(on),
    notices: { send: () => Promise.resolve() },
    executions: {
      start: () => Promise.reject(new Error('Nothing here starts a run.')),
      look: () => Promise.resolve({ status: 'running', outcome: null }),
    },
    register: { credential: () => Promise.resolve(credential), credentials: () => Promise.resolve([credential]) },
    fingerprints: localFingerprints(on),
    connect: () => Promise.resolve(provider),
  });
  const ports = portsOn(store, connection);
  const { vault } = ports;
  await vault.create(credential.secret, {});
  const payload = { apiKey: secretOf('key-0'), keyId: keyId('key-0'), rotationId: null };
  await vault.store(credential.secret, firstVersion, current, payload);

  return {
    credential,
    ports,
    scheduled: (scheduler) => portsOn(scheduledStore(scheduler, store), scheduledConnection(scheduler, connection)),
    request: (name, wish = {}) =>
      rotationRequest({
        credential,
        urgency: 'scheduled',
        requestKey: name,
        at,
        reason: 'a race',
        letCallsLandSeconds: 120,
        ...wish,
      }),
    liveKeys: () => names,
    currentVersion: async () => holderOf((await vault.describe(credential.secret)) ?? [], current),
    storeByHand: (version) => storeByHand(vault, credential, version),
  };
};

const storeByHand = async (vault: Vault, { secret }: Credential, version: string) => {
  const theirs = versionId(version);
  await vault.store(secret, theirs, version, { apiKey: new SecretValue(version), keyId: null, rotationId: null });
  return theirs;
};

/** Each transaction starts when the scheduler lets it: what is not one transaction can be interrupted. */
export const scheduledStore = (scheduler: fc.Scheduler, store: Store): Store => ({
  ...store,
  read: async (work) => {
    await scheduler.schedule(Promise.resolve(), 'read');
    return store.read(work);
  },
  write: async (work) => {
    await scheduler.schedule(Promise.resolve(), 'write');
    return store.write(work);
  },
});

/** The request may be held up, and so may the answer: what the provider did is done before its caller knows. */
const scheduledConnection = (scheduler: fc.Scheduler, connection: Connection): Connection => {
  const held = Object.entries(connection).map(([name, operation]) => [
    name,
    typeof operation !== 'function'
      ? operation
      : async (...question: unknown[]) => {
          await scheduler.schedule(Promise.resolve(), name);
          const answer = await (operation as (...all: unknown[]) => Promise<unknown>)(...question);
          await scheduler.schedule(Promise.resolve(), `answer to ${name}`);
          return answer;
        },
  ]);
  return Object.fromEntries(held) as Connection;
};

/** How a step ended: its answer, or the name of its fault. */
export type Ending = { readonly output: JsonObject } | { readonly fault: string };

/** Runs a step as an engine does: again after the faults that say "try again", at most so many times. */
export const untilItEnds = async (step: AnyStep, input: JsonObject, ports: Ports, tries = 4): Promise<Ending> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { output: await runStep(step, input, ports) };
    } catch (error) {
      const fault = (error as Error).name;
      const isWorthAnother = fault === 'NothingChanged' || fault === 'OutcomeUnknown';
      if (!isWorthAnother || attempt === tries) return { fault };
    }
  }
};
