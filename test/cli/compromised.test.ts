import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { credentialId, type Instant, keyId, secretName, versionId } from '../../functions/domain/identifiers.ts';
import type { Incident, Leak } from '../../functions/domain/incident.ts';
import type { Obligation } from '../../functions/domain/obligation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { localRegister } from '../../functions/local/register.ts';
import { providers } from '../../functions/providers/index.ts';
import { parseRegister } from '../../functions/register/load.ts';
import { approveIncident } from '../../functions/triggers/approve-incident.ts';
import { acceptReport, takeReport } from '../../functions/triggers/compromise.ts';
import { leakOfValue } from '../../functions/triggers/leaked-value.ts';
import { startObligations } from '../../functions/triggers/start-obligations.ts';
import { adminKeys, makeWorld, type Ran, registerText, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const keyNow = async (): Promise<string> => (await world.run('status --json')).json().credentials[0]!.keyId;
const live = (): readonly string[] =>
  world.openai
    .keys()
    .filter(({ refusedAt }) => refusedAt === null)
    .map(({ id }) => id);
const obligations = (): Promise<readonly Obligation[]> => world.ports(({ ledger }) => ledger.obligations('all'));
const incidents = (): Promise<readonly Incident[]> => world.ports(({ ledger }) => ledger.incidents(null));
const lastLine = (ran: Ran): Record<string, unknown> =>
  JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
const secretOf = (key: string): string => world.openai.keys().find(({ id }) => id === key)?.value ?? '';

const leadsReport = (leak: Leak) => ({
  source: 'security-lead' as const,
  dedupeKey: 'cli/1',
  reference: 'keyturn compromised',
  reason: 'a test',
  reportedAt: '2026-01-01T00:00:00.000Z' as Instant,
  leak,
});

/** A report of a machine, as the intake takes it. */
const report = (leak: Leak, dedupeKey = 'event 1') =>
  world.ports((ports) =>
    acceptReport(
      {
        source: 'bus',
        dedupeKey,
        reference: 'event 1',
        reason: 'a test',
        reportedAt: '2026-01-01T00:00:00.000Z' as Instant,
        leak,
      },
      ports,
      { letCallsLandSeconds: 30, automaticPerHour: 0, floorSeconds: 900, maximumStarts: 5 },
    ),
  );

describe('compromised', () => {
  test('--credential: says what breaks, stops the key first, and prints the clock of a real run', async () => {
    const before = await keyNow();
    const { code, stdout } = await world.run('compromised --credential assistant-openai --reason in-a-log --yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`Contain first: key ${before} at OpenAI is stopped at once`);
    expect(stdout).toContain('At OpenAI a stopped key is gone for good.');
    expect(stdout.indexOf('contain   ')).toBeLessThan(stdout.indexOf('create-key'));
    for (const time of [
      'reported',
      'accepted',
      'stopped',
      'first refused',
      'replaced',
      'proven refused',
      'consumers moved',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${time} +-?[0-9.]+ s +2026-01-01 00:00:\\d\\dZ$`, 'm'));
    }
    expect(live()).toEqual([await keyNow()]);
    expect(live()).not.toEqual([before]);
    expect(await incidents()).toMatchObject([
      { source: 'security-lead', state: 'accepted', proof: 'named', reason: 'in-a-log', decidedBy: expect.any(String) },
    ]);
    const [incident] = await incidents();
    expect(await obligations()).toMatchObject([
      { keyId: before, incidentId: incident?.incidentId, refusedAt: expect.any(String) },
    ]);
  });

  test('a value from stdin, in quotes, is known by its fingerprint and dropped', async () => {
    const before = await keyNow();
    const ran = await world.run('compromised --yes --json', { stdin: `"${secretOf(before)}"\n` });
    expect(ran.code).toBe(0);
    expect(lastLine(ran)).toMatchObject({
      outcome: 'Done',
      oldKeyId: before,
      incidentId: expect.stringMatching(/^inc-/),
    });
    expect(live()).not.toContain(before);
    expect((await incidents())[0]?.leak.kind).toBe('fingerprint');
  });

  test('a value of no key of ours is said to be none, and touches nothing', async () => {
    const before = await keyNow();
    const { code, stderr } = await world.run('compromised --yes', {
      stdin: 'sk-svcacct-somebodyElses0123456789abcdef',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('No key of ours has this value.');
    expect(live()).toEqual([before]);
    expect(await incidents()).toEqual([]);
  });

  test('a value as an argument is refused and not repeated', async () => {
    const { code, stderr } = await world.run('compromised --key sk-svcacct-somebodyElses0123456789abcdef');
    expect(code).toBe(2);
    expect(stderr).toContain('takes no key as an argument');
    expect(stderr).not.toContain('somebodyElses');
    expect((await world.run('compromised sk-svcacct-somebodyElses0123456789abcdef')).code).toBe(2);
  });

  test('without a terminal it needs --yes, and does nothing', async () => {
    const before = await keyNow();
    const { code, stderr } = await world.run('compromised --credential assistant-openai');
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(live()).toEqual([before]);
    expect(await incidents()).toEqual([]);
  });

  test('--key: only that one dies when it does not serve; a mistyped one is refused', async () => {
    const serving = await keyNow();
    const { keyId: stray } = world.openai.mint();
    const mistyped = await world.run(`compromised --key ${stray}_ --account openai-test --yes`);
    expect(mistyped.code).toBe(2);
    expect(mistyped.stderr).toContain(`Perhaps you meant --key ${stray}`);
    const { code, stdout } = await world.run(`compromised --key ${stray} --account openai-test --yes`);
    expect(code).toBe(0);
    expect(stdout).toContain(`Key ${stray} does not serve`);
    expect(live()).toEqual([serving]);
  });

  test('a key that is dead already is success, and still proven', async () => {
    const dead = await keyNow();
    await world.run('rotate assistant-openai');
    const serving = await keyNow();
    const { code } = await world.run('compromised --yes', { stdin: secretOf(dead) });
    expect(code).toBe(0);
    expect(await obligations()).toMatchObject([{ keyId: dead, refusedAt: expect.any(String) }]);
    expect(live()).toEqual([serving]);
  });

  test('reported again after its proof, the first incident keeps its clock and its evidence', async () => {
    const dead = await keyNow();
    await world.run('compromised --yes', { stdin: secretOf(dead) });
    const [first] = await incidents();
    const report = (await world.run(`incident ${first?.incidentId ?? ''} --json`)).stdout;
    const again = await world.run('compromised --yes', { stdin: secretOf(dead) });
    expect(again.stdout).toContain('The clock, from the acceptance:');
    expect((await obligations()).map(({ incidentId, refusedAt }) => [incidentId, typeof refusedAt])).toEqual(
      expect.arrayContaining((await incidents()).map(({ incidentId }) => [incidentId, 'string'])),
    );
    const markdown = (await world.run(`incident ${first?.incidentId ?? ''}`)).stdout;
    expect(markdown).toContain('was refused 3 times');
    expect(markdown).not.toContain('Another report names its keys');
    expect(report).toContain(dead);
  });

  test.each([
    ['--credential assistant-openia', 'Perhaps you meant assistant-openai'],
    ['--provider opnai', 'There is no provider'],
    ['--owner nobody --yes', 'Nothing was found'],
    ['--credential a --provider openai', 'One thing at a time'],
    ['--key key_1', 'In which account'],
    ['--credential assistant-openai --contain-first --replace-first', 'opposites'],
    ['--trufflehog nowhere.json', 'cannot be read'],
    ['--admin nowhere', 'has no account'],
  ])('%s is exit code 2, and touches nothing', async (options, words) => {
    const { code, stderr } = await world.run(`compromised ${options}`);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect(await incidents()).toEqual([]);
  });
});

const second = registerText.replace(
  '  - id: support-anthropic',
  `  - id: second-openai
    account: openai-test
    settings: { serviceAccountId: svc_acct_test }
    service: second
    purpose: chat
    environment: test
    owner: { name: Test team, contact: test-team@example.com }
    tier: infrastructure
    overlap: 10s
    maximumOverlap: 20s
    consumers: [{ name: second-api, cacheTtl: 2s }]
    expects: { models: [gpt-5.5] }
  - id: support-anthropic`,
);

/** As a person would have filled it: the register's policy has no two credentials share a service account. */
const seedSecond = (): Promise<string> =>
  world.ports(async ({ vault }) => {
    const made = world.openai.mint({ name: 'by hand' });
    const secret = secretName('keyturn/openai/second-openai');
    await vault.create(secret, {});
    const payload = { apiKey: new SecretValue(made.value), keyId: keyId(made.keyId), rotationId: null };
    await vault.store(secret, versionId('11111111-aaaa-4aaa-8aaa-111111111111'), 'AWSCURRENT', payload);
    return made.keyId;
  });

describe('many at once', () => {
  test('--provider: planned by tier, confirmed, and each key seen refused', async () => {
    world.writeRegister(second);
    const [first, other] = [
      await seedSecond(),
      (await world.run('status assistant-openai --json')).json().credentials[0]!.keyId,
    ];
    const { code, stdout } = await world.run('compromised --provider openai --yes');
    expect(stdout.indexOf(`${first} `)).toBeLessThan(stdout.indexOf(`${other} `));
    expect(stdout).toMatch(/stopped +the time to a new key, and up to 2s \(their caches\)/);
    expect(stdout).toContain('2 of 2 keys seen refused');
    expect(stdout).toContain('all of them');
    expect(code).toBe(0);
    expect(live()).toHaveLength(2);
    expect(live().filter((key) => key === first || key === other)).toEqual([]);
  });

  test('detached after a first batch, reconcile goes on with the rest without anybody', async () => {
    world.writeRegister(second);
    await seedSecond();
    const leaked = live();
    const { credentials } = parseRegister(second, 'credentials.yaml', { providers });
    await world.ports(async (ports) => {
      const register = localRegister(credentials);
      const whole = { ...ports, register };
      const options = { letCallsLandSeconds: 30, automaticPerHour: 20, floorSeconds: 900, maximumStarts: 1 };
      const choice = { containFirst: null, decidedBy: 'a lead' };
      const { accepted } = await takeReport(
        leadsReport({ kind: 'provider', provider: 'openai' }),
        whole,
        options,
        choice,
      );
      const { incident } = (await approveIncident(accepted.incidentId, choice, whole)) ?? {};
      if (incident === undefined) throw new Error('It was not approved.');
      const known = new Map(credentials.map((credential) => [credential.id, credential]));
      expect(await startObligations(incident, known, whole, options)).toMatchObject({ running: 1, waiting: 1 });
    });
    await world.run('reconcile');
    await world.run('resume');
    expect(live().filter((key) => leaked.includes(key))).toEqual([]);
    expect(live()).toHaveLength(2);
    expect((await obligations()).map(({ refusedAt }) => typeof refusedAt)).toEqual(['string', 'string']);
  });

  test('what it means and cannot name is told, and not passed over', async () => {
    const { stdout } = await world.run('compromised --person test-team@example.com --yes --detach');
    expect(stdout).toContain(
      'Left as they are, because they serve no key, or one that nobody can name: support-anthropic.',
    );
  });

  test('interrupted between the yes and its records, reconcile goes on with it', async () => {
    const before = await keyNow();
    await world.ports(async (ports) => {
      const options = { letCallsLandSeconds: 30, automaticPerHour: 20, floorSeconds: 900, maximumStarts: 1 };
      const choice = { containFirst: null, decidedBy: 'a lead' };
      await takeReport(leadsReport({ kind: 'provider', provider: 'openai' }), ports, options, choice);
    });
    expect(await obligations()).toEqual([]);
    await world.run('reconcile');
    await world.run('resume');
    expect(live()).toEqual([await keyNow()]);
    expect(await obligations()).toMatchObject([{ keyId: before, refusedAt: expect.any(String) }]);
    expect(await incidents()).toMatchObject([{ state: 'accepted' }]);
  });

  test('interrupted, the same command goes on with it, and no new key is touched', async () => {
    const before = await keyNow();
    const first = await world.run('compromised --provider openai --yes --detach');
    expect(first.stdout).toContain('To go on: keyturn approve inc-');
    const again = await world.run('compromised --provider openai --yes');
    expect(again.stdout).toContain('says the same and is not over');
    expect(again.code).toBe(0);
    expect(await incidents()).toHaveLength(1);
    expect((await obligations()).map((obligation) => obligation.keyId)).toEqual([before]);
    expect(live()).toEqual([await keyNow()]);
  });
});

describe('approve, dismiss and incidents', () => {
  test('what a machine names waits; approved, it is stopped and replaced', async () => {
    const before = await keyNow();
    const { incidentId, state } = await report({ kind: 'credential', credentialId: credentialId('assistant-openai') });
    expect(state).toBe('awaiting-approval');
    expect(live()).toEqual([before]);
    expect((await world.run('incidents')).stdout).toContain(`keyturn approve ${incidentId} --local`);
    const { code, stdout } = await world.run(`approve ${incidentId} --yes`);
    expect(stdout).toContain('1 of 1 keys seen refused');
    expect(code).toBe(0);
    expect(live()).not.toContain(before);
    expect((await world.run('incidents')).stdout).toContain('None is open; 1 on record.');
  });

  test('before the yes to a principal it is said who could look at what it read', async () => {
    const { incidentId } = await report({ kind: 'principal', principal: 'app' });
    const { stdout } = await world.run(`approve ${incidentId} --yes --detach`);
    expect(stdout).toContain('What app did read, nobody could look at: on one machine there is no CloudTrail.');
  });

  test('on one machine reconcile calls for whoever has to act, once, and says whom it told', async () => {
    const { incidentId } = await report({ kind: 'credential', credentialId: credentialId('assistant-openai') });
    world.clock.advance(3600);
    const dry = await world.run('reconcile --dry-run');
    expect(dry.stdout).not.toContain('Told ');
    const { code, stdout } = await world.run('reconcile');
    expect(code).toBe(0);
    expect(stdout).toContain(`Told on call: ${incidentId} needs somebody: nobody has approved or dismissed it`);
    expect((await incidents())[0]?.told).toContainEqual({
      at: expect.any(String),
      to: 'on call',
      what: 'call 3',
    });
    expect((await world.run('reconcile')).stdout).not.toContain('Told ');
  });

  test('dismissed, nothing is touched, and it cannot be approved any more', async () => {
    const before = await keyNow();
    const { incidentId } = await report({ kind: 'person', person: 'test-team@example.com' });
    expect((await world.run(`dismiss ${incidentId} --yes`)).code).toBe(0);
    expect((await incidents())[0]).toMatchObject({ state: 'dismissed', decidedBy: expect.any(String) });
    const { code, stderr } = await world.run(`approve ${incidentId} --yes`);
    expect(code).toBe(2);
    expect(stderr).toContain('There is nothing to approve');
    expect(live()).toEqual([before]);
  });

  test('beyond the budget the key is stopped, and replaced when a person approves', async () => {
    const before = await keyNow();
    const leak = await world.ports((ports) => leakOfValue([new SecretValue(secretOf(before))], ports));
    const { incidentId, state } = await report(leak);
    expect(state).toBe('contained-only');
    await world.run('resume');
    expect(live()).toEqual([]);
    expect((await world.run(`dismiss ${incidentId} --yes`)).code).toBe(2);
    const { code } = await world.run(`approve ${incidentId} --yes`);
    expect(code).toBe(0);
    expect(live()).toEqual([await keyNow()]);
    expect(await obligations()).toMatchObject([{ keyId: before, refusedAt: expect.any(String) }]);
  });
});

describe('a scan', () => {
  test("gitleaks' report: keys of ours are replaced, the rest is counted, no value is kept", async () => {
    const before = await keyNow();
    const finding = (secret: string, file: string) => ({
      RuleID: 'openai-api-key',
      Secret: secret,
      File: file,
      StartLine: 3,
    });
    const found = [
      finding(secretOf(before), 'a.env'),
      finding(secretOf(before), 'b.env'),
      finding('sk-other-0123456789', 'c.env'),
    ];
    writeFileSync(`${world.folder}/report.json`, JSON.stringify(found));
    const { code, stdout } = await world.run('compromised --gitleaks report.json --yes');
    expect(stdout).toContain('3 findings, 1 keys of ours');
    expect(code).toBe(0);
    expect(await incidents()).toMatchObject([{ source: 'gitleaks', state: 'accepted', proof: 'fingerprint' }]);
    expect(live()).not.toContain(before);
  });

  test('what is no report is said to be none', async () => {
    const { code, stderr } = await world.run('compromised --trufflehog - --yes', { stdin: 'hello\n' });
    expect(code).toBe(2);
    expect(stderr).toContain('What was given is no output of trufflehog.');
  });
});

describe('a leaked admin key', () => {
  const another = 'sk-admin-canaryAnother0123456789abcd';

  test("the vendor's steps, what it could have made, and its refusal proven", async () => {
    const { keyId: unknown } = world.openai.mint({ name: 'by a stranger' });
    const told = await world.run('compromised --admin openai-test --yes');
    expect(told.code).toBe(0);
    expect(told.stdout).toContain('Make another admin key.');
    expect(told.stdout).toContain(`  ${unknown} (by a stranger)`);
    expect(told.stdout).toContain('keyturn admin set openai-test --local');
    const [incident] = await incidents();
    expect(await obligations()).toMatchObject([
      { credentialId: null, incidentId: incident?.incidentId, refusedAt: null },
    ]);

    // The simulated vendor has one admin key at a time: the new one is there as the old one dies.
    world.openai.configure({ adminKey: another });
    const set = await world.run('admin set openai-test', { stdin: another });
    expect(set.stdout).toContain('The old admin key was refused 3 times, with the new admin key accepted');
    expect(await obligations()).toMatchObject([{ refusedAt: expect.any(String), replacedAt: expect.any(String) }]);
    expect((await world.run('incidents')).stdout).toContain('None is open');
  });

  test('it stays open while the leaked one is accepted', async () => {
    await world.run('compromised --admin openai-test --yes');
    const set = await world.run('admin set openai-test', { stdin: adminKeys.openai });
    expect(set.stdout).toContain('still accepted');
    const [incident] = await incidents();
    const look = await world.run(`approve ${incident?.incidentId ?? ''}`);
    expect(look.code).toBe(1);
    expect(await obligations()).toMatchObject([{ refusedAt: null }]);
  });

  test('one that expires is no leak: the steps now, calls from its date on, open until the old one is refused', async () => {
    const asked = await world.run('compromised --admin openai-test --expires 2027-03-01 --yes');
    expect(asked.code).toBe(0);
    expect(asked.stdout).toContain('Make another admin key.');
    expect(asked.stdout).toContain('people are called from 2027-03-01 00:00:00Z on');
    expect(asked.stdout).not.toContain('open until the leaked');
    const [incident] = await incidents();
    const report = await world.run(`incident ${incident?.incidentId ?? ''}`);
    expect(report.stdout).toContain('the admin key of the account openai-test, which expires at 2027-03-01 00:00:00Z');
    expect(report.stdout).toContain(
      'It has not leaked: it is to be replaced and seen refused by 2027-03-01 00:00:00Z.',
    );
    expect(report.stdout).toMatch(/## Overdue\n\nNothing\./);
    world.openai.configure({ adminKey: another });
    const set = await world.run('admin set openai-test', { stdin: another });
    expect(set.stdout).toContain('The old admin key was refused 3 times, with the new admin key accepted');
    expect(await obligations()).toMatchObject([{ refusedAt: expect.any(String), replacedAt: expect.any(String) }]);
  });

  test('one that is to expire and leaks before is a leak at once, and both end with its refusal', async () => {
    await world.run('compromised --admin openai-test --expires 2027-03-01 --yes');
    await world.run('compromised --admin openai-test --yes');
    expect(new Set((await obligations()).map(({ incidentId }) => incidentId)).size).toBe(2);
    world.clock.advance(3600);
    const [expiring, leaked] = await incidents();
    const overdue = async (one: Incident | undefined) =>
      (await world.run(`incident ${one?.incidentId ?? ''}`)).stdout.includes('is not seen refused.\n\n## The evidence');
    expect([await overdue(expiring), await overdue(leaked)]).toEqual([false, true]);
    world.openai.configure({ adminKey: another });
    await world.run('admin set openai-test', { stdin: another });
    expect((await obligations()).map(({ refusedAt }) => typeof refusedAt)).toEqual(['string', 'string']);
  });

  test.each([
    ['compromised --admin openai-test --expires soon', '--expires is no date.'],
    ['compromised --admin openai-test --expires 2027-02-30', '--expires is no date.'],
    ['compromised --admin openai-test --expires 2001-01-01', '--expires is not in the future.'],
    ['compromised --provider openai --expires 2027-03-01', '--expires is for an admin key.'],
    ['compromised --expires 2027-03-01', '--expires is for an admin key.'],
  ])('%s', async (line, what) => {
    const { code, stderr } = await world.run(`${line} --yes`);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(await incidents()).toEqual([]);
  });
});
