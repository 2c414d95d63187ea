import { afterEach, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { current, holderOf } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { options } from './reconciled.ts';

let world: RotationWorld;
afterEach(() => world.close());

const recordOf = async () => (await world.local.ports.ledger.read(world.credential.id)).record;
const prints = async () => {
  const { found, failed } = await reconcile(world.local.ports, options);
  return [...found, ...failed].filter(({ part }) => part === 'prints');
};
/** Until it is mended, the key service does not answer; `meanwhile` is done at the first call. */
const breakKeyService = (meanwhile: () => Promise<unknown> = () => Promise.resolve()) => {
  const { fingerprints } = world.local.ports;
  const { of } = fingerprints;
  Object.assign(fingerprints, {
    of: async () => {
      await meanwhile();
      throw new Fault('NothingChanged', 'The key service is away.');
    },
  });
  return () => Object.assign(fingerprints, { of });
};

it('a key that a superseded run has left serving, and had not printed, is printed once', async () => {
  world = await startRotationWorld('openai');
  const { seed, start, drive, outcomeOf, local, credential } = world;
  await seed();
  const { vault, ledger, fingerprints } = local.ports;
  const { rotationId: run } = await start();
  const mend = breakKeyService(async () => {
    const from = holderOf((await vault.describe(credential.secret)) ?? [], current);
    await vault.moveLabel(credential.secret, current, { from, to: versionToken(run) });
  });
  await drive();
  mend();
  expect(await outcomeOf(run)).toBe('Superseded');
  const { serving } = await recordOf();
  expect(serving?.versionId).toBe(versionToken(run));

  expect(await prints()).toMatchObject([{ subject: credential.id, did: 'recorded it' }]);
  const { fingerprint } = await fingerprints.of(new SecretValue((await world.currentValue()) ?? ''));
  expect(await ledger.findPrints({ fingerprint })).toMatchObject([{ keyId: serving?.keyId }]);
  expect(await prints()).toEqual([]);
});

it('the key that a run which is Done has left serving is printed, and not looked at', async () => {
  world = await startRotationWorld('openai');
  await world.seed();
  expect(await world.rotate()).toBe('Done');
  breakKeyService();
  expect(await prints()).toEqual([]);
});

it('a key that a person has put in its place is looked at', async () => {
  world = await startRotationWorld('openai');
  await world.seed();
  breakKeyService();
  expect(await prints()).toMatchObject([{ subject: world.credential.id, fault: 'NothingChanged' }]);
});
