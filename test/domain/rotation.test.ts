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
import { type Attempt, emptyRecord, end, type OpenRotation, open, park } from '../../functions/domain/rotation.ts';

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
  oldKeyProof: null,
  endedAs: null,
};
const opened = open(emptyRecord(credentialId('support')), rotation, at);
const leftoversOf = (record: typeof opened) => record.leftovers.map((leftover) => leftover.keyId);

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

  it('forgets no attempt whose key nobody has an id for', () => {
    const unknown = { ...rotation, attempts: [attempt('first', null), ...rotation.attempts] };
    const ended = end(open(emptyRecord(credentialId('support')), unknown, at), 'RolledBack', later, [keyId('key-1')]);
    expect(ended.pastAttempts.map(({ keyId: id }) => id)).toEqual([null, 'key-2']);
    expect(leftoversOf(ended)).toEqual(['key-2']);
  });

  it('ends Done with the proven old key forgotten, the new one kept and the time noted', () => {
    const proven = { ...rotation, oldKeyProof: { kind: 'value-refused', at, evidence: '401' } } as const;
    const ended = end(open(opened, proven, at), 'Done', later, [keyId('key-2')]);
    expect(ended).toMatchObject({ lease: null, rotation: null, lastRotatedAt: later, leftovers: [] });
    expect(ended.lastEnded).toEqual({ rotationId: 'first', outcome: 'Done', at: later });
  });

  it('does not count a rotation that failed as rotated', () => {
    expect(end(opened, 'RolledBack', later, []).lastRotatedAt).toBeNull();
  });

  it('parks a rotation without a lease and with everything it knows', () => {
    const parked = park(opened, 'CutOverOldLive', later);
    expect(parked.lease).toBeNull();
    expect(parked.rotation).toEqual({ ...rotation, endedAs: 'CutOverOldLive' });
  });

  it('keeps the last fifty attempts', () => {
    let record = emptyRecord(credentialId('support'));
    for (let run = 1; run <= 60; run += 1) {
      const name = `run-${run}`;
      record = end(open(record, { ...rotation, attempts: [attempt(name, null)] }, at), 'RolledBack', at, []);
    }
    expect(record.pastAttempts).toHaveLength(50);
    expect(record.pastAttempts.at(-1)?.name).toBe('keyturn-run-60-1');
  });
});
