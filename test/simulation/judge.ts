import type { Credential } from '../../functions/domain/credential.ts';
import { carriesOurName, type KeyId, keyId, rotationId, type VersionId } from '../../functions/domain/identifiers.ts';
import { current, isNewLabel, newLabel } from '../../functions/domain/labels.ts';
import type { OpenRotation } from '../../functions/domain/rotation.ts';
import type { SimulatedKey } from '../../functions/local/simulated/server.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import type { Execution } from '../../workflows/engine/journal.ts';
import { holdsCanary } from './canary.ts';
import type { MemoryJournal } from './memory-journal.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import type { MemoryVault } from './memory-vault.ts';
import type { Residual } from './residuals.ts';
import type { Vendor } from './vendor.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Who made a call. */
export interface Caller {
  readonly step: string;
  readonly rotationId: string | null;
  /** It has written an intent to the ledger in this invocation. */
  intended: boolean;
  /** It has made a call before this one. */
  hasCalled?: boolean;
  /** How often somebody outside had moved a label, or killed a key, when it looked last. */
  sawMoves?: number;
  sawKills?: number;
  /** The keys that were said to have leaked when it asked last. */
  sawOwed?: ReadonlySet<KeyId>;
  /** Nobody waited for the call any more when it landed; too late: not even RollBack did. */
  readonly landed?: 'late' | 'too late';
}

/** Everything that the judge may look at. */
export interface Evidence {
  readonly credential: Credential;
  readonly time: VirtualTime;
  readonly vault: MemoryVault;
  readonly ledger: MemoryLedger;
  readonly journal: MemoryJournal;
  readonly vendor: Vendor;
  /** Keys that are none of Keyturn's business. */
  readonly foreign: ReadonlySet<KeyId>;
  /** Versions that a person wrote, which do not tell their key. */
  readonly handMade: ReadonlyMap<VersionId, KeyId>;
  /** Keys that a compromise was reported of, with the time of the report in milliseconds since 1970. */
  readonly compromised: ReadonlyMap<KeyId, number>;
  /** Whether its emergency was to stop the key first. */
  readonly contains: (key: KeyId) => boolean;
  /** Keys that the vendor or a person killed, and keys that a person has put back although they were dying. */
  readonly outsiders: ReadonlySet<KeyId>;
  /** Nothing was planned against vendor and vault: then nothing may keep a leaked key alive. */
  readonly isProviderWell: boolean;
  /** How often somebody outside has moved a label, or killed a key. */
  readonly outside: { readonly moves: number; readonly kills: number };
  /** Nothing was planned for, or is broken since, that time. */
  readonly wasCalmSince: (at: number) => boolean;
  /** How far the product's clock may be off, in seconds. */
  readonly skewSeconds: () => number;
  /** Everything that leaves: texts in which no secret may be. */
  readonly sinks: () => string;
}

/**
 * Holds every effect against the invariants of facts/reliability.md. I8 (audit), I15 (same scope), I19 (least
 * privilege) and I20 (blast radius) are held by test/providers, test/infra and test/watch: they need no faults.
 */
export interface Judge {
  /** Each as `I1 what happened`, once. */
  readonly violations: ReadonlySet<string>;
  /** Windows that were open when a key was stopped: somebody had acted since the step's last look. */
  readonly raced: ReadonlySet<Residual>;
  /** Looks at the world after an effect. Null: somebody outside has acted. */
  readonly look: (caller: Caller | null) => void;
  readonly ended: (execution: Execution) => void;
  readonly atRest: () => void;
  /** A watch begins to look. */
  readonly watched: () => void;
  /** A consumer that had the old key in use got nowhere with it. */
  readonly consumerFailed: () => void;
  /** Confirm says that the new key serves. */
  readonly confirmed: (caller: Caller) => void;
  /** What still has to happen; empty when nothing has. */
  readonly unsettled: () => readonly string[];
}

/** From the report of a leak to the call that stops the key: five minutes without trouble at the vendor. */
const containWithinSeconds = 300;
/** What we broke ourselves in a race is put right by the same run, and not by the next watch. */
const healWithinSeconds = 240;
/** For so long a person may come back to a submission that was cut off. */
const submissionCountsSeconds = 86_400;

/** Whose keys are only disabled at first, and come back in the same step. */
const canDisable = ['reversible', 'anthropic'];

interface Serving {
  readonly key: KeyId | null;
  readonly version: VersionId | null;
  readonly since: number;
  until: number;
}

export const judge = (world: Evidence): Judge => {
  const { credential, time, vault, ledger, vendor } = world;
  const { secret } = credential;
  const longestTtl = Math.max(0, ...credential.consumers.map((consumer) => consumer.cacheTtlSeconds)) * 1000;
  const violations = new Set<string>();
  const raced = new Set<Residual>();
  const served: Serving[] = [];
  const rotations = new Map<string, OpenRotation>();
  const dying = new Set<KeyId>();
  /** Those too that were enabled again since: whoever had looked before may go by it. */
  const hasDied = new Set<KeyId>();
  const deadFromTheStart = new Set<string>();
  const judged = new Set<string>();
  const names = new Map<string, KeyId>();
  /** Keys that a rotation has made or taken, or has taken out of service. */
  const known = new Set<KeyId>();
  let epoch = 0;
  let leaseholder: string | null = null;
  let refusedSince: number | null = null;
  let lastWatchAt: number | null = null;
  const closed = new Set<KeyId>();
  const owed = new Set<KeyId>();
  /** Keys that somebody else has made. */
  const theirs = new Set<KeyId>();
  const seen = new Set<KeyId>();
  const submitted = new Map<string, number>();

  const violated = (id: string, what: string): void => {
    violations.add(`${id} ${what}`);
  };
  const keyOf = (version: VersionId | null): KeyId | null =>
    version === null ? null : (world.handMade.get(version) ?? vault.payload(secret, version)?.keyId ?? null);
  const isTwoSlot = vendor.providerId === 'azure-openai';
  const sacrificed = new Set<KeyId>();
  const isExcused = (key: KeyId): boolean =>
    world.compromised.has(key) || world.outsiders.has(key) || sacrificed.has(key);
  /** The product's own names for keys, and the ids that it has written down. */
  const isOurs = (key: SimulatedKey): boolean => {
    const { rotation, leftovers, pastAttempts, serving } = ledger.record(credential.id);
    const id = keyId(key.id);
    const attempts = [...pastAttempts, ...(rotation?.attempts ?? [])];
    return (
      attempts.some((attempt) => attempt.keyId === id || (attempt.name !== null && attempt.name === key.name)) ||
      [rotation?.old?.keyId, rotation?.new?.keyId, serving?.keyId].includes(id) ||
      leftovers.some((leftover) => leftover.keyId === id) ||
      world.compromised.has(id)
    );
  };

  const lookAtCurrent = (caller: Caller | null): Serving => {
    const now = time.now();
    const version = vault.holder(secret, current);
    const last = served.at(-1);
    if (last !== undefined && last.version === version) return last;
    if (last !== undefined) last.until = now;
    const serving = { key: keyOf(version), version, since: now, until: Infinity };
    served.push(serving);
    if (caller !== null && last !== undefined) {
      const rotation = ledger.record(credential.id).rotation;
      const read = [rotation?.old?.versionId, rotation?.new?.versionId];
      const byHand = serving.version !== null && world.handMade.has(serving.version);
      const healed = caller.step === 'reconcile' && last.key !== null && hasDied.has(last.key);
      if (last.version !== null && !healed && !byHand && !read.includes(last.version))
        violated('I12', `${caller.step} moved a label that it had not read`);
      // What somebody else kills in the instant before is taken back by Confirm.
      if (caller.step === 'reconcile' && serving.key !== null && world.compromised.has(serving.key)) {
        lookAtReport(caller, serving.key);
        violated('I11', 'reconcile put a leaked key to use');
      }
      if (serving.key !== null && dying.has(serving.key) && !isExcused(serving.key))
        violated('I13', `${caller.step} revived a dead key`);
    }
    return serving;
  };

  const lookAtKeys = (caller: Caller | null, keys: readonly SimulatedKey[], serving: Serving): void => {
    const now = time.now();
    const who =
      caller === null ? 'somebody' : `${caller.step}${caller.landed === undefined ? '' : ` (landed ${caller.landed})`}`;
    for (const key of keys) {
      const id = keyId(key.id);
      if (!seen.has(id) && caller === null) theirs.add(id);
      seen.add(id);
      if (key.name !== null && carriesOurName(key.name) && !world.foreign.has(id)) {
        const before = names.get(key.name);
        if (before === undefined) {
          names.set(key.name, id);
          if (caller !== null && !isOurs(key)) violated('I16', `${caller.step} made a key without an intent`);
        } else if (before !== id) violated('I6', `${caller?.step ?? 'somebody'} made two keys of one name`);
      }
      if (key.refusedAt === null) {
        if (dying.has(id) && caller !== null && world.compromised.has(id)) {
          lookAtReport(caller, id);
          violated('I11', `${caller.step} revived a leaked key`);
        }
        dying.delete(id);
        continue;
      }
      if (dying.has(id)) continue;
      dying.add(id);
      hasDied.add(id);
      if (caller === null) continue;
      lookAtRace(caller);
      // The value in a slot that is not in use is nobody's: giving it another is how a key is made there.
      const isFreeSlot = isTwoSlot && !served.some((each) => each.key === id);
      // Where nothing of ours has ever said that it served, a step cannot know.
      if (!isFreeSlot && !isOurs(key) && caller.step === 'two-slot/create-key' && world.outside.moves > 0)
        raced.add('slot-taken-at-the-last-call');
      if (world.foreign.has(id) || (!isFreeSlot && !isOurs(key)))
        violated('I10', `${who} killed a key that is not ours`);
      const { rotation } = ledger.record(credential.id);
      const isOther = theirs.has(id) && rotation !== null && rotation.old?.keyId !== id;
      if (isOther && caller.landed === undefined && caller.step === 'two-slot/revoke-old')
        violated('I10', `${who} killed a value that somebody else has made`);
      const reportedAt = world.compromised.get(id);
      if (reportedAt !== undefined) {
        const late = now - reportedAt > containWithinSeconds * 1000;
        if (late && world.contains(id) && world.isProviderWell)
          violated('I21', `${caller.step} stopped a leaked key too late`);
        continue;
      }
      if (serving.key === id) violated('I1', `${who} killed the key that serves`);
      const last = served.findLast((each) => each.key === id);
      if (last === undefined) continue;
      const served_ = last.until === Infinity ? 0 : (now - last.until) / 1000;
      // Two slots, and the one that serves has leaked: its replacement can only come into the other.
      if (isTwoSlot && ledger.record(credential.id).rotation?.urgency === 'emergency') {
        sacrificed.add(id);
        continue;
      }
      if (served_ + world.skewSeconds() < credential.overlapSeconds && !wasRolledBack(id)) {
        violated('I3', `${who} killed a key ${served_} s after it had served`);
      }
      const currentKey = keys.find((candidate) => candidate.id === serving.key);
      if (currentKey !== undefined && !vendor.isLive(currentKey) && !world.compromised.has(keyId(currentKey.id))) {
        violated('I3', `${who} killed the old key while the new one is refused`);
      }
    }
  };

  /** A report is durable before the ledger has it: whoever asks in between cannot know. */
  const lookAtReport = ({ sawOwed }: Caller, key: KeyId): void => {
    if (sawOwed !== undefined && !sawOwed.has(key)) raced.add('leaked-at-the-last-call');
  };
  const movedWindow = (step: string): Residual => {
    if (step === 'two-slot/create-key') return 'slot-taken-at-the-last-call';
    return canDisable.includes(vendor.providerId) ? 'disabled-for-a-moment' : 'moved-at-the-last-call';
  };
  const lookAtRace = ({ step, sawMoves, sawKills, landed }: Caller): void => {
    const { moves, kills } = world.outside;
    // A call that lands late is taken back by nobody but the next watch.
    const window = landed === undefined ? movedWindow(step) : 'moved-at-the-last-call';
    if (sawMoves !== undefined && sawMoves < moves) raced.add(window);
    if (sawKills === undefined || sawKills === kills) return;
    raced.add('killed-at-the-last-call');
    if (isTwoSlot) raced.add('slot-refilled-at-the-last-call');
  };

  /** A new key that was refused is taken back at once: nobody gets anywhere with it. */
  const wasRolledBack = (key: KeyId): boolean => {
    const rotation = ledger.record(credential.id).rotation;
    return rotation?.phase === 'rolling-back' && rotation.new?.keyId === key;
  };

  const lookAtServing = (caller: Caller | null, keys: readonly SimulatedKey[], serving: Serving): void => {
    const now = time.now();
    const present = keys.find((key) => key.id === serving.key);
    const isRefused = present !== undefined && !vendor.isLive(present) && !isExcused(keyId(present.id));
    if (!isRefused && refusedSince !== null && now - refusedSince > healWithinSeconds * 1000) {
      violated('T1', 'AWSCURRENT was refused for long');
    }
    refusedSince = isRefused ? (refusedSince ?? now) : null;
    for (const each of served) {
      if (each.key === null || each.until + longestTtl <= now || isExcused(each.key)) continue;
      const key = keys.find((candidate) => candidate.id === each.key);
      if (key === undefined || vendor.isLive(key)) continue;
      const by = caller?.step ?? 'time';
      if (each === serving) violated('I1', `AWSCURRENT is refused after ${by}`);
      else violated('I18', `a cached key is refused after ${by}`);
    }
  };

  const lookAtLedger = (caller: Caller | null): void => {
    const record = ledger.record(credential.id);
    if (record.epoch < epoch) violated('I5', `${caller?.step ?? 'somebody'} took the epoch back`);
    epoch = record.epoch;
    const owner = record.lease?.rotationId ?? null;
    if (owner !== null && leaseholder !== null && owner !== leaseholder && record.rotation?.urgency !== 'emergency') {
      const runs = world.journal.executions().some(({ name, status }) => name === leaseholder && status === 'running');
      if (runs) violated('I5', `${caller?.step ?? 'somebody'} took the lease of a run at work`);
    }
    leaseholder = owner;
    const { lastEnded } = record;
    if (lastEnded !== null) lookAtEnd(lastEnded.rotationId, lastEnded.outcome);
    if (record.rotation === null) return;
    const { rotation } = record;
    if (!rotations.has(rotation.rotationId) && deadServing()) deadFromTheStart.add(rotation.rotationId);
    rotations.set(rotation.rotationId, rotation);
    const pinned = rotation.old?.versionId == null ? null : keyOf(rotation.old.versionId);
    if (pinned !== null && pinned !== rotation.old?.keyId) raced.add('taken-for-the-contained');
    if (rotation.new !== null) known.add(rotation.new.keyId);
    if (rotation.old !== null && rotation.cutOverAt !== null) known.add(rotation.old.keyId);
  };

  /** An obligation is closed on an observed refusal: from then on its key is refused. None is on a key that is well. */
  const lookAtObligations = (caller: Caller | null, keys: readonly SimulatedKey[]): void => {
    for (const { keyId: id, refusedAt } of ledger.obligations()) {
      const isNews = !owed.has(id);
      owed.add(id);
      const isWell = keys.some((candidate) => candidate.id === id && candidate.refusedAt === null);
      if (isNews && isWell && !world.compromised.has(id))
        violated('I20', `${caller?.step ?? 'somebody'} says that a key must die which nobody has reported`);
      if (refusedAt === null) closed.delete(id);
      if (refusedAt === null || closed.has(id)) continue;
      closed.add(id);
      const key = keys.find((candidate) => candidate.id === id);
      if (key !== undefined && vendor.isLive(key))
        violated('I11', `${caller?.step ?? 'somebody'} closed the obligation of a key that is accepted`);
    }
  };

  /** A key that a person has just handed in is there when its run begins. */
  const lookAtSubmissions = (caller: Caller | null): void => {
    const labels = vault.labels(secret);
    const now = time.now();
    if (caller?.step === 'submit') {
      for (const label of labels.keys()) {
        if (isNewLabel(label) && !submitted.has(label)) submitted.set(label, now);
      }
    }
    for (const [label, at] of submitted) {
      if (labels.has(label)) continue;
      submitted.delete(label);
      const run = world.journal.executions().find(({ name }) => label === newLabel(rotationId(name)));
      const isOver = run !== undefined && run.status !== 'running';
      if (caller?.step === 'reconcile' && !isOver && now - at < submissionCountsSeconds * 1000)
        violated('I10', 'reconcile dropped a key that a person had handed in');
    }
  };

  const liveKeys = (): readonly SimulatedKey[] => vendor.keys().filter(({ refusedAt }) => refusedAt === null);

  /** Live keys that the product made or has had on record, and that serve no more. What a person drops is the person's. */
  const orphans = (): readonly KeyId[] => {
    const serving = keyOf(vault.holder(secret, current));
    const { rotation, leftovers } = ledger.record(credential.id);
    return (
      liveKeys()
        .filter(({ id, name }) => known.has(keyId(id)) || (name !== null && carriesOurName(name)))
        .map(({ id }) => keyId(id))
        .filter((id) => !world.foreign.has(id))
        .filter((id) => id !== serving && id !== rotation?.old?.keyId && id !== rotation?.new?.keyId)
        // A slot always holds a value. One that was never stored is nobody's; one that was is on record until the next turn.
        .filter((id) => !isTwoSlot || (wasStored(id) && !leftovers.some((leftover) => leftover.keyId === id)))
    );
  };
  const wasStored = (id: KeyId): boolean =>
    served.some(({ key }) => key === id) || [...rotations.values()].some((rotation) => rotation.new?.keyId === id);

  /** Runs whose end is on no record. One that found another at work has none. */
  const untold = (): readonly Execution[] =>
    world.journal
      .executions()
      .filter(({ status, state }) => status !== 'running' && state !== 'SkippedBusy')
      .filter(({ name }) => !ledger.entries.some(({ rotationId, step }) => rotationId === name && step === 'end'));

  const unsettled: Judge['unsettled'] = () => {
    const { lease, rotation, leftovers } = ledger.record(credential.id);
    const serving = keyOf(vault.holder(secret, current));
    // The pin of a slot's value stays until that slot's next turn.
    const isLeftover = (version: VersionId): boolean =>
      leftovers.some(({ keyId: id }) => isTwoSlot && id === keyOf(version));
    const labels = [...vault.labels(secret)].filter(
      ([label, version]) => label !== current && label !== 'AWSPREVIOUS' && !isLeftover(version),
    );
    return [
      ...world.journal.executions().flatMap(({ name, status }) => (status === 'running' ? [`I7 ${name} runs`] : [])),
      ...(lease === null ? [] : ['I5 a lease is held']),
      ...(rotation === null ? [] : [`I7 a rotation is open, ${rotation.endedAs ?? 'not ended'}`]),
      ...(isTwoSlot ? [] : leftovers.flatMap(({ keyId: id }) => (id === serving ? [] : [`I2 ${id} is left over`]))),
      ...ledger
        .obligations()
        .flatMap(({ keyId: id, refusedAt }) => (refusedAt === null ? [`I11 ${id} is not seen refused`] : [])),
      ...[...world.compromised.keys()].flatMap((id) =>
        liveKeys().some((key) => key.id === id) ? [`I11 ${id} lives on`] : [],
      ),
      ...orphans().map((id) => `I2 ${id} is an orphan`),
      ...labels.map(([label]) => `I2 the label ${label.replace(/-\d{8}-.*/, '')} is left`),
      ...(serving === null || vendor.keys().some((key) => key.id === serving && vendor.isLive(key))
        ? []
        : ['I1 AWSCURRENT is refused at rest']),
      ...untold().map(({ state }) => `I7 ${state} is nowhere on record`),
      ...(serving === null ? ['I1 nothing serves at rest'] : []),
    ];
  };

  const deadServing = (): boolean => {
    const serving = keyOf(vault.holder(secret, current));
    return vendor.keys().some((key) => key.id === serving && !vendor.isLive(key));
  };

  /** What an end says is true at the moment that it is first said: on record, or by the execution. */
  const lookAtEnd = (name: string, state: string): void => {
    const rotation = rotations.get(name);
    if (rotation === undefined || judged.has(`${name} ${state}`)) return;
    judged.add(`${name} ${state}`);
    const old = vendor.keys().find((key) => key.id === rotation.old?.keyId);
    if (state === 'Done') {
      if (old !== undefined && vendor.isLive(old)) violated('I7', 'Done, and the old key is accepted');
      if (rotation.old !== null && rotation.oldKeyProof === null) violated('I7', 'Done without a proof');
      const hasPinned =
        rotation.old?.versionId != null && rotation.new?.versionId === versionToken(rotation.rotationId);
      if (hasPinned && rotation.oldKeyProof?.kind !== 'value-refused')
        violated('I7', 'Done without having asked with the old value');
    }
    const holdsNew = rotation.new !== null && vault.holder(secret, current) === rotation.new.versionId;
    if (state === 'RolledBack' && holdsNew) violated('I7', 'RolledBack, and the new key serves');
    const before = rotation.old?.versionId ?? null;
    if (state === 'RolledBack' && rotation.containedAt !== null) violated('I7', 'RolledBack after containment');
    // A run that moves AWSCURRENT back has to look whether that key lives. Where it never moved it, heal looks.
    const serving = keyOf(vault.holder(secret, current));
    const isOthersDeed =
      serving !== null && (world.compromised.has(serving) || (rotation.cutOverAt === null && isExcused(serving)));
    const isDead = deadServing() && !deadFromTheStart.has(name) && !isOthersDeed;
    if (state === 'RolledBack' && (vault.holder(secret, current) !== before || isDead))
      violated('I7', 'RolledBack, and the old key does not serve');
  };

  return {
    violations,
    raced,
    unsettled,
    watched: () => {
      const isLate = refusedSince !== null && lastWatchAt !== null && refusedSince < lastWatchAt;
      // A pass that could not look, or whose run was kept from its work, leaves it to the one after.
      if (isLate && lastWatchAt !== null && world.wasCalmSince(lastWatchAt))
        violated('T1', 'AWSCURRENT was refused past the next watch');
      lastWatchAt = time.now();
    },
    consumerFailed: () => violated('I18', 'a consumer was cut off from the key that it still used'),
    confirmed: (caller) => {
      lookAtRace(caller);
      const id = ledger.record(credential.id).rotation?.new?.keyId;
      const key = vendor.keys().find((candidate) => candidate.id === id);
      if (key !== undefined && !vendor.isLive(key) && !world.compromised.has(keyId(key.id)))
        violated('I3', 'a new key is confirmed that is refused');
    },
    look: (caller) => {
      const serving = lookAtCurrent(caller);
      const keys = vendor.keys();
      lookAtLedger(caller);
      lookAtKeys(caller, keys, serving);
      lookAtServing(caller, keys, serving);
      lookAtObligations(caller, keys);
      lookAtSubmissions(caller);
      const ours = keys.filter((key) => key.refusedAt === null && key.name !== null && carriesOurName(key.name));
      if (ours.length > 8) violated('I14', `${ours.length} keys of ours live`);
    },
    ended: ({ name, state }) => lookAtEnd(name, state),
    atRest: () => {
      for (const what of unsettled()) violations.add(`${what} (at rest)`);
      for (const id of world.foreign) {
        if (!liveKeys().some((key) => key.id === id)) violated('I10', 'a foreign key is dead');
      }
      for (const execution of world.journal.executions()) {
        if (execution.state === 'SkippedBusy') continue;
        const ends = ledger.entries.filter(({ rotationId, step }) => rotationId === execution.name && step === 'end');
        const told = new Set(ends.map(({ event }) => event));
        if (told.size > 1) violated('I7', `two ends: ${[...told].sort().join(', ')}`);
        if (told.size === 1 && !told.has(execution.state))
          violated('I7', `${[...told][0] ?? ''} on record, ${execution.state} said`);
      }
      if (holdsCanary(world.sinks())) violated('I4', 'a secret value has left');
    },
  };
};
