import { afterEach, beforeEach, expect, test } from 'vitest';
import { incidentId } from '../../functions/domain/identifiers.ts';
import { escalate } from '../../functions/watch/escalate.ts';
import {
  at,
  type IncidentWorld,
  incidentWorld,
  refusedAfter,
  sampleIncident,
  sampleObligation,
} from '../support/incident-world.ts';

let world: IncidentWorld;
beforeEach(() => {
  world = incidentWorld();
});
afterEach(() => world.close());

/** Who is told what by the run at that time. */
const toldAt = async (seconds: number): Promise<readonly string[]> => {
  world.setTime(seconds);
  const before = await world.told();
  await escalate(world.ports);
  return (await world.told()).slice(before.length);
};
const metric = async (name: string): Promise<number | undefined> =>
  (await escalate(world.ports)).metrics.find((one) => one.name === name)?.value;

test('nobody decides: told once, then the owner, then the security lead, then a page, and then daily', async () => {
  await world.write(sampleIncident({ state: 'awaiting-approval' }), sampleObligation('key_a', { containedAt: null }));
  const all = (what: string) => ['team@example.com', 'security lead', 'on call'].map((who) => `${who}: ${what}`);
  expect(await toldAt(10)).toEqual(['team@example.com: awaiting-approval', 'security lead: awaiting-approval']);
  expect(await toldAt(60)).toEqual([]);
  // The key is live: the time to stop it has passed before the time to decide has.
  expect(await toldAt(61)).toEqual(['team@example.com: call 1']);
  expect(await toldAt(62)).toEqual([]);
  expect(await toldAt(660)).toEqual(['team@example.com: call 2', 'security lead: call 2']);
  expect(await toldAt(1560)).toEqual(all('call 3'));
  expect(await toldAt(1561)).toEqual([]);
  expect(await toldAt(3600)).toEqual(['security lead: report']);
  expect(await toldAt(7260)).toEqual(all('call 4'));
  expect(await toldAt(28_860)).toEqual(all('call 5'));
  expect(await toldAt(28_860 + 86_399)).toEqual([]);
  expect(await toldAt(28_860 + 86_400)).toEqual(all('call 6'));
  expect(world.sent.filter(({ severity }) => severity === 'page').map(({ subject }) => subject)[0]).toBe(
    'inc-20261121-0000000a needs somebody: the key key_a is not stopped',
  );
});

test('after a long silence only the call that is due now is made, to all that it reaches', async () => {
  await world.write(sampleIncident({ state: 'awaiting-approval' }));
  expect((await toldAt(2000)).filter((told) => told.includes('call'))).toEqual([
    'security lead: call 3',
    'on call: call 3',
  ]);
});

test('an open key is called for from the moment that it is overdue, and its end is told once', async () => {
  const open = sampleObligation('key_a', { containedAt: sampleObligation('').acceptedAt, replacedAt: null });
  await world.write(sampleIncident(), open);
  expect(await toldAt(1)).toHaveLength(2);
  expect(await toldAt(180)).toEqual([]);
  expect(await toldAt(181)).toEqual(['team@example.com: call 1']);
  await world.ports.ledger.putObligation(refusedAfter('key_a', 200));
  world.setTime(240);
  const { metrics } = await escalate(world.ports);
  expect((await world.told()).slice(-2)).toEqual(['team@example.com: closed', 'security lead: closed']);
  expect(metrics).toContainEqual({ name: 'SecondsToRefused', unit: 'Seconds', value: 200 });
  const again = await escalate(world.ports);
  expect(again.told).toBe(0);
  expect(again.metrics.map(({ name }) => name)).not.toContain('SecondsToRefused');
});

test('without an owner the security lead is called at once, and two more runs tell nobody again', async () => {
  await world.write(sampleIncident({ state: 'awaiting-approval' }));
  expect(await toldAt(301)).toEqual(['security lead: awaiting-approval', 'security lead: call 1']);
  await Promise.all([escalate(world.ports), escalate(world.ports)]);
  expect(world.sent).toHaveLength(2);
});

test('an obligation that nobody reported gets an incident, and is called for like every other', async () => {
  await world.ports.ledger.putObligation(sampleObligation('key_a', { incidentId: null }));
  world.setTime(2000);
  await escalate(world.ports);
  const [incident] = await world.ports.ledger.incidents(null);
  const [obligation] = await world.ports.ledger.obligations('open');
  expect(obligation?.incidentId).toBe(incident?.incidentId);
  expect(incident).toMatchObject({ source: 'security-lead', leak: { kind: 'key', keyId: 'key_a' }, state: 'accepted' });
  expect(await world.told(incident)).toContain('on call: call 3');
  await escalate(world.ports);
  expect(await world.ports.ledger.incidents(null)).toHaveLength(1);
});

test('what is over or names nothing of ours is left alone', async () => {
  await world.write(sampleIncident({ state: 'noted' }));
  await world.write(sampleIncident({ state: 'dismissed', incidentId: incidentId('inc-20261121-0000000b') }));
  world.setTime(99_999);
  expect((await escalate(world.ports)).told).toBe(0);
});

test('a flood of reports is no flood of notices, and keys that are stopped come first', async () => {
  for (let index = 0; index < 80; index += 1)
    await world.write(sampleIncident({ state: 'awaiting-approval', incidentId: incidentId(`inc-20261121-${index}`) }));
  const beyond = sampleIncident({ state: 'contained-only', incidentId: incidentId('inc-20261121-last') });
  await world.write(beyond, sampleObligation('key_a', { incidentId: beyond.incidentId }));
  world.setTime(5);
  const { told, metrics } = await escalate(world.ports);
  expect(told).toBeLessThan(60);
  expect(await world.told(beyond)).toContain('on call: contained-only');
  expect(metrics).toContainEqual({ name: 'IncidentsHeldBack', unit: 'Count', value: 80 - (told - 3) });
  expect(await metric('IncidentsHeldBack')).toBe(0);
  expect(world.sent).toHaveLength(3 + 80);
});

test('a channel that is down is said, told by the next run, and stops no other incident', async () => {
  const other = sampleIncident({ incidentId: incidentId('inc-20261121-0000000b'), state: 'awaiting-approval' });
  await world.write(sampleIncident({ state: 'contained-only' }));
  await world.write(other);
  world.failing.send = true;
  expect((await escalate(world.ports)).failed).toHaveLength(2);
  world.failing.send = false;
  expect((await escalate(world.ports)).failed).toEqual([]);
  expect(await world.told(other)).toEqual(['security lead: awaiting-approval']);
});

test('a run with nothing to do still says that it ran', async () => {
  expect(await metric('EscalationRuns')).toBe(1);
  expect(await metric('OpenObligations')).toBe(0);
});

test('an admin key that expires is paged for once with what to do, and called for from its date on', async () => {
  const { account } = sampleObligation('key_a').target;
  const leak = { kind: 'admin-key', account, expiresAt: at(86_400) } as const;
  const open = sampleObligation('key_a', { credentialId: null, containedAt: null, replacedAt: null });
  await world.write(sampleIncident({ leak }), open);
  expect(await toldAt(1)).toEqual(['security lead: accepted', 'on call: accepted']);
  expect(world.sent[0]).toMatchObject({
    severity: 'page',
    subject: 'inc-20261121-0000000a has to be done by 2026-11-22 09:00:00Z',
  });
  expect(world.sent[0]?.text).toContain('It has not leaked.');
  expect(world.sent[0]?.text).toContain('2. Make another admin key.');
  expect(await toldAt(86_400)).toEqual([]);
  expect(await toldAt(86_401)).toEqual(['security lead: call 1']);
  expect(await toldAt(86_400 + 1500)).toEqual(['security lead: call 3', 'on call: call 3']);
});

test('the end of one that had weeks for it gives no metric of how fast an emergency goes', async () => {
  const { account } = sampleObligation('key_a').target;
  await world.write(
    sampleIncident({ leak: { kind: 'admin-key', account, expiresAt: at(86_400) } }),
    refusedAfter('key_a', 80_000),
  );
  world.setTime(80_001);
  expect(await metric('SecondsToRefused')).toBeUndefined();
  expect(await world.told()).toContain('security lead: closed');
});
