import { describe, expect, it } from 'vitest';
import { credentialId, incidentId, rotationId } from '../../functions/domain/identifiers.ts';
import type { Obligation } from '../../functions/domain/obligation.ts';
import { proveRefused } from '../../functions/steps/prove-refused.ts';
import { accepted, at, credential, oldKey, refused, run, stepWorld, unclear } from './step-world.ts';

const revoked = { phase: 'old-revoked', oldRevokedAt: at(-31) } as const;
const proof = { kind: 'value-refused', at: at(-5), evidence: 'was refused before' } as const;

const owed = (change: Partial<Obligation> = {}): Obligation => ({
  keyId: oldKey.keyId,
  target: credential.target,
  credentialId: credentialId('support'),
  incidentId: incidentId('inc-1'),
  rotationId: rotationId('earlier'),
  reason: 'found in a repository',
  reportedAt: at(-100),
  acceptedAt: at(-99),
  containedAt: at(-98),
  firstRefusedAt: null,
  replacedAt: null,
  consumersMovedAt: null,
  refusedAt: null,
  evidence: null,
  ...change,
});

const dead = async (rotation: object = revoked, start: object = {}) => {
  const world = await stepWorld({ stage: 'new-serves', rotation, ...start });
  world.answer('key-old', refused);
  return world;
};

describe('by the value', () => {
  it('is proven by three refusals, a second apart, with the key that serves accepted', async () => {
    const world = await dead();
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(2) });
    expect(world.calls).toEqual([
      'probe key-old',
      'sleep 1',
      'probe key-old',
      'sleep 1',
      'probe key-old',
      'probe key-new',
      'write old-refused',
    ]);
    expect(world.rotation()).toMatchObject({
      phase: 'old-refused',
      oldKeyProof: { kind: 'value-refused', at: at(2), evidence: expect.stringMatching(/3.*HTTP 401/) },
    });
    expect(world.entries).toMatchObject([{ step: 'prove-refused', event: 'proven' }]);
  });

  it.each([
    ['the old key is accepted', 'key-old', [accepted]],
    ['two of three refused it', 'key-old', [refused, refused, unclear]],
    ['the key that serves is refused', 'key-new', [refused]],
    ['the key that serves gives no clear answer', 'key-new', [unclear]],
  ])('is not proven while %s', async (_, key, verdicts) => {
    const world = await dead();
    world.answer(key, ...verdicts);
    await expect(world.run(proveRefused)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.rotation()).toMatchObject({ phase: 'old-revoked', oldKeyProof: null });
  });

  it('is not proven while nothing serves', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: { ...revoked, old: oldKey } });
    await expect(world.run(proveRefused)).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it('needs no time on record', async () => {
    const world = await dead({ phase: 'old-revoked', oldRevokedAt: null });
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(2) });
  });
});

describe('by a listing, where the value is gone', () => {
  const unlabelled = async (rotation: object = revoked, start: object = {}) => {
    const world = await stepWorld({ stage: 'new-serves', rotation, ...start });
    await world.move('keyturn-old-run', null);
    await world.move('AWSPREVIOUS', null);
    return world;
  };

  it('is proven by an inactive key in a complete one, once a revocation must have come through', async () => {
    const world = await unlabelled({ ...revoked, oldRevokedAt: at(-30) });
    await world.ports.connect(credential.target).then(async ({ revokeKey }) => revokeKey?.(oldKey.keyId));
    world.calls.length = 0;
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(0) });
    expect(world.calls).toEqual(['listKeys', 'probe key-new', 'write old-refused']);
    expect(world.rotation()?.oldKeyProof).toMatchObject({ kind: 'absent-from-listing', at: at(0) });
  });

  it.each([
    ['too early', { ...revoked, oldRevokedAt: at(-29) }],
    ['on no record', { phase: 'old-revoked', oldRevokedAt: null }],
  ])('is not proven when its revocation is %s', async (_, rotation) => {
    const world = await unlabelled(rotation);
    world.add('key-old', false);
    await expect(world.run(proveRefused)).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it('is not proven when it is listed as active', async () => {
    const world = await unlabelled();
    await expect(world.run(proveRefused)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).toContain('listKeys');
  });

  it('is asked for a key that only has an id', async () => {
    const world = await stepWorld({
      stage: 'new-serves',
      rotation: { ...revoked, old: { ...oldKey, versionId: null } },
    });
    world.add('key-old', false);
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(0) });
    expect(world.calls[0]).toBe('listKeys');
  });

  it('is asked where the value cannot be read at this moment', async () => {
    const world = await dead();
    world.add('key-old', false);
    world.once('read', () => world.move('keyturn-old-run', null));
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(0) });
    expect(world.calls[0]).toBe('listKeys');
  });

  it('is asked where the secret was made anew', async () => {
    const world = await stepWorld({ stage: 'no-secret', rotation: { ...revoked, old: oldKey } });
    await world.ports.vault.create(credential.secret, {});
    await world.store('theirs', 'AWSCURRENT', world.add('key-of-another'));
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(0) });
  });

  it('is not proven where the vendor has no listing', async () => {
    const world = await unlabelled(revoked, { offers: ['revokeKey'] });
    await expect(world.run(proveRefused)).rejects.toMatchObject({ name: 'NothingChanged' });
  });
});

describe('a proof that is on record', () => {
  it('stays as it was', async () => {
    const world = await dead({ phase: 'old-refused', oldKeyProof: proof });
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(-5) });
    expect(world.calls.some((call) => call.startsWith('write'))).toBe(false);
    expect(world.rotation()?.oldKeyProof).toEqual(proof);
  });

  it('is what an obligation is closed with', async () => {
    const world = await dead({ phase: 'old-refused', oldKeyProof: proof });
    await world.ports.ledger.putObligation(owed());
    await world.run(proveRefused);
    expect(world.obligations()).toMatchObject([{ refusedAt: at(-5), evidence: 'was refused before' }]);
  });
});

describe('the obligations on the old key', () => {
  it('are closed with the proof, and with when consumers had moved', async () => {
    const world = await dead();
    await world.ports.ledger.putObligation(owed());
    await world.run(proveRefused);
    expect(world.calls.slice(-2)).toEqual(['write old-refused', 'owe key-old']);
    expect(world.obligations()).toEqual([
      owed({
        rotationId: run,
        firstRefusedAt: at(2),
        replacedAt: at(-30),
        consumersMovedAt: at(270),
        refusedAt: at(2),
        evidence: world.rotation()?.oldKeyProof?.evidence ?? null,
      }),
    ]);
  });

  it.each([
    ['nobody declared a consumer', { credential: { consumers: [] } }, at(-30), at(-30)],
    ['nothing says when it was cut over', { rotation: { ...revoked, cutOverAt: null } }, null, null],
  ] as const)('tell of no caches when %s', async (_, start, replacedAt, consumersMovedAt) => {
    const world = await dead(revoked, start);
    await world.ports.ledger.putObligation(owed());
    await world.run(proveRefused);
    expect(world.obligations()).toMatchObject([{ replacedAt, consumersMovedAt, refusedAt: at(2) }]);
  });

  it('that reconcile has closed before there was a replacement are told of it', async () => {
    const world = await dead();
    await world.ports.ledger.putObligation(owed({ refusedAt: at(-50), evidence: 'refused before' }));
    await world.run(proveRefused);
    expect(world.obligations()).toMatchObject([
      { refusedAt: at(-50), evidence: 'refused before', replacedAt: at(-30), consumersMovedAt: at(270) },
    ]);
  });

  it.each([
    ['closed and replaced', { refusedAt: at(-50), replacedAt: at(-60) }],
    ['of another key', { keyId: 'key-other' }],
    ['of another account', { target: { ...credential.target, account: 'staging' } }],
  ])('that are %s are left alone', async (_, change) => {
    const world = await dead();
    await world.ports.ledger.putObligation(owed(change as Partial<Obligation>));
    const before = world.obligations();
    world.calls.length = 0;
    await world.run(proveRefused);
    expect(world.calls.at(-1)).toBe('write old-refused');
    expect(world.obligations()).toEqual(before);
  });

  it('that are open, and replaced before, are closed', async () => {
    const world = await dead();
    await world.ports.ledger.putObligation(owed({ replacedAt: at(-60) }));
    await world.run(proveRefused);
    expect(world.obligations()).toMatchObject([{ refusedAt: at(2), replacedAt: at(-60) }]);
  });

  it('are none where there was no old key', async () => {
    const world = await stepWorld({ stage: 'new-serves', rotation: { ...revoked, old: null } });
    await world.ports.ledger.putObligation(owed());
    world.calls.length = 0;
    expect(await world.run(proveRefused)).toEqual({ oldKeyRefusedAt: at(0) });
    expect(world.calls).not.toContain('owe key-old');
  });
});

it('proves nothing once the credential is held by another', async () => {
  const world = await dead();
  world.preempt();
  await expect(world.run(proveRefused)).rejects.toMatchObject({ name: 'Superseded' });
  expect(world.calls).toEqual([]);
});
