import { describe, expect, it } from 'vitest';
import { accountId, keyId } from '../../functions/domain/identifiers.ts';
import { disableOld } from '../../functions/steps/disable-old.ts';
import { revokeOld } from '../../functions/steps/revoke-old.ts';
import { revokeOldSlot } from '../../functions/steps/two-slot/revoke-old.ts';
import { obligationOf } from '../conformance/ports/samples.ts';
import { at, credential, newKey, oldKey, refused, type Start, stepWorld, unclear } from './step-world.ts';

const cutOver = (start: Start = {}) => stepWorld({ stage: 'new-serves', ...start });
const twoSlots = async (start: Start = {}) => {
  const world = await cutOver({ old: 'key1:old', new: 'key2:new', offers: ['listSlots', 'regenerateSlot'], ...start });
  world.slots.set('key1', world.add('key1:old'));
  world.slots.set('key2', world.add('key2:new'));
  return world;
};

describe.each([
  ['disable-old', disableOld, cutOver],
  ['revoke-old', revokeOld, cutOver],
  ['two-slot/revoke-old', revokeOldSlot, twoSlots],
])('%s lets the old key live', (_, step, make) => {
  const untouched = (calls: readonly string[]) => calls.filter((call) => !/^(?:probe|listSlots)/.test(call));

  it('when AWSCURRENT is on another version', async () => {
    const world = await make();
    await world.store('theirs', 'elsewhere', world.add('key-of-another'));
    await world.move('AWSCURRENT', 'theirs');
    await expect(world.run(step)).rejects.toMatchObject({ name: 'Superseded' });
    expect(untouched(world.calls)).toEqual([]);
  });

  it('when the secret is gone', async () => {
    const world = await make({ stage: 'no-secret', rotation: { old: oldKey, new: newKey } });
    await expect(world.run(step)).rejects.toMatchObject({ name: 'Superseded' });
    expect(untouched(world.calls)).toEqual([]);
  });

  it.each(['old', 'new'])('where the rotation has no %s key', async (which) => {
    const world = await make({ rotation: { [which]: null } });
    await expect(world.run(step)).rejects.toMatchObject({ name: 'Refused' });
    expect(world.calls).toEqual([]);
  });

  it('when the key that serves is refused', async () => {
    const world = await make();
    const serving = world.rotation()?.new?.keyId ?? '';
    world.answer(serving, refused);
    await expect(world.run(step)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).toEqual([`probe ${serving}`]);
  });

  it('once the credential is held by another', async () => {
    const world = await make();
    world.preempt();
    await expect(world.run(step)).rejects.toMatchObject({ name: 'Superseded' });
    expect(world.calls).toEqual([]);
  });

  it('when its intent cannot be written down', async () => {
    const world = await make();
    world.fails('write', 'NothingChanged');
    await expect(world.run(step)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls.at(-1)).toMatch(/^write/);
  });
});

describe('an old key that must live', () => {
  const movedAway = async (start: Start) => {
    const world = await cutOver(start);
    await world.store('theirs', 'elsewhere', world.add('key-of-another'));
    await world.move('AWSCURRENT', 'theirs');
    return world;
  };

  it.each([
    ['disabling-old', 'scheduled', null, ['enableKey key-old']],
    ['old-disabled', 'scheduled', null, ['enableKey key-old']],
    ['confirmed', 'scheduled', null, []],
    ['old-disabled', 'emergency', null, []],
    ['old-disabled', 'scheduled', at(-60), []],
  ] as const)('in phase %s, %s, contained %s, is enabled again: %j', async (phase, urgency, containedAt, calls) => {
    const world = await movedAway({ rotation: { phase, urgency, containedAt } });
    await expect(world.run(revokeOld)).rejects.toMatchObject({ name: 'Superseded' });
    expect(world.calls).toEqual(['probe key-of-another', ...calls]);
  });

  it.each([
    ['is refused', refused, ['probe key-new', 'enableKey key-old']],
    ['gives no clear answer', unclear, ['probe key-new']],
  ])('is enabled again when the new one %s: %s', async (_, verdict, calls) => {
    const world = await cutOver({ rotation: { phase: 'old-disabled' } });
    world.answer('key-new', verdict);
    await expect(world.run(revokeOld)).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(world.calls).toEqual(calls);
  });

  it('is enabled again also when the one that has moved in gives no clear answer', async () => {
    const world = await movedAway({ rotation: { phase: 'old-disabled' } });
    world.answer('key-of-another', unclear);
    await expect(world.run(revokeOld)).rejects.toMatchObject({ name: 'Superseded' });
    expect(world.calls).toEqual(['probe key-of-another', 'enableKey key-old']);
  });

  it.each([
    ['the key that was reported since', {}, []],
    ['that was seen refused before', { refusedAt: at(-5) }, []],
    ['another key', { keyId: keyId('key-of-another') }, ['enableKey key-old']],
    [
      'a key of that id in another account',
      { target: { ...credential.target, account: accountId('other') } },
      ['enableKey key-old'],
    ],
  ])('stays disabled as a leaked one, where what is owed is %s: calls %j', async (_, change, calls) => {
    const world = await movedAway({ rotation: { phase: 'old-disabled' } });
    await world.ports.ledger.putObligation(
      obligationOf('key-old', { target: credential.target, credentialId: credential.id, ...change }),
    );
    world.calls.length = 0;
    await expect(world.run(revokeOld)).rejects.toMatchObject({ name: 'Superseded' });
    expect(world.calls).toEqual(['probe key-of-another', ...calls]);
  });

  it('stays disabled where the provider enables none', async () => {
    const world = await movedAway({ rotation: { phase: 'old-disabled' }, offers: ['revokeKey'] });
    await expect(world.run(revokeOld)).rejects.toMatchObject({ name: 'Superseded' });
  });
});
