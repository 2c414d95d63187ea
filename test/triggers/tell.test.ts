import { afterEach, beforeEach, expect, test } from 'vitest';
import { credentialId } from '../../functions/domain/identifiers.ts';
import type { Incident } from '../../functions/domain/incident.ts';
import { tell } from '../../functions/triggers/tell.ts';
import {
  at,
  type IncidentWorld,
  incidentWorld,
  refusedAfter,
  sampleIncident,
  sampleObligation,
  sampleRotation,
} from '../support/incident-world.ts';

let world: IncidentWorld;
beforeEach(() => {
  world = incidentWorld();
});
afterEach(() => world.close());

const keys = [sampleObligation('key_a'), sampleObligation('key_s', { credentialId: credentialId('search') })];

test('the owners are told of their own keys, the security lead of all, and it is written down', async () => {
  await world.write(sampleIncident(), ...keys);
  world.setTime(3);
  expect(await tell(world.ports, sampleIncident(), keys, 'accepted')).toBe(3);
  expect(await world.told()).toEqual([
    'team@example.com: accepted',
    'search@example.com: accepted',
    'security lead: accepted',
  ]);
  const item = await world.ports.ledger.incident(sampleIncident().incidentId);
  expect(item?.incident.told[0]?.at).toBe(at(3));
  const [team, search, lead] = world.sent;
  expect(team).toMatchObject({
    credentialId: 'assistant',
    contact: 'team@example.com',
    severity: 'action-needed',
    incident: { incidentId: sampleIncident().incidentId, audience: 'owner' },
    next: 'keyturn incident inc-20261121-0000000a',
  });
  expect(team?.text).toContain('key_a');
  expect(team?.text).not.toContain('key_s');
  expect(search?.text).not.toContain('key_a');
  expect(lead?.credentialId).toBeNull();
  expect(lead?.text.split('\n')).toEqual([
    '2026-11-21 08:59:56Z: GitHub secret scanning reported a value, known by its fingerprint.',
    'Why: found in a public repository (https://github.com/example/app/security/secret-scanning/1). Proof: proven: the reported value has the fingerprint of a key of ours.',
    'Each key is stopped, replaced and seen refused. A consumer of a stopped key fails until it has the new one.',
    '- assistant: key_a at openai, accepted',
    '- search: key_s at openai, accepted',
  ]);
});

test('nobody is told the same twice, but of the next thing again', async () => {
  await world.write(sampleIncident(), ...keys);
  await tell(world.ports, sampleIncident(), keys, 'accepted');
  expect(await tell(world.ports, sampleIncident(), keys, 'accepted')).toBe(0);
  expect(await tell(world.ports, sampleIncident(), keys, 'closed')).toBe(3);
  expect(world.sent).toHaveLength(6);
});

test('what was written meanwhile stays', async () => {
  await world.write(sampleIncident(), ...keys);
  await tell(world.ports, sampleIncident(), keys, 'accepted');
  const { incident, revision } = (await world.ports.ledger.incident(sampleIncident().incidentId)) ?? { revision: 0 };
  // Another writer is faster: once between the read and the write of who was told.
  let raced = false;
  const ledger = {
    ...world.ports.ledger,
    replaceIncident: async (next: Incident, of: number) => {
      if (!raced && incident !== undefined) {
        raced = true;
        await world.ports.ledger.replaceIncident({ ...incident, decidedBy: 'lead' }, revision);
      }
      return world.ports.ledger.replaceIncident(next, of);
    },
  };
  await tell({ ...world.ports, ledger }, sampleIncident(), keys, 'closed');
  expect(await world.told()).toHaveLength(6);
  expect((await world.ports.ledger.incident(sampleIncident().incidentId))?.incident.decidedBy).toBe('lead');
});

test('who could not be told is told by the next call, the others are not told again', async () => {
  await world.write(sampleIncident(), ...keys);
  let calls = 0;
  const notices = {
    send: async (notice: Parameters<typeof world.ports.notices.send>[0]) => {
      calls += 1;
      if (calls === 1) throw new Error('The channel is down.');
      await world.ports.notices.send(notice);
    },
  };
  await expect(tell({ ...world.ports, notices }, sampleIncident(), keys, 'accepted')).rejects.toThrow('channel');
  expect(await world.told()).toEqual(['search@example.com: accepted', 'security lead: accepted']);
  expect(await tell({ ...world.ports, notices }, sampleIncident(), keys, 'accepted')).toBe(1);
  expect(world.sent.at(-1)?.contact).toBe('team@example.com');
});

test.each([
  ['awaiting-approval', 'awaiting-approval', 'action-needed', ['team@example.com', 'security lead']],
  ['contained-only', 'contained-only', 'page', ['team@example.com', 'security lead', 'on call']],
  ['noted', 'noted', 'information', ['security lead']],
  ['accepted', 'closed', 'information', ['team@example.com', 'security lead']],
  ['accepted', 'report', 'information', ['security lead']],
  ['accepted', 'call 1', 'action-needed', ['team@example.com']],
  ['accepted', 'call 2', 'action-needed', ['team@example.com', 'security lead']],
  ['accepted', 'call 3', 'page', ['team@example.com', 'security lead', 'on call']],
  ['accepted', 'call 40', 'page', ['team@example.com', 'security lead', 'on call']],
] as const)('of %s, "%s" is %s, for %j', async (state, what, severity, contacts) => {
  const incident = sampleIncident({ state });
  const own = [sampleObligation('key_a')];
  await world.write(incident, ...own);
  await tell(world.ports, incident, own, what);
  expect(world.sent.map((notice) => notice.contact)).toEqual(contacts);
  expect(new Set(world.sent.map((notice) => notice.severity))).toEqual(new Set([severity]));
});

test('the one next command: approve what waits, resume what stopped, replace an admin key, read the rest', async () => {
  const nextOf = async (incident: Incident, obligations = keys): Promise<string | undefined> => {
    await tell(world.ports, incident, obligations, 'report');
    return world.sent.at(-1)?.next;
  };
  const id = sampleIncident().incidentId;
  expect(await nextOf(sampleIncident({ state: 'awaiting-approval' }))).toBe(`keyturn approve ${id}`);
  expect(await nextOf(sampleIncident())).toBe(`keyturn incident ${id}`);
  expect(await nextOf(sampleIncident(), [sampleObligation('key_x', { credentialId: null })])).toBe(
    'keyturn admin set openai-production',
  );
  await world.openRotation(sampleRotation('key_a', { endedAs: 'ContainedNoReplacement' }));
  expect(await nextOf(sampleIncident())).toBe('keyturn resume assistant-20261121-00000001');
  expect(await nextOf(sampleIncident(), [refusedAfter('key_a', 9)])).toBe(`keyturn incident ${id}`);
});

test('a thousand keys make one readable notice', async () => {
  const many = Array.from({ length: 1000 }, (_, index) => sampleObligation(`key_${index}`));
  await tell(world.ports, sampleIncident(), many, 'accepted');
  expect(world.sent).toHaveLength(2);
  expect(world.sent[0]?.text.split('\n').filter((line) => line.startsWith('- '))).toHaveLength(11);
  expect(world.sent[0]?.text).toContain('- and 990 more');
});
