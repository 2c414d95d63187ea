import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import {
  accountId,
  type CredentialId,
  credentialId,
  type KeyId,
  keyId,
  type RotationId,
} from '../../functions/domain/identifiers.ts';
import { current } from '../../functions/domain/labels.ts';
import { startDue } from '../../functions/triggers/start-due.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { options, reconcileOnce } from './reconciled.ts';

let world: RotationWorld;
afterEach(() => world.close());

/** The schedules of a deployment, for some hours. */
const letTimePass = async (): Promise<void> => {
  for (let round = 1; round <= 4; round += 1) {
    world.advance(3_600);
    await reconcileOnce(world);
    await startDue(world.local.ports, options);
    await world.drive();
    await sweepStrays(world.local.ports, { provider: null, graceSeconds: 1_800, dryRun: false });
  }
};

describe.each([{ containFirst: true }, { containFirst: false }])(
  'an emergency that takes over (contain first: $containFirst)',
  ({ containFirst }) => {
    it('comes to rest although the label move of the run before it lands late', async () => {
      world = await startRotationWorld('openai', { credential: { cadenceSeconds: 30 * 86_400 } });
      const { seed, start, drive, local, liveKeys, labels } = world;
      const { vault } = local.ports;
      const { moveLabel } = vault;
      const old = await seed();
      world.expectDeadCurrent(containFirst);
      let late: Parameters<typeof moveLabel> | null = null;
      let emergency: RotationId | null = null;
      Object.assign(vault, {
        moveLabel: async (...move: Parameters<typeof moveLabel>) => {
          if (move[1] === current && emergency === null) {
            // The caller dies with this call on its way.
            late = move;
            emergency = (await start({ urgency: 'emergency', leakedKeyId: keyId(old.keyId), containFirst })).rotationId;
            throw new Fault('OutcomeUnknown', 'no answer');
          }
          if (late !== null && move[1] !== current && !move[1].includes('keyturn-old')) {
            const landing = late;
            late = null;
            await moveLabel(...landing);
          }
          return moveLabel(...move);
        },
      });
      await start();
      await drive();
      expect(emergency).not.toBeNull();
      expect(late).toBeNull();
      await letTimePass();
      expect(await local.ports.ledger.obligations('open')).toEqual([]);
      expect(liveKeys().map(({ value }) => value)).toEqual([await world.currentValue()]);
      expect(liveKeys().map(({ id }) => id)).not.toContain(old.keyId);
      expect(Object.keys(await labels())).toEqual([current]);
      expect(world.deadServed).toEqual([]);
      expect(await reconcileOnce(world)).toEqual({ found: [], failed: [] });
    });
  },
);

describe('the stray sweep', () => {
  const sweep = () => sweepStrays(world.local.ports, { provider: null, graceSeconds: 1_800, dryRun: false });

  it('visits what was left in an account that no credential names any more', async () => {
    world = await startRotationWorld('openai');
    await world.seed();
    const left = await leaveBehind(world.credential.id);
    await sweep();
    expect(world.liveKeys().map(({ id }) => id)).not.toContain(left);
    expect(world.liveKeys()).toHaveLength(1);
  });

  it('only reports it where nobody can look into the secret of the credential that left it', async () => {
    world = await startRotationWorld('openai');
    await world.seed();
    const left = await leaveBehind(credentialId('no-longer-declared'));
    const swept = await sweep();
    expect(swept).toContainEqual(expect.objectContaining({ keyId: left, found: 'stray', revoked: false }));
    expect(world.liveKeys()).toHaveLength(2);
  });
});

/** A key that a superseded rotation left where the credential lived before. */
const leaveBehind = async (credential: CredentialId): Promise<KeyId> => {
  const { local, provider, advance } = world;
  const left = keyId(provider.mint({ name: 'left in the account of before' }).keyId);
  const { record, revision } = await local.ports.ledger.read(credential);
  const target = { ...world.credential.target, account: accountId('before') };
  const since = local.ports.clock.now();
  await local.ports.ledger.replace({ ...record, leftovers: [{ keyId: left, target, since }] }, revision);
  advance(3_600);
  return left;
};
