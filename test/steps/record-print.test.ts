import { expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { recordPrint } from '../../functions/steps/record-print.ts';
import { at, credential, newKey, stepWorld } from './step-world.ts';

it('keeps which key the stored value is', async () => {
  const world = await stepWorld({ stage: 'stored' });
  await recordPrint(world.ports, await world.held(), newKey);
  await recordPrint(world.ports, await world.held(), newKey);
  expect(await world.printsOf('key-new')).toMatchObject([
    { keyId: 'key-new', target: credential.target, credentialId: 'support', recordedAt: at(0) },
  ]);
});

it.each([
  ['fingerprint', 'NothingChanged', 'OutcomeUnknown'],
  ['print', 'OutcomeUnknown', 'OutcomeUnknown'],
  ['read', 'NeedsPerson', 'NeedsPerson'],
] as const)('never says that nothing was changed: %s, %s', async (operation, thrown, name) => {
  const world = await stepWorld({ stage: 'stored' });
  world.fails(operation, thrown);
  await expect(recordPrint(world.ports, await world.held(), newKey)).rejects.toMatchObject({
    name,
    message: expect.stringMatching(new RegExp(`key-new.*${operation} failed`)),
  });
});

it('cannot record a key that cannot be read back', async () => {
  const world = await stepWorld({ stage: 'stored' });
  await world.move('keyturn-new-run', null);
  const recording = recordPrint(world.ports, await world.held(), newKey);
  await expect(recording).rejects.toBeInstanceOf(Fault);
  await expect(recording).rejects.toMatchObject({ name: 'OutcomeUnknown' });
  expect(world.calls).toEqual([]);
});

it('passes on an error that nobody foresaw as it is', async () => {
  const world = await stepWorld({ stage: 'stored' });
  const error = new TypeError('unforeseen');
  world.fails('fingerprint', error);
  await expect(recordPrint(world.ports, await world.held(), newKey)).rejects.toBe(error);
});
