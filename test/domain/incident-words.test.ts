import { expect, test } from 'vitest';
import { accountId, credentialId, fingerprint, keyId, leakHash } from '../../functions/domain/identifiers.ts';
import type { Leak } from '../../functions/domain/incident.ts';
import { incidentClock, type Overdue } from '../../functions/domain/incident-clock.ts';
import { keyWords, leakWords, nextCommand, overdueWords } from '../../functions/domain/incident-words.ts';
import type { Obligation } from '../../functions/domain/obligation.ts';
import type { OpenRotation } from '../../functions/domain/rotation.ts';
import { at, refusedAfter, sampleIncident, sampleObligation, sampleRotation } from '../support/incident-world.ts';

// What a person is told must name what it is about: the words around it may change.

const account = accountId('openai-production');
test.each<[Leak, RegExp]>([
  [{ kind: 'fingerprint', fingerprint: fingerprint('abc') }, /^a value, .*fingerprint$/],
  [{ kind: 'leak-hash', leakHash: leakHash('abc') }, /^a value, .*fingerprint$/],
  [{ kind: 'key', provider: 'openai', account, keyId: keyId('key_a') }, /key_a of openai, account openai-production$/],
  [{ kind: 'credential', credentialId: credentialId('assistant') }, /assistant served$/],
  [{ kind: 'hint', provider: null, hint: 'wxyz' }, /ends in wxyz$/],
  [{ kind: 'hint', provider: 'openai', hint: 'wxyz' }, /ends in wxyz, of openai$/],
  [{ kind: 'provider', provider: 'openai' }, /every key of openai$/],
  [{ kind: 'account', account }, /every key of the account openai-production$/],
  [{ kind: 'owner', owner: 'Team' }, /every key that Team answers for$/],
  [{ kind: 'person', person: 'a.person' }, /person a\.person$/],
  [{ kind: 'principal', principal: 'AKIA1' }, /what AKIA1 could read$/],
  [{ kind: 'admin-key', account }, /admin key of the account openai-production$/],
  [{ kind: 'admin-key', account, expiresAt: at(0) }, /openai-production, which expires at 2026-11-21 09:00:00Z$/],
  [{ kind: 'unknown', why: 'another organisation' }, /none of our keys: another organisation$/],
])('%o is told', (leak, words) => {
  expect(leakWords(leak)).toMatch(words);
});

test.each<[Overdue['what'], RegExp]>([
  ['decide', /approved or dismissed/],
  ['contain', /key key_a is not stopped/],
  ['replace', /in place of the key key_a$/],
  ['prove', /key key_a is not seen refused/],
  ['report', /report was not sent/],
])('%s, overdue, is told', (what, words) => {
  expect(overdueWords({ what, keyId: keyId('key_a'), dueAt: at(0) })).toMatch(words);
  expect(overdueWords({ what, keyId: null, dueAt: at(0) })).not.toMatch(/null|key_a| {2}/);
});

const told = (...obligations: readonly Obligation[]) =>
  incidentClock(sampleIncident(), obligations, [], at(100)).keys.map(keyWords);

test('a key is told with how far it has come', () => {
  expect(told(sampleObligation('key_a'))).toEqual(['assistant: key_a at openai, accepted']);
  expect(told(refusedAfter('key_a', 9, { credentialId: null }))).toEqual([
    'admin key of openai-production: key_a at openai, stopped after 1.0 s, replaced after 5.0 s, proven refused after 9.0 s',
  ]);
});

const next = (
  obligations: readonly Obligation[],
  rotations: readonly OpenRotation[] = [],
  incident = sampleIncident(),
) => nextCommand(incident, incidentClock(incident, obligations, rotations, at(1)), obligations, rotations);

test('the next command is the one that helps', () => {
  const open = sampleObligation('key_a');
  const { incidentId } = open;
  const parked = sampleRotation('key_a', { endedAs: 'Escalated' });
  expect(next([], [], sampleIncident({ state: 'awaiting-approval' }))).toBe(`keyturn approve ${String(incidentId)}`);
  expect(next([open])).toBe(`keyturn incident ${String(incidentId)}`);
  expect(next([open], [sampleRotation('key_a')])).toBe(`keyturn incident ${String(incidentId)}`);
  expect(next([open], [sampleRotation('key_a'), parked])).toBe(`keyturn resume ${parked.rotationId}`);
  const admin = sampleObligation('key_a', { credentialId: null });
  expect(next([admin], [parked])).toBe('keyturn admin set openai-production');
  // What is proven, and what is another incident's, needs nothing more.
  const proven = refusedAfter('key_b', 9, { credentialId: null });
  expect(next([proven, open])).toBe(`keyturn incident ${String(incidentId)}`);
  expect(next([{ ...admin, incidentId: null }, open])).toBe(`keyturn incident ${String(incidentId)}`);
  expect(next([refusedAfter('key_a', 9)], [parked])).toBeNull();
  expect(next([], [], sampleIncident({ state: 'noted' }))).toBeNull();
});
