import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { keyId, versionId } from '../../../functions/domain/identifiers.ts';
import { current, holderOf, newLabel } from '../../../functions/domain/labels.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import { localLedger } from '../../../functions/local/ledger.ts';
import type { SimulatedKey } from '../../../functions/local/simulated/server.ts';
import { openStore } from '../../../functions/local/store.ts';
import { localVault } from '../../../functions/local/vault.ts';
import { formsOf } from '../../../functions/shell/secret-forms.ts';
import { versionToken } from '../../../functions/steps/version-token.ts';
import { rotationRequest } from '../../../functions/triggers/request.ts';
import { accounts, credentialOf } from '../rotation-world.ts';
import { clockFile, makeClockFile } from './clock-file.ts';
import type { Lane } from './lane.ts';
import { type Plan as RequestPlan, faults as requestFaults, startProxy } from './proxy.ts';
import type { EngineQuestion } from './questions.ts';
import type { Scenario } from './scenarios.ts';

/** What happens at the n-th request to the provider, or at the n-th write to the store: from 1. */
export type Plan = RequestPlan | { readonly fault: 'kill-before-write' | 'kill-after-write'; readonly at: number };

const isAtRequest = (plan: Plan): plan is RequestPlan => requestFaults.some((fault) => fault === plan.fault);
const killAtWrite = (plan: Plan): EngineQuestion['killAtWrite'] =>
  isAtRequest(plan) ? null : { at: plan.at, when: plan.fault === 'kill-before-write' ? 'before' : 'after' };

export interface RunReport {
  /** The engine's requests to the provider, in order, without the ids of keys. */
  readonly requests: readonly string[];
  /** How often the engine wrote to the store, since it was started last. */
  readonly writes: number;
  /** The request that was struck; null when none was. */
  readonly struck: string | null;
  readonly kills: number;
  readonly outcome: string;
  /** Live keys that are not the serving one, and nobody's: `id`. */
  readonly orphans: readonly string[];
  /** When AWSCURRENT held a refused key, and for how many seconds. */
  readonly deadMoments: readonly string[];
  readonly deadSeconds: number;
  /** The same while a leaked key was stopped and had no replacement yet: that is what containment means. */
  readonly containedSeconds: number;
  /** For the rotation; by the engine, or by the person where only a person can. */
  readonly keysMade: number;
  /** How many of them the sweep has revoked. */
  readonly strays: number;
  /** What else is not as it should be, in words. */
  readonly faults: readonly string[];
}

/** How long the engine waits for an answer that never comes: long for a loopback, short for a test. */
const timeoutSeconds = 0.3;
/** What a request takes in the world's own time. */
const requestSeconds = 1;
/** Longer than any provider here takes to kill a key. */
const longestDyingSeconds = 60;

/** One rotation in a world of its own, with at most one fault on the way to the provider. */
export const run = async (lane: Lane, scenario: Scenario, plan: Plan | null): Promise<RunReport> => {
  const { provider: providerId, urgency, hasOldKey } = scenario;
  const place = mkdtempSync(join(tmpdir(), 'keyturn-kill-'));
  const [folder, clockPath] = [join(place, 'store'), join(place, 'clock')];
  makeClockFile(clockPath);
  const time = clockFile(clockPath);
  const simulated = await lane.simulate({ clock: clockPath, provider: providerId, options: scenario.options });
  const provider = controlOf(simulated.control);
  const credential = credentialOf(providerId);
  const store = openStore(folder);
  const vault = localVault(store, time.clock);
  const ledger = localLedger(store);

  const admin = accounts[providerId].admin;
  await vault.writeAdmin(credential.target.adminSecret, new SecretValue(admin));
  const old = hasOldKey ? await makeOldKey(provider, providerId) : null;
  await vault.create(credential.secret, {});
  if (old !== null) {
    const known = providerId === 'pinecone' ? keyId(old.keyId) : null;
    const payload = { apiKey: new SecretValue(old.value), keyId: known, rotationId: null };
    await vault.store(credential.secret, versionId('11111111-aaaa-4aaa-8aaa-111111111111'), current, payload);
  }
  const request = rotationRequest({
    credential,
    urgency,
    requestKey: 'kill',
    at: time.clock.now(),
    reason: 'a test',
    leakedKeyId: urgency === 'emergency' && old !== null ? keyId(old.keyId) : null,
    letCallsLandSeconds: 120,
  });
  const madeBefore = (await provider.keys()).length;
  if (providerId === 'anthropic') {
    // What `keyturn submit` does once it has probed the value.
    const submitted = await provider.mint({ name: 'made in the Console' });
    await vault.store(credential.secret, versionToken(request.rotationId), newLabel(request.rotationId), {
      apiKey: new SecretValue(submitted.value),
      keyId: keyId(submitted.keyId),
      rotationId: request.rotationId,
    });
  }

  const currentKey = async (keys: readonly SimulatedKey[]): Promise<SimulatedKey | null> => {
    const version = holderOf((await vault.describe(credential.secret)) ?? [], current);
    const value = version && (await vault.read(credential.secret, version, current))?.apiKey.expose();
    return keys.find((key) => key.value === value) ?? null;
  };
  let lookedAt = time.now();
  let deadSeconds = 0;
  let containedSeconds = 0;
  const deadMoments: string[] = [];
  /** As a consumer that always reads AWSCURRENT afresh. */
  const look = async (): Promise<void> => {
    const served = await currentKey(await provider.keys());
    const [from, now] = [lookedAt, time.now()];
    lookedAt = now;
    if (served?.refusedAt == null || Date.parse(served.refusedAt) > now) return;
    const seconds = (now - Math.max(from, Date.parse(served.refusedAt))) / 1000;
    if (urgency === 'emergency' && served.value === old?.value) {
      containedSeconds += seconds;
      return;
    }
    deadSeconds += seconds;
    deadMoments.push(`request ${proxy.requests.length}`);
  };

  const proxy = await startProxy({
    upstream: simulated.origin,
    plan: plan !== null && isAtRequest(plan) ? plan : null,
    kill: lane.killEngine,
    look: async () => {
      time.advance(requestSeconds);
      await look();
    },
  });
  const answer = await lane.rotate({
    clock: clockPath,
    folder,
    origins: Object.fromEntries(
      Object.entries(simulated.origins).map(([vendor, at]) => [vendor, at.replace(simulated.origin, proxy.origin)]),
    ),
    credential,
    request,
    killAtWrite: plan && killAtWrite(plan),
    stall: plan?.fault === 'stall' ? { at: plan.at, timeoutSeconds } : null,
  });
  await look();
  await proxy.close();
  // What the sweep has just revoked.
  time.advance(longestDyingSeconds);

  const keys = await provider.keys();
  const serving = await currentKey(keys);
  const isAlive = (key: SimulatedKey): boolean => key.refusedAt === null || Date.parse(key.refusedAt) > time.now();
  const live = keys.filter(isAlive);
  // Both slots of a resource always live: the other one holds a value that nobody has ever been given.
  const isFreshSlot = (key: SimulatedKey): boolean => providerId === 'azure-openai' && key.value !== old?.value;
  const { record } = await ledger.read(credential.id);
  const labels = ((await vault.describe(credential.secret)) ?? []).flatMap((version) => version.labels);
  const faults = [
    ...(serving !== null && isAlive(serving) ? [] : ['what serves is dead']),
    ...(record.lease === null && record.rotation === null ? [] : ['the rotation is still open']),
    ...(answer.strays === null ? ['the sweep never saw a complete listing'] : []),
    ...((await ledger.obligations('open')).length === 0 ? [] : ['a leaked key is not seen refused']),
    ...(labels.join() === current ? [] : [`labels are left: ${labels.join(', ')}`]),
    ...leaks(folder, [admin, ...keys.map(({ value }) => value)]).map(() => 'a secret lies in the store'),
  ];
  store.close();
  rmSync(place, { recursive: true, force: true });
  // A slot dies by being given a new value, which is none that was asked for.
  const madeByRevoking = providerId === 'azure-openai' && old !== null ? 1 : 0;
  return {
    requests: proxy.requests,
    writes: answer.writes,
    struck: plan === null || !isAtRequest(plan) ? null : (proxy.requests[plan.at - 1] ?? null),
    kills: answer.kills,
    outcome: answer.state,
    orphans: live.filter((key) => key.id !== serving?.id && !isFreshSlot(key)).map(({ id }) => id),
    deadMoments,
    deadSeconds,
    containedSeconds,
    keysMade: keys.length - madeBefore - madeByRevoking,
    strays: answer.strays ?? 0,
    faults,
  };
};

type Made = { readonly keyId: string; readonly value: string };

/** The simulators' control endpoint, for one provider. */
const controlOf = (control: string) => ({
  keys: async (): Promise<readonly SimulatedKey[]> => {
    const state: { readonly keys: readonly SimulatedKey[] } = await exchange('GET', control);
    return state.keys;
  },
  mint: (question: Readonly<Record<string, unknown>>): Promise<Made> =>
    exchange('POST', `${control}/keys`, JSON.stringify(question)),
});
type Control = ReturnType<typeof controlOf>;

/** Node's own fetch takes several times as long, and this is asked before every request. */
const exchange = <Answer>(method: string, url: string, body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = send(url, { method, agent: false }, (incoming) => {
      text(incoming).then((read) => resolve(JSON.parse(read)), reject);
    });
    asked.once('error', reject).end(body);
  });

/** A resource with two slots has had its keys from the beginning. */
const makeOldKey = async (provider: Control, providerId: string): Promise<Made> => {
  if (providerId !== 'azure-openai') return provider.mint({ name: 'by hand' });
  const [slot] = await provider.keys();
  if (slot === undefined) throw new Error('The resource has no slots.');
  return { keyId: slot.id, value: slot.value };
};

const leaks = (folder: string, secrets: readonly string[]): readonly string[] => {
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
  return secrets.filter((secret) => formsOf(secret).some((form) => texts.some((text) => text.includes(form))));
};
