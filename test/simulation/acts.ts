import { type KeyId, keyId, type VersionId } from '../../functions/domain/identifiers.ts';
import { current, pending, previous } from '../../functions/domain/labels.ts';
import type { Act } from './plan.ts';
import { acts } from './plan.ts';
import { outageSeconds, type World } from './world.ts';

/** The key that the first run makes, once the vendor has it. */
const newKey = (world: World): KeyId | null => {
  const { seeded, foreign, vendor } = world;
  const made = vendor.keys().findLast(({ id }) => id !== seeded && !foreign.has(keyId(id)) && !world.isOwn(keyId(id)));
  if (made === undefined) return null;
  const isTwoSlot = world.strategy === 'two-slot';
  return isTwoSlot && world.ledger.record(world.credential.id).rotation?.new == null ? null : keyId(made.id);
};

/** The acts that mean something now. */
export const possibleActs = (world: World): readonly Act[] => {
  const { seeded, vault, credential } = world;
  const hasNew = newKey(world) !== null;
  const labels = vault.labels(credential.secret);
  const isPossible = (act: Act): boolean => {
    switch (act) {
      case 'compromise-old':
      case 'provider-kills-old':
        return seeded !== null;
      case 'compromise-new':
      case 'person-kills-new':
        return hasNew;
      case 'person-rolls-back':
        return labels.has(previous);
      case 'person-cuts-over':
        return labels.has(pending);
      case 'person-moves-current':
        return labels.has(current);
      case 'secret-deleted':
        return labels.has(current);
      case 'second-schedule':
      case 'duplicate-trigger':
      case 'sweep-now':
      case 'clock+10':
      case 'clock-10':
      case 'admin-revoked':
      case 'vendor-refuses-all':
      case 'vendor-refuses-values':
      case 'new-definition':
        return true;
    }
  };
  return acts.filter(isPossible);
};

/** What somebody else does, at this very instant. */
export const perform = async (act: Act, world: World): Promise<void> => {
  const { credential, vault, seeded, referee, vendor, outsiders, outside, troubles } = world;
  const kill = (key: KeyId | null): void => {
    if (key === null) return;
    outside.kills += 1;
    outsiders.add(key);
    vendor.kill(key);
  };
  /** Whoever puts a key to use that is dying, or is not accepted, has done it himself. */
  const putToUse = (key: KeyId | null): void => {
    const isWell = vendor.keys().some((held) => held.id === key && held.refusedAt === null && vendor.isLive(held));
    if (key !== null && !isWell) outsiders.add(key);
  };
  /** Seen at once: else the call of somebody who works at the same instant would be blamed for it. */
  const moveCurrent = async (to: VersionId): Promise<void> => {
    const moved = vault.port.moveLabel(credential.secret, current, {
      from: vault.holder(credential.secret, current),
      to,
    });
    referee.look(null);
    await moved;
  };
  /** A report names its key. */
  const leak = async (leakedKeyId: KeyId | null): Promise<void> => {
    if (leakedKeyId === null) return;
    await world.start(world.request({ urgency: 'emergency', leakedKeyId, containFirst: true }));
  };
  switch (act) {
    case 'second-schedule':
      await world.start(world.request());
      break;
    case 'duplicate-trigger':
      if (world.first !== null) await world.executions.start(world.first);
      break;
    case 'compromise-old':
      await leak(seeded);
      break;
    case 'compromise-new':
      await leak(newKey(world));
      break;
    case 'person-moves-current': {
      const own = world.ownKey();
      putToUse(own);
      const theirs = await world.writeByHand(own, 'theirs');
      await moveCurrent(theirs);
      await vault.port.moveLabel(credential.secret, 'theirs', { from: theirs, to: null });
      break;
    }
    case 'person-rolls-back': {
      const to = vault.holder(credential.secret, previous);
      const key = to === null ? null : (world.handMade.get(to) ?? vault.payload(credential.secret, to)?.keyId ?? null);
      putToUse(key);
      if (to !== null) await moveCurrent(to);
      break;
    }
    case 'person-cuts-over': {
      const to = vault.holder(credential.secret, pending);
      const key = to === null ? null : (vault.payload(credential.secret, to)?.keyId ?? null);
      putToUse(key);
      if (to !== null) await moveCurrent(to);
      break;
    }
    case 'provider-kills-old':
      kill(seeded);
      break;
    case 'person-kills-new':
      kill(newKey(world));
      break;
    case 'sweep-now':
      await world.watch();
      break;
    case 'clock+10':
      world.skew(600);
      break;
    case 'clock-10':
      world.skew(-600);
      break;
    case 'admin-revoked':
      vendor.revokeAdmin();
      troubles.set('admin', Infinity);
      break;
    case 'vendor-refuses-all':
    case 'vendor-refuses-values':
      vendor.refuseFor(outageSeconds, act === 'vendor-refuses-all' ? 'all' : 'values');
      troubles.set('vendor', world.time.now() + outageSeconds * 1000);
      break;
    case 'secret-deleted':
      vault.remove(credential.secret);
      troubles.set('secret', Infinity);
      break;
    case 'new-definition':
      world.deploy();
      break;
  }
  // Counted when it is done: whoever looks meanwhile sees what was before.
  if (act.startsWith('person-') || act === 'secret-deleted') outside.moves += 1;
  referee.look(null);
  world.noticeServing();
};
