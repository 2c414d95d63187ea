import { expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { keyId } from '../../functions/domain/identifiers.ts';
import { readStored, seal } from '../../functions/steps/seal.ts';
import { newKey, newVersion, secretOf, stepWorld } from './step-world.ts';

const created = { keyId: keyId('key-new'), value: secretOf('key-new') };

it('stores the key with its id and its rotation, and answers with what is stored', async () => {
  const world = await stepWorld();
  expect(await seal(world.ports, await world.held(), created)).toEqual(newKey);
  const payload = await world.ports.vault.read(world.credential.secret, newVersion, 'keyturn-new-run');
  expect(payload).toMatchObject({ keyId: 'key-new', rotationId: 'run' });
  expect(payload?.apiKey.equals(created.value)).toBe(true);
});

it('does not answer with a key that cannot be read back', async () => {
  const world = await stepWorld();
  world.once('read', () => world.move('keyturn-new-run', null));
  const sealing = seal(world.ports, await world.held(), created);
  await expect(sealing).rejects.toBeInstanceOf(Fault);
  await expect(sealing).rejects.toMatchObject({ name: 'OutcomeUnknown' });
});

it('knows no key by a version that does not name one', async () => {
  const world = await stepWorld();
  await world.store(newVersion, 'keyturn-new-run', 'key-by-hand', false);
  expect(await readStored(world.ports, await world.held())).toBeNull();
});
