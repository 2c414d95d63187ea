import { expect, it } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import { listedAs } from '../../functions/steps/listed-as.ts';
import { credential, stepWorld } from './step-world.ts';

it.each([
  ['key-old', ['listKeys'], 'active'],
  ['key-off', ['listKeys'], 'inactive'],
  ['key-gone', ['listKeys'], 'absent'],
  [undefined, ['listKeys'], 'absent'],
  ['key1:a', ['listSlots'], 'active'],
  ['key1:b', ['listSlots'], 'absent'],
  // A listing of keys says more than one of slots.
  ['key1:a', ['listKeys', 'listSlots'], 'absent'],
  ['key-old', ['revokeKey'], null],
] as const)('%s, by %j: %s', async (key, offers, listed) => {
  const world = await stepWorld({ offers });
  world.add('key-off', false);
  world.slots.set('key1', keyId('key1:a'));
  world.slots.set('key2', keyId('key2:a'));
  const connection = await world.ports.connect(credential.target);
  expect(await listedAs(key === undefined ? undefined : keyId(key), connection)).toBe(listed);
});

it('takes no outage for an absence', async () => {
  const world = await stepWorld();
  world.fails('listKeys', 'NothingChanged');
  const connection = await world.ports.connect(credential.target);
  await expect(listedAs(keyId('key-gone'), connection)).rejects.toMatchObject({ name: 'NothingChanged' });
});
