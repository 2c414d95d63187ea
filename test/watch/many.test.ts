import { describe, expect, it } from 'vitest';
import type { Credential } from '../../functions/domain/credential.ts';
import { instant, keyId, rotationId, versionId } from '../../functions/domain/identifiers.ts';
import { type CredentialRecord, emptyRecord, type RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Ports } from '../../functions/ports.ts';
import type { Connection } from '../../functions/providers/provider.ts';
import { startDue } from '../../functions/triggers/start-due.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { memoryLedger } from '../simulation/memory-ledger.ts';
import { type VirtualTime, virtualTime } from '../simulation/virtual-time.ts';
import { credentialOf } from '../triggers/sweep-world.ts';

/** How long a call takes, in seconds: on the long side of what AWS and vendors need. */
const takesSeconds = {
  'ledger.all': 3,
  ledger: 0.02,
  vault: 0.03,
  executions: 0.05,
  vendor: 0.4,
  notices: 0.05,
} as const;
/** What Lambda allows a sweep: infra/provider-stack.ts. */
const lambdaSeconds = 300;
const many = 10_000;
const day = 86_400_000;
const start = Date.UTC(2026, 10, 21, 12);

const keyOf = (index: number) => keyId(`key-${index}`);
const version = versionId('11111111-aaaa-4aaa-8aaa-111111111111');

/** Many credentials, a hundred to an account, each with a key that serves. */
const credentials: readonly Credential[] = Array.from({ length: many }, (_, index) => {
  const plain = credentialOf(`credential-${index}`);
  const settings = { projectId: `project-${Math.floor(index / 100)}`, robot: `robot-${index}` };
  return { ...plain, target: { ...plain.target, settings } };
});
const records = (daysAgo: number): readonly CredentialRecord[] =>
  credentials.map(({ id }, index) => ({
    ...emptyRecord(id),
    lastRotatedAt: instant(start - daysAgo * day - index * 1000),
    serving: { keyId: keyOf(index), versionId: version },
  }));

/** A world in which every call takes its time and is counted. Nothing is wrong in it. */
const countedWorld = (
  known: readonly CredentialRecord[],
  strategyOf: (provider: string) => 'overlap' | 'human-created',
) => {
  const time: VirtualTime = virtualTime(start);
  const ledger = memoryLedger();
  for (const record of known) ledger.seed(record);
  const calls = new Map<string, number>();
  const probed = new Set<string>();
  const runs: RotationRequest[] = [];
  const count = async <T>(name: keyof typeof takesSeconds, answer: () => T | Promise<T>): Promise<T> => {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    await time.sleep(takesSeconds[name]);
    return answer();
  };
  const connectionOf = (robot: string): Connection => ({
    facts: { maximumLiveKeys: 100, revocationTakesSeconds: 60, sources: ['https://vendor.example'] },
    validate: () =>
      count('vendor', () => {
        probed.add(robot);
        return { kind: 'accepted', findings: [] };
      }),
    listKeys: () =>
      count('vendor', () => {
        probed.add(robot);
        return [{ keyId: keyOf(Number(robot.slice(6))), name: null, createdAt: null, active: true, hint: null }];
      }),
  });
  const unused = (): never => {
    throw new TypeError('Nothing is wrong here: nothing is to be changed.');
  };
  const ports: Ports = {
    clock: { now: () => instant(time.now()), sleep: time.sleep },
    register: { credential: unused, credentials: async () => credentials },
    ledger: {
      ...ledger.port,
      all: () => count('ledger.all', ledger.port.all),
      read: (id) => count('ledger', () => ledger.port.read(id)),
      entries: (id) => count('ledger', () => ledger.port.entries(id)),
      append: (entry) => count('ledger', () => ledger.port.append(entry)),
      obligations: (filter) => count('ledger', () => ledger.port.obligations(filter)),
      incidents: (since) => count('ledger', () => ledger.port.incidents(since)),
    },
    vault: {
      create: unused,
      store: unused,
      moveLabel: unused,
      writeAdmin: unused,
      readAdmin: unused,
      describe: () => count('vault', () => [{ versionId: version, labels: ['AWSCURRENT'] }]),
      read: (secret) =>
        count('vault', () => ({
          apiKey: new SecretValue('a value'),
          keyId: keyOf(Number(secret.split('-').at(-1))),
          rotationId: null,
        })),
    },
    fingerprints: { of: unused },
    notices: { send: () => count('notices', () => undefined) },
    executions: {
      start: (request) =>
        count('executions', () => {
          runs.push(request);
          return 'started' as const;
        }),
      look: () => count('executions', () => ({ status: 'running', outcome: null }) as const),
    },
    connect: ({ settings }) => count('vault', () => connectionOf(textOf(settings['robot']))),
  };
  /** How long it took, in seconds. */
  const lasts = async (work: () => Promise<unknown>): Promise<number> => {
    const began = time.now();
    const over = new AbortController();
    const done = work()
      .then(() => time.now())
      .finally(() => over.abort());
    while (!over.signal.aborted) await time.runUntil(time.now() + 1000);
    return ((await done) - began) / 1000;
  };
  return { ports, time, calls, probed, runs, lasts, strategyOf };
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const overlap = () => 'overlap' as const;
const dueOptions = { strategyOf: overlap, maximumStarts: 20, letCallsLandSeconds: 300 };
const reconcileOptions = { ...dueOptions, provider: null, dryRun: false };

describe('start-due', () => {
  it('with all of 10,000 due: starts the twenty that have waited longest, and asks for nothing else', async () => {
    const world = countedWorld(records(40), overlap);
    const seconds = await world.lasts(() => startDue(world.ports, dueOptions));
    expect(world.runs.map(({ credentialId }) => credentialId)).toEqual(
      credentials
        .slice(-20)
        .map(({ id }) => id)
        .toReversed(),
    );
    expect(Object.fromEntries(world.calls)).toEqual({ 'ledger.all': 1, executions: 20 });
    expect(seconds).toBeLessThan(lambdaSeconds / 10);
  });

  it('does not ask after the thousands of runs that only wait for the end of their overlap', async () => {
    const waiting = records(40).map((record, index): CredentialRecord => {
      const credential = credentials[index];
      if (credential === undefined || index < 5) return record;
      const run = rotationId(`run-${index}`);
      const cutOverAt = instant(start - 3_600_000);
      return {
        ...record,
        lease: { rotationId: run, epoch: 1, takenAt: cutOverAt },
        rotation: {
          rotationId: run,
          urgency: 'scheduled',
          startedAt: cutOverAt,
          credential,
          old: null,
          attempts: [],
          new: null,
          phase: index < 10 ? 'cutting-over' : 'confirmed',
          containedAt: null,
          cutOverAt,
          oldRevokedAt: null,
          oldKeyProof: null,
          endedAs: null,
        },
      };
    });
    const world = countedWorld(waiting, overlap);
    await world.lasts(() => startDue(world.ports, dueOptions));
    // Five runs at work are looked at, five credentials are started.
    expect(world.calls.get('executions')).toBe(10);
    expect(world.runs).toHaveLength(5);
  });

  it('does not ask again after the thousands that were tried today and rolled back', async () => {
    const world = countedWorld(records(40), overlap);
    await startDueFor(world, many);
    const tried = new Map(world.runs.map(({ credentialId, rotationId: run }) => [credentialId, run]));
    const rolledBack = records(40).map((record): CredentialRecord => {
      const run = tried.get(record.credentialId);
      const at = instant(start);
      return run === undefined ? record : { ...record, lastEnded: { rotationId: run, outcome: 'RolledBack', at } };
    });
    const later = countedWorld(rolledBack, overlap);
    await later.lasts(() => startDue(later.ports, dueOptions));
    expect(Object.fromEntries(later.calls)).toEqual({ 'ledger.all': 1 });
  });

  it('asks 10,000 owners for a key within one sweep, and only looks in the next', async () => {
    const world = countedWorld(records(40), () => 'human-created');
    const options = { ...dueOptions, strategyOf: world.strategyOf };
    expect(await world.lasts(() => startDue(world.ports, options))).toBeLessThan(lambdaSeconds);
    expect(world.calls.get('notices')).toBe(many);
    expect(await world.lasts(() => startDue(world.ports, options))).toBeLessThan(lambdaSeconds / 10);
    expect(world.calls.get('notices')).toBe(many);
  });
});

const startDueFor = (world: ReturnType<typeof countedWorld>, maximumStarts: number) =>
  world.lasts(() => startDue(world.ports, { ...dueOptions, maximumStarts }));

describe('reconcile', () => {
  it('of 10,000 ends within Lambda’s time, and has probed every key that serves within the hour', async () => {
    const world = countedWorld(records(1), overlap);
    const began = world.time.now();
    while (world.time.now() < began + 3_600_000) {
      world.calls.clear();
      const next = world.time.now() + 300_000;
      expect(await world.lasts(() => reconcile(world.ports, reconcileOptions))).toBeLessThan(lambdaSeconds);
      expect(world.calls.get('ledger.all')).toBe(1);
      expect(world.calls.get('vendor')).toBeLessThanOrEqual(2_000);
      expect(world.calls.get('ledger')).toBeLessThanOrEqual(2_010);
      await world.time.runUntil(next);
    }
    expect(world.probed.size).toBe(many);
  });
});

describe('sweep-strays', () => {
  it('of 10,000 listings ends within Lambda’s time, and has asked for each within five hours', async () => {
    const world = countedWorld(records(1), overlap);
    const began = world.time.now();
    const sweep = () => sweepStrays(world.ports, { provider: null, graceSeconds: 1_800, dryRun: false });
    while (world.time.now() < began + 5 * 3_600_000) {
      const next = world.time.now() + 900_000;
      expect(await world.lasts(sweep)).toBeLessThan(lambdaSeconds);
      await world.time.runUntil(next);
    }
    expect(world.probed.size).toBe(many);
  });
});
