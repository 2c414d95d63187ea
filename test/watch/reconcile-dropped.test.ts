import { afterEach, describe, expect, it } from 'vitest';
import {
  instant,
  type KeyId,
  keyId,
  milliseconds,
  type VersionId,
  versionId,
} from '../../functions/domain/identifiers.ts';
import { current, holderOf } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { overlapSeconds, type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { type Reconciled, reconcileOnce } from './reconciled.ts';

let world: RotationWorld;
afterEach(() => world.close());

const ledgerItem = () => world.local.ports.ledger.read(world.credential.id);
const recordOf = async () => (await ledgerItem()).record;
/** What it found out of place, with what it did; what else it finds in these worlds has tests of its own. */
const dropped = ({ found }: Reconciled) =>
  found.filter(({ part }) => part === 'dropped-keys').map((what) => [what.found, what.did]);
const pass = async (change: Parameters<typeof reconcileOnce>[1] = {}) => dropped(await reconcileOnce(world, change));

type Key = { readonly keyId: KeyId; readonly value: string };

/** A person writes a value into the secret, with its key's id beside it or without. */
const writeByHand = async (key: Key, isNamed = true): Promise<VersionId> => {
  const { vault } = world.local.ports;
  written += 1;
  const version = versionId(`22222222-aaaa-4aaa-8aaa-${String(written).padStart(12, '0')}`);
  const payload = { apiKey: new SecretValue(key.value), keyId: isNamed ? key.keyId : null, rotationId: null };
  await vault.store(world.credential.secret, version, current, payload);
  return version;
};
let written = 0;

const mint = (): Key => {
  const made = world.provider.mint({ name: 'by hand' });
  return { keyId: keyId(made.keyId), value: made.value };
};
const servingKey = async (): Promise<Key> => ({
  keyId: keyId((await world.labels())[current] ?? ''),
  value: (await world.currentValue()) ?? '',
});
const servingVersion = async () =>
  holderOf((await world.local.ports.vault.describe(world.credential.secret)) ?? [], current);

/** A key that a rotation put to use, and the one of a person who has taken it out. */
const takenOut = async () => {
  world = await startRotationWorld('openai');
  await world.seed();
  await world.rotate();
  const ours = await servingKey();
  const theirs = mint();
  await writeByHand(theirs);
  return { ours, theirs };
};

const anOverlapFromNow = () => instant(milliseconds(world.local.ports.clock.now()) + overlapSeconds * 1000);
const leftNow = ({ keyId: id }: Key) => ({ keyId: id, target: world.credential.target, since: anOverlapFromNow() });
const tellsOfTaking = ({ keyId: id }: Key, isDone = true) => [
  `AWSCURRENT was taken from ${id} by hand`,
  isDone ? `left for the stray sweep from ${anOverlapFromNow()} on` : null,
];
const tellsOfPuttingBack = ({ keyId: id }: Key, isDone = true) => [
  `AWSCURRENT is on ${id} again, which was left over`,
  isDone ? 'it is left over no more' : null,
];

describe('a key that a person has taken out of use', () => {
  it('is left over from an overlap from now on, and that is told once', async () => {
    const { ours } = await takenOut();
    expect(await pass()).toEqual([tellsOfTaking(ours)]);
    const record = await recordOf();
    expect(record).toMatchObject({ serving: null, leftovers: [leftNow(ours)] });
    world.advance(60);
    expect(await pass()).toEqual([]);
    expect(await recordOf()).toEqual(record);
  });

  it.each([
    ['with its id', true],
    ['without its id', false],
  ])(
    'serves again when it is put back by hand %s, and has a new overlap when it is taken out again',
    async (_, isNamed) => {
      const { ours, theirs } = await takenOut();
      await pass();
      const version = await writeByHand(ours, isNamed);
      expect(await pass()).toEqual([tellsOfPuttingBack(ours)]);
      expect(await recordOf()).toMatchObject({ serving: { keyId: ours.keyId, versionId: version }, leftovers: [] });
      expect(await pass()).toEqual([]);

      world.advance(overlapSeconds);
      await writeByHand(theirs);
      expect(await pass()).toEqual([tellsOfTaking(ours)]);
      expect(await recordOf()).toMatchObject({ serving: null, leftovers: [leftNow(ours)] });
    },
  );

  it.each([
    ['with its id', true],
    ['without its id', false],
  ])(
    'gives way to one of before that is put back %s: what served is left, and that one is no more',
    async (_, isNamed) => {
      const { ours: first } = await takenOut();
      await pass();
      await world.rotate();
      const second = await servingKey();
      const older = { keyId: keyId('key-of-long-ago'), target: world.credential.target, since: anOverlapFromNow() };
      const { record, revision } = await ledgerItem();
      expect(record).toMatchObject({ serving: { keyId: second.keyId }, leftovers: [{ keyId: first.keyId }] });
      await world.local.ports.ledger.replace({ ...record, leftovers: [older, ...record.leftovers] }, revision);

      const version = await writeByHand(first, isNamed);
      expect(await pass()).toEqual([tellsOfTaking(second), tellsOfPuttingBack(first)]);
      expect(await recordOf()).toMatchObject({
        serving: { keyId: first.keyId, versionId: version },
        leftovers: [older, leftNow(second)],
      });
    },
  );
});

describe('the key that serves, written again by a person', () => {
  it.each([
    ['with its id', true],
    ['without its id', false],
  ])('%s, serves on in the new version, and nothing is told', async (_, isNamed) => {
    world = await startRotationWorld('openai');
    await world.seed();
    await world.rotate();
    const ours = await servingKey();
    const { record } = await ledgerItem();
    expect(record.serving?.versionId).toBe(await servingVersion());
    const version = await writeByHand(ours, isNamed);
    expect(await pass()).toEqual([]);
    const after = await ledgerItem();
    expect(after.record).toEqual({ ...record, serving: { keyId: ours.keyId, versionId: version } });
    expect(await pass()).toEqual([]);
    expect(await ledgerItem()).toEqual(after);
  });
});

describe('nothing is written', () => {
  it('in a dry run, which tells what it would have written', async () => {
    const { ours } = await takenOut();
    const before = await ledgerItem();
    expect(await pass({ dryRun: true })).toEqual([tellsOfTaking(ours, false)]);
    expect(await ledgerItem()).toEqual(before);

    await pass();
    await writeByHand(ours);
    const left = await ledgerItem();
    expect(await pass({ dryRun: true })).toEqual([tellsOfPuttingBack(ours, false)]);
    expect(await ledgerItem()).toEqual(left);
  });

  it('when somebody else has written in between: it is told as not done, and the next pass does it', async () => {
    const { ours } = await takenOut();
    const { ledger } = world.local.ports;
    const { replace } = ledger;
    Object.assign(ledger, {
      replace: async (...[next, revision]: Parameters<typeof replace>) => {
        Object.assign(ledger, { replace });
        const item = await ledger.read(next.credentialId);
        await replace(item.record, item.revision);
        return replace(next, revision);
      },
    });
    const before = await recordOf();
    expect(await pass()).toEqual([tellsOfTaking(ours, false)]);
    expect(await recordOf()).toEqual(before);
    expect(await pass()).toEqual([tellsOfTaking(ours)]);
  });

  it.each([
    ['with its id', true],
    ['without its id', false],
  ])('about a key that is left over when one that was never ours follows on another, %s', async (_, isNamed) => {
    await takenOut();
    await pass();
    const before = await ledgerItem();
    await writeByHand(mint(), isNamed);
    expect(await pass()).toEqual([]);
    expect(await ledgerItem()).toEqual(before);
  });
});
