import { createHash } from 'node:crypto';
import type { Credential } from '../../functions/domain/credential.ts';
import { Fault, type FaultName } from '../../functions/domain/fault.ts';
import {
  accountId,
  credentialId,
  fingerprint,
  type Instant,
  instant,
  type KeyId,
  keyId,
  keyName,
  leakHash,
  type RotationId,
  rotationId,
  secondsBetween,
  secretName,
  type VersionId,
  versionId,
} from '../../functions/domain/identifiers.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import type { ValuePrint } from '../../functions/domain/key-print.ts';
import { current, newLabel, oldLabel, pending } from '../../functions/domain/labels.ts';
import {
  type Attempt,
  type CredentialRecord,
  emptyRecord,
  type OpenRotation,
  open,
  type RotationRequest,
} from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Usage, Verdict } from '../../functions/domain/verdict.ts';
import type { ExecutionState, Notice, Ports } from '../../functions/ports.ts';
import type { Connection, Facts, Slot } from '../../functions/providers/provider.ts';
import { type AnyStep, runStep } from '../../functions/shell/run-step.ts';
import { hold } from '../../functions/steps/hold.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { memoryLedger } from '../simulation/memory-ledger.ts';
import { memoryVault } from '../simulation/memory-vault.ts';

/** So many seconds after the step began. */
export const at = (seconds: number): Instant => instant(Date.UTC(2026, 10, 21, 9) + seconds * 1000);

export const run = rotationId('run');
export const otherRun = rotationId('other-run');
const oldVersion = versionId('old');
export const newVersion = versionToken(run);
export const oldKey = { keyId: keyId('key-old'), versionId: oldVersion };
export const newKey = { keyId: keyId('key-new'), versionId: newVersion };
/** A key that this run has asked for, a minute ago. */
export const attempt = (number: number, key: string | null = null): Attempt => ({
  name: keyName(run, number),
  intendedAt: at(-60),
  slot: null,
  keyId: key === null ? null : keyId(key),
});

export const accepted: Verdict = { kind: 'accepted', findings: [] };
export const refused: Verdict = { kind: 'refused', evidence: 'HTTP 401' };
export const unclear: Verdict = { kind: 'unclear', evidence: 'HTTP 503' };

export const credential: Credential = {
  id: credentialId('support'),
  target: { provider: 'acme', account: accountId('production'), adminSecret: secretName('admin'), settings: {} },
  secret: secretName('keyturn/acme/support'),
  service: 'support',
  purpose: 'chat',
  environment: 'production',
  owner: { name: 'Support', contact: 'support@example.com' },
  tier: 'service',
  sensitivity: 'standard',
  cadenceSeconds: 30 * 86_400,
  window: null,
  overlapSeconds: 1_200,
  maximumOverlapSeconds: 3_600,
  consumers: [
    { name: 'api', cacheTtlSeconds: 60 },
    { name: 'nightly', cacheTtlSeconds: 300 },
  ],
  expects: { models: ['large'], permissions: [] },
  spendAlertUsd: null,
  emergency: 'contain-first',
};

export const request: RotationRequest = {
  rotationId: run,
  credentialId: credential.id,
  urgency: 'scheduled',
  containFirst: false,
  leakedKeyId: null,
  incident: null,
  replacement: 'now',
  target: credential.target,
  secret: credential.secret,
  approved: false,
  reason: 'the cadence',
  letCallsLandSeconds: 120,
};

/** How far the vault is: each has what the one before has. */
const stages = ['no-secret', 'old-serves', 'stored', 'staged', 'new-serves'] as const;
type Stage = (typeof stages)[number];
type Operation = Exclude<keyof Connection, 'facts' | 'validate' | 'validateAdmin'>;

const overlapOperations: readonly Operation[] = [
  'createKey',
  'listKeys',
  'identifyKey',
  'readUsage',
  'disableKey',
  'enableKey',
  'revokeKey',
];

export interface Start {
  readonly stage?: Stage;
  /** The run that has left it so; this one holds it unless told. */
  readonly leftBy?: RotationId;
  /** What differs in the rotation that this run holds; null: none is open. */
  readonly rotation?: Partial<OpenRotation> | null;
  readonly record?: Partial<CredentialRecord>;
  readonly credential?: Partial<Credential>;
  readonly offers?: readonly Operation[];
  readonly facts?: Partial<Facts>;
  readonly old?: string;
  readonly new?: string;
}

export type StepWorld = Awaited<ReturnType<typeof stepWorld>>;

export const secretOf = (key: string): SecretValue => new SecretValue(`value-of-${key}`);

const printOf = (value: SecretValue): ValuePrint => {
  const digest = createHash('sha256').update(value.expose()).digest('hex');
  return { fingerprint: fingerprint(digest), leakHash: leakHash(digest), hint: null };
};

/**
 * One credential in an in-memory vault and ledger, before a provider that does what the test says. `calls` has what a
 * step has changed and what it has asked the provider, in order.
 */
export const stepWorld = async (start: Start = {}) => {
  const { stage = 'old-serves', offers = overlapOperations, leftBy } = start;
  const holder = leftBy ?? run;
  const old = { keyId: keyId(start.old ?? 'key-old'), versionId: oldVersion };
  const fresh = { keyId: keyId(start.new ?? 'key-new'), versionId: versionToken(holder) };
  const entry: Credential = { ...credential, ...start.credential };
  const isAt = (least: Stage): boolean => stages.indexOf(stage) >= stages.indexOf(least);

  const vault = memoryVault();
  const ledger = memoryLedger();
  const calls: string[] = [];
  const notices: Notice[] = [];
  const keys = new Map<KeyId, { active: boolean }>();
  const slots = new Map<string, KeyId>();
  const everMade = new Set<KeyId>();
  const verdicts = new Map<KeyId, Verdict[]>();
  const before = new Map<string, (() => unknown)[]>();
  const failing = new Map<string, Error>();
  const executions = new Map<string, ExecutionState['status']>();
  const registered = { entry: entry as Credential | null };
  const usage = { answer: { kind: 'quiet', evidence: 'no calls' } as Usage };
  let elapsedSeconds = 0;
  let made = 0;

  const add = (key: string, active = true): KeyId => {
    keys.set(keyId(key), { active });
    everMade.add(keyId(key));
    return keyId(key);
  };
  const setActive = (key: KeyId, active: boolean): void => {
    if (keys.has(key)) keys.set(key, { active });
  };
  const isAccepted = (key: KeyId): boolean => keys.get(key)?.active === true || [...slots.values()].includes(key);
  const keyOf = (value: SecretValue): KeyId | undefined => [...everMade].find((key) => secretOf(key).equals(value));
  const name = (version: VersionId | null): string =>
    version === null ? 'none' : version === fresh.versionId ? 'new' : version;

  // ---- every call of a step comes through here ---------------------------------------------------------------------

  const call = async <Answer>(
    operation: string,
    text: string | null,
    effect: () => Answer,
  ): Promise<Awaited<Answer>> => {
    if (text !== null) calls.push(text === '' ? operation : `${operation} ${text}`);
    await before.get(operation)?.shift()?.();
    const error = failing.get(operation);
    if (error !== undefined) throw error;
    return await effect();
  };

  const listed = (): readonly Slot[] =>
    [...slots].map(([slot, key]) => ({ name: slot, keyId: key, value: secretOf(key) }));
  const operations: Required<Omit<Connection, 'validateAdmin' | 'facts'>> = {
    validate: ({ value, keyId: asked, expects }) => {
      const key = keyOf(value);
      const wanted = asked === null ? '' : ` as ${asked} for ${expects.models.join()}`;
      return call('probe', `${String(key)}${wanted}`, () => {
        const scripted = verdicts.get(key ?? keyId('')) ?? [];
        const [next] = scripted.length > 1 ? scripted.splice(0, 1) : scripted;
        return next ?? (key !== undefined && isAccepted(key) ? accepted : refused);
      });
    },
    createKey: (asked) =>
      call('createKey', asked, () => {
        made += 1;
        const key = add(`key-${made}`);
        return { keyId: key, value: secretOf(key) };
      }),
    listKeys: () =>
      call('listKeys', '', () =>
        [...keys].map(([key, { active }]) => ({ keyId: key, name: null, createdAt: null, active, hint: null })),
      ),
    identifyKey: (value) => call('identifyKey', '', () => [...keys.keys()].find((key) => key === keyOf(value)) ?? null),
    readUsage: ({ keyId: key, since }) =>
      call('readUsage', `${key} since ${secondsBetween(at(0), since)}`, () => usage.answer),
    containKey: (key) => call('containKey', key, () => setActive(key, false)),
    disableKey: (key) => call('disableKey', key, () => setActive(key, false)),
    enableKey: (key) => call('enableKey', key, () => setActive(key, true)),
    revokeKey: (key) => call('revokeKey', key, () => void keys.delete(key)),
    listSlots: () => call('listSlots', '', listed),
    regenerateSlot: (slot) =>
      call('regenerateSlot', slot, () => {
        made += 1;
        const key = keyId(`${slot}:${made}`);
        everMade.add(key);
        slots.set(slot, key);
        return listed();
      }),
  };
  const connection = {
    facts: {
      maximumLiveKeys: 3,
      revocationTakesSeconds: 30,
      sources: ['none: a provider of these tests'],
      ...start.facts,
    },
    ...Object.fromEntries(
      Object.entries(operations).filter(([key]) => key === 'validate' || offers.includes(key as Operation)),
    ),
  } as Connection;

  const clock = {
    now: () => at(elapsedSeconds),
    sleep: (seconds: number) =>
      call('sleep', String(seconds), () => {
        elapsedSeconds += seconds;
      }),
  };
  const ports: Ports = {
    clock,
    vault: {
      ...vault.port,
      describe: (secret) => call('describe', null, () => vault.port.describe(secret)),
      read: (secret, version, label) => call('read', null, () => vault.port.read(secret, version, label)),
      create: (secret, tags) =>
        call('create', `${secret} ${Object.values(tags).join()}`, () => vault.port.create(secret, tags)),
      store: (secret, version, label, payload) =>
        call('store', `${String(payload.keyId)} as ${name(version)} under ${label}`, () =>
          vault.port.store(secret, version, label, payload),
        ),
      moveLabel: (secret, label, move) =>
        call('move', `${label} from ${name(move.from)} to ${name(move.to)}`, () =>
          vault.port.moveLabel(secret, label, move),
        ),
    },
    ledger: {
      ...ledger.port,
      read: (id) => call('readRecord', null, () => ledger.port.read(id)),
      replace: (record, revision) =>
        call('write', record.rotation?.phase ?? 'closed', () => ledger.port.replace(record, revision)),
      append: (journal) =>
        call('append', journal.step === 'end' ? journal.event : null, () => ledger.port.append(journal)),
      entries: (rotation) => call('entries', null, () => ledger.port.entries(rotation)),
      putObligation: (report) => call('owe', report.keyId, () => ledger.port.putObligation(report)),
      putPrint: (print) => call('print', print.keyId, () => ledger.port.putPrint(print)),
    },
    notices: { send: (notice) => call('tell', notice.severity, () => void notices.push(notice)) },
    executions: {
      start: () => Promise.reject(new Error('No step starts a run.')),
      look: (asked) =>
        call('look', `${asked.rotationId} at ${asked.provider}`, () => ({
          status: executions.get(asked.rotationId) ?? 'unknown',
          outcome: null,
        })),
    },
    register: {
      credential: (id) => call('register', null, () => (registered.entry?.id === id ? registered.entry : null)),
      credentials: () => Promise.reject(new Error('No step reads the whole register.')),
    },
    fingerprints: {
      of: (value) => call('fingerprint', null, () => printOf(value)),
    },
    connect: (target) => call('connect', null, () => (target.provider === 'acme' ? connection : failedToConnect())),
  };

  // ---- how it begins -----------------------------------------------------------------------------------------------

  /** A version of that name with that key's value, as Keyturn writes it or, without its id, as a person does. */
  const store = async (version: string, label: string, key: string, isNamed = true): Promise<VersionId> => {
    const payload = { apiKey: secretOf(key), keyId: isNamed ? keyId(key) : null, rotationId: null };
    everMade.add(keyId(key));
    await vault.port.store(entry.secret, versionId(version), label, payload);
    return versionId(version);
  };
  const move = async (label: string, to: string | null): Promise<void> => {
    const from = vault.holder(entry.secret, label);
    await vault.port.moveLabel(entry.secret, label, { from, to: to === null ? null : versionId(to) });
  };
  if (isAt('old-serves')) {
    await vault.port.create(entry.secret, {});
    await store(oldVersion, current, add(old.keyId));
  }
  if (isAt('stored')) await store(fresh.versionId, newLabel(holder), add(fresh.keyId));
  if (isAt('staged')) await move(pending, fresh.versionId);
  if (isAt('new-serves')) {
    await move(oldLabel(holder), oldVersion);
    await move(current, fresh.versionId);
  }

  const opened: OpenRotation = {
    rotationId: holder,
    urgency: 'scheduled',
    startedAt: at(-90),
    credential: entry,
    old: isAt('old-serves') ? old : null,
    attempts: isAt('stored') ? [attempt(1, fresh.keyId)] : [],
    new: isAt('stored') ? fresh : null,
    phase: isAt('new-serves') ? 'cut-over' : isAt('staged') ? 'staged' : isAt('stored') ? 'created' : 'begun',
    containedAt: null,
    cutOverAt: isAt('new-serves') ? at(-30) : null,
    oldRevokedAt: null,
    oldKeyProof: null,
    endedAs: leftBy === undefined ? null : 'CutOverOldLive',
    ...start.rotation,
  };
  const empty = emptyRecord(entry.id);
  const held = start.rotation === null ? empty : open(empty, opened, at(-90));
  ledger.seed({ ...held, ...(leftBy !== undefined && { lease: null }), ...start.record });

  return {
    ports,
    calls,
    notices,
    usage,
    registered,
    executions,
    slots,
    /** The provider has this key as well. */
    add,
    /** The provider lists this key no more, and refuses it. */
    drop: (key: string) => keys.delete(keyId(key)),
    store,
    move,
    /** What the provider says of a key's value, in turn, and the last for ever. */
    answer: (key: string, ...said: readonly Verdict[]) => verdicts.set(keyId(key), [...said]),
    /** Somebody does this just before the next such call; with several, one before each. */
    once: (operation: string, act: () => unknown) => before.set(operation, [...(before.get(operation) ?? []), act]),
    /** Every such call fails from now on. */
    fails: (operation: string, fault: FaultName | Error) =>
      failing.set(operation, fault instanceof Error ? fault : new Fault(fault, `${operation} failed.`)),
    /** Another run takes the lease. */
    preempt: () =>
      ledger.seed({ ...ledger.record(entry.id), lease: { rotationId: otherRun, epoch: 9, takenAt: at(0) } }),
    /** Somebody writes the record, so that whoever has read it before comes too late. */
    touch: async () => {
      const { record, revision } = await ledger.port.read(entry.id);
      await ledger.port.replace(record, revision);
    },
    held: async () => hold({ ledger: ledger.port }, request),
    /** What the step answers, as the flow sees it. */
    run: (step: AnyStep, change: JsonObject = {}) => runStep(step, { ...request, ...change }, ports),
    printsOf: (key: string) => ledger.port.findPrints({ fingerprint: printOf(secretOf(key)).fingerprint }),
    record: () => ledger.record(entry.id),
    rotation: () => ledger.record(entry.id).rotation,
    obligations: ledger.obligations,
    /** The journal without the step's own entry. */
    ends: () => ledger.entries.filter(({ step }) => step === 'end'),
    entries: ledger.entries,
    /** Which label is on which version. */
    labels: () => Object.fromEntries([...vault.labels(entry.secret)].map(([label, version]) => [label, name(version)])),
    passSeconds: (seconds: number) => {
      elapsedSeconds += seconds;
    },
    credential: entry,
  };
};

const failedToConnect = (): never => {
  throw new Fault('NeedsPerson', 'There is no such provider.');
};
