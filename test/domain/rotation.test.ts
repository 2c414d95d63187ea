import { describe, expect, it } from 'vitest';
import {
  accountId,
  credentialId,
  instant,
  keyId,
  keyName,
  rotationId,
  secretName,
  versionId,
} from '../../functions/domain/identifiers.ts';
import {
  type Attempt,
  emptyRecord,
  end,
  isOldKeyDying,
  type OpenRotation,
  open,
  park,
  phases,
  type StoredKey,
} from '../../functions/domain/rotation.ts';

const at = instant(1_000);
const later = instant(2_000);
const attempt = (rotation: string, id: string | null): Attempt => ({
  name: keyName(rotationId(rotation), 1),
  intendedAt: at,
  slot: null,
  keyId: id === null ? null : keyId(id),
});
const rotation: OpenRotation = {
  rotationId: rotationId('first'),
  urgency: 'scheduled',
  startedAt: at,
  credential: {
    id: credentialId('support'),
    target: { provider: 'openai', account: accountId('prod'), adminSecret: secretName('admin'), settings: {} },
    secret: secretName('keyturn/openai/support'),
    service: 'support',
    purpose: 'chat',
    environment: 'production',
    owner: { name: 'Support', contact: 'support@example.com' },
    tier: 'service',
    sensitivity: 'standard',
    cadenceSeconds: 100,
    window: null,
    overlapSeconds: 10,
    maximumOverlapSeconds: 20,
    consumers: [],
    expects: { models: [], permissions: [] },
    spendAlertUsd: null,
    emergency: 'contain-first',
  },
  old: { keyId: keyId('key-1'), versionId: versionId('version-1') },
  attempts: [attempt('first', 'key-2')],
  new: { keyId: keyId('key-2'), versionId: versionId('version-2') },
  phase: 'cut-over',
  containedAt: null,
  cutOverAt: at,
  oldRevokedAt: null,
  oldKeyProof: null,
  endedAs: null,
};
const opened = open(emptyRecord(credentialId('support')), rotation, at);
const leftoversOf = (record: typeof opened) => record.leftovers.map((leftover) => leftover.keyId);
const nothing: Partial<OpenRotation> = { old: null, new: null, attempts: [] };
const other = { keyId: keyId('key-9'), versionId: versionId('version-9') };
const oldKey = { keyId: keyId('key-1'), versionId: versionId('version-1') };
const newKey = { keyId: keyId('key-2'), versionId: versionId('version-2') };

it('the old key dies from the moment that its revocation is sent, and is nothing to go back to', () => {
  const dying = phases.filter((phase) => isOldKeyDying({ phase }));
  expect(dying).toEqual(['revoking-old', 'old-revoked', 'old-refused']);
});

describe('the ledger item of a credential', () => {
  it('gives every owner of the lease a higher epoch', () => {
    const second = open(opened, { ...rotation, rotationId: rotationId('second') }, later);
    expect([opened.lease, second.lease]).toEqual([
      { rotationId: 'first', epoch: 1, takenAt: at },
      { rotationId: 'second', epoch: 2, takenAt: later },
    ]);
  });

  it('leaves nothing behind when a rotation is taken up with its keys', () => {
    const taken = open(park(opened, 'CutOverOldLive', at), { ...rotation, rotationId: rotationId('second') }, later);
    expect(leftoversOf(taken)).toEqual([]);
    expect(taken.pastAttempts).toEqual([]);
  });

  it('keeps the keys of a rotation that is not taken up, so that none is forgotten', () => {
    const fresh = { ...rotation, rotationId: rotationId('second'), attempts: [], new: null };
    const taken = open(opened, { ...fresh, old: { keyId: keyId('key-2'), versionId: versionId('version-2') } }, later);
    expect(leftoversOf(taken)).toEqual(['key-1']);
    expect(taken.pastAttempts).toEqual(rotation.attempts);
  });

  it.each<[string, Partial<OpenRotation>, Partial<OpenRotation>, readonly string[]]>([
    ['the same keys', {}, {}, []],
    ['and another attempt', {}, { attempts: [...rotation.attempts, attempt('first', 'key-3')] }, []],
    ['without the attempt', {}, { attempts: [] }, []],
    ['with another new key', { attempts: [] }, { new: other }, ['key-2']],
    ['without the new key', { attempts: [] }, { new: null, attempts: [] }, ['key-2']],
    ['with another old key', { attempts: [] }, { old: other }, ['key-1']],
    ['without the old key', { attempts: [] }, { old: null }, ['key-1']],
    ['where nothing was known', nothing, {}, []],
    ['where nothing was known, with nothing', nothing, nothing, []],
    ['where only an attempt was known, with nothing', { ...nothing, attempts: rotation.attempts }, nothing, ['key-2']],
  ])('taken over by a rotation %s: what is left over is known', (_case, earlier, taking, left) => {
    const first = open(emptyRecord(credentialId('support')), { ...rotation, ...earlier }, at);
    const second = open(first, { ...rotation, ...taking, rotationId: rotationId('second') }, later);
    expect(leftoversOf(second)).toEqual(left);
    const before = { ...rotation, ...earlier }.attempts;
    const isTakenUp = { ...rotation, ...taking }.attempts.length >= before.length && left.length === 0;
    expect(second.pastAttempts).toEqual(isTakenUp ? [] : before);
    expect(second.rotation).toEqual({ ...rotation, ...taking, rotationId: 'second' });
  });

  it('writes each left key down once, however often it is met', () => {
    const failed = end(opened, 'RolledBack', at, undefined);
    expect(leftoversOf(failed)).toEqual(['key-1', 'key-2']);
    const again = end(open(failed, rotation, later), 'RolledBack', later, undefined);
    expect(again.leftovers).toEqual(failed.leftovers);
  });

  it.each<[string, Partial<OpenRotation>, readonly [old: number, made: number]]>([
    ['both have served', {}, [10, 10]],
    ['the new one never served', { cutOverAt: null }, [10, 0]],
    ['the old one has leaked', { urgency: 'emergency' }, [0, 10]],
    ['neither may be kept', { urgency: 'emergency', cutOverAt: null }, [0, 0]],
  ])('a left key is unused only after an overlap: %s', (_case, change, [old, made]) => {
    const ended = end(
      open(emptyRecord(credentialId('support')), { ...rotation, ...change }, at),
      'Superseded',
      later,
      undefined,
    );
    const { target } = rotation.credential;
    expect(ended.leftovers).toEqual([
      { keyId: 'key-1', target, since: instant(2_000 + old * 1_000) },
      { keyId: 'key-2', target, since: instant(2_000 + made * 1_000) },
    ]);
  });

  it.each<[string, Partial<OpenRotation>, number]>([
    ['another was stored: at once', {}, 0],
    ['none is on record, and one has served: after an overlap', { new: null }, 10],
    ['none has served: at once', { new: null, cutOverAt: null }, 0],
  ])('a key that was made beside it is unused where %s', (_case, change, seconds) => {
    const attempts = [...rotation.attempts, attempt('first', 'key-3')];
    const ended = end({ ...opened, rotation: { ...rotation, attempts, ...change } }, 'Superseded', later, undefined);
    const left = ended.leftovers.find(({ keyId: id }) => id === 'key-3');
    expect(left?.since).toBe(instant(2_000 + seconds * 1_000));
  });

  it('a key that was made and never stored is unused at once', () => {
    const first = { ...rotation, old: null, new: null, cutOverAt: null };
    const ended = end(open(emptyRecord(credentialId('support')), first, at), 'RolledBack', later, undefined);
    expect(ended.leftovers).toEqual([{ keyId: 'key-2', target: rotation.credential.target, since: later }]);
  });

  it('of a first issue has no old key to settle, and says so as its proof', () => {
    const first = { ...rotation, old: null, oldKeyProof: { kind: 'no-old-key', at, evidence: '' } } as const;
    const ended = end(open(emptyRecord(credentialId('support')), first, at), 'Done', later, newKey);
    expect(ended.leftovers).toEqual([]);
  });

  it('has nothing to end or to park where nothing is open', () => {
    const empty = emptyRecord(credentialId('support'));
    expect(end(empty, 'Done', later, undefined)).toBe(empty);
    expect(park(empty, 'Escalated', later)).toBe(empty);
  });

  it('forgets no attempt whose key nobody has an id for', () => {
    const unknown = { ...rotation, attempts: [attempt('first', null), ...rotation.attempts] };
    const ended = end(open(emptyRecord(credentialId('support')), unknown, at), 'RolledBack', later, oldKey);
    expect(ended.pastAttempts.map(({ keyId: id }) => id)).toEqual([null, 'key-2']);
    expect(leftoversOf(ended)).toEqual(['key-2']);
  });

  it('ends Done with the proven old key forgotten, the new one kept and the time noted', () => {
    const proven = { ...rotation, oldKeyProof: { kind: 'value-refused', at, evidence: '401' } } as const;
    const ended = end(open(opened, proven, at), 'Done', later, newKey);
    expect(ended).toMatchObject({ lease: null, rotation: null, lastRotatedAt: later, leftovers: [] });
    expect(ended.serving).toEqual(rotation.new);
    expect(ended.lastEnded).toEqual({ rotationId: 'first', outcome: 'Done', at: later });
  });

  it('a left key that serves again is no leftover, and counts anew when it is left again', () => {
    const failed = end(opened, 'Superseded', at, undefined);
    const back = end(open(failed, rotation, later), 'RolledBack', later, oldKey);
    expect(leftoversOf(back)).toEqual(['key-2']);
    const { target } = rotation.credential;
    const muchLater = instant(100_000);
    expect(end(open(back, rotation, muchLater), 'Superseded', muchLater, other).leftovers).toContainEqual({
      keyId: 'key-1',
      target,
      since: instant(110_000),
    });
  });

  it('a left key that was seen refused is no leftover', () => {
    const failed = end(opened, 'Superseded', at, undefined);
    const proven = { ...rotation, oldKeyProof: { kind: 'value-refused', at, evidence: '401' } } as const;
    expect(leftoversOf(end(open(failed, proven, later), 'Done', later, newKey))).toEqual([]);
  });

  it('does not count a rotation that failed as rotated', () => {
    const before = { ...opened, lastRotatedAt: at, serving: other };
    expect(end(before, 'RolledBack', later, undefined)).toMatchObject({ lastRotatedAt: at, serving: other });
  });

  const servedBefore = { ...opened, serving: other };
  const otherIsLeft = { keyId: other.keyId, target: rotation.credential.target, since: instant(12_000) };

  it.each<[string, Partial<OpenRotation>, StoredKey | undefined, StoredKey | null, readonly string[]]>([
    ['what the rotation made', {}, newKey, newKey, ['key-9', 'key-1']],
    ['what it made and could not record', { new: null }, newKey, newKey, ['key-9', 'key-1']],
    ['the old key, which somebody has put back', {}, oldKey, oldKey, ['key-9', 'key-2']],
    ['the old key, which it never took away', { cutOverAt: null }, oldKey, null, ['key-9', 'key-2']],
    ['a key of somebody else', {}, { ...other, keyId: keyId('theirs') }, null, ['key-9', 'key-1', 'key-2']],
    ['what served before', {}, other, other, ['key-1', 'key-2']],
    ['nobody can say what', {}, undefined, other, ['key-1', 'key-2']],
  ])(
    'not Done, and AWSCURRENT holds %s: what serves is on record, what served is left',
    (_case, change, serves, serving, left) => {
      const ended = end({ ...servedBefore, rotation: { ...rotation, ...change } }, 'Superseded', later, serves);
      expect(ended.serving).toEqual(serving);
      expect(leftoversOf(ended)).toEqual(left);
    },
  );

  it('what served before a rotation of another key is left when an overlap is over', () => {
    const proven = { ...rotation, oldKeyProof: { kind: 'value-refused', at, evidence: '401' } } as const;
    const ended = end({ ...servedBefore, rotation: proven }, 'Done', later, newKey);
    expect(ended.serving).toEqual(newKey);
    expect(ended.leftovers).toEqual([otherIsLeft]);
  });

  it('parks a rotation without a lease and with everything it knows', () => {
    const parked = park(opened, 'CutOverOldLive', later);
    expect(parked.lease).toBeNull();
    expect(parked.rotation).toEqual({ ...rotation, endedAs: 'CutOverOldLive' });
    expect(parked.lastEnded).toEqual({ rotationId: 'first', outcome: 'CutOverOldLive', at: later });
  });

  it('keeps the last fifty attempts', () => {
    let record = emptyRecord(credentialId('support'));
    for (let run = 1; run <= 60; run += 1) {
      const name = `run-${run}`;
      record = end(open(record, { ...rotation, attempts: [attempt(name, null)] }, at), 'RolledBack', at, undefined);
    }
    expect(record.pastAttempts).toHaveLength(50);
    expect(record.pastAttempts.at(-1)?.name).toBe('keyturn-run-60-1');
  });
});
