import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../functions/cli/doctor/finding.ts';
import { credentialId, instant, secretName } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { stubService } from '../aws/stub-service.ts';
import { adminKeys, makeWorld, type Ran, registerText, type World } from './world.ts';

const day = 86_400;

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
  await world.run('submit support-anthropic', { stdin: world.anthropic.mint().value });
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  expect(world.printed()).not.toContain('canary');
  await world.close();
});

const findingsIn = ({ stdout }: Ran): readonly Finding[] =>
  (JSON.parse(stdout) as { readonly findings: readonly Finding[] }).findings;

/** The exit code, and what is not well. */
const examine = async (options = '') => {
  const ran = await world.run(`doctor --json${options}`);
  const amiss = findingsIn(ran).filter(({ state }) => state !== 'well');
  return { code: ran.code, amiss, all: findingsIn(ran) };
};

const writeAdmin = (name: string, text: string) =>
  world.ports(({ vault }) => vault.writeAdmin(secretName(name), new SecretValue(text)));

describe('what is well', () => {
  test('is said of every part, and nothing is changed', async () => {
    const before = [world.openai.requests.length, world.anthropic.requests.length] as const;
    const { code, stdout } = await world.run('doctor');
    expect(code).toBe(0);
    expect(stdout.replaceAll(/00:00:\d\dZ/g, '00:00').split('\n')).toEqual([
      'well: register: credentials.yaml: 2 accounts, 2 credentials; it keeps the policy',
      'well: ledger: records: 2 credentials on record, 0 leaked or expiring keys open',
      'well: fingerprint key: key: takes fingerprints',
      'well: admin keys: openai-test: OpenAI accepts it: it may list keys (1) and read their use.',
      'well: admin keys: anthropic-test: Anthropic accepts it: it may list keys (1) and read their use.',
      'well: credentials: assistant-openai: serves; next due 2026-04-01 00:00',
      'well: credentials: support-anthropic: serves; next due 2026-04-01 00:00',
      '7 well, 0 need attention, 0 broken, 0 unknown.',
      '',
    ]);
    const asked = [...world.openai.requests.slice(before[0]), ...world.anthropic.requests.slice(before[1])];
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('is grouped at a terminal, with what mends the rest', async () => {
    await writeAdmin('keyturn/admin/openai/openai-test', 'sk-admin-canaryWrong0123456789');
    const { stdout } = await world.run('doctor', { typed: '' });
    expect(stdout).toContain(
      [
        'admin keys',
        '  ✗ openai-test: OpenAI: list the keys of the project: the admin key was turned down: OpenAI answered HTTP 401 invalid_api_key.',
        "    fix: Look at the key, its permissions and the account's billing at OpenAI; for another key: keyturn admin set openai-test --local",
        '  ✓ anthropic-test: Anthropic accepts it: it may list keys (1) and read their use.',
        'credentials',
        '  ✓ assistant-openai: serves; next due 2026-04-01 00:00:',
      ].join('\n'),
    );
  });
});

describe('admin keys', () => {
  test('one that the provider turns down hides none of the others', async () => {
    await writeAdmin('keyturn/admin/openai/openai-test', 'sk-admin-canaryWrong0123456789');
    const { code, amiss, all } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([{ check: 'admin keys', subject: 'openai-test', state: 'broken' }]);
    expect(all).toContainEqual(expect.objectContaining({ subject: 'anthropic-test', state: 'well' }));
  });

  test.each([
    ['keyturn/admin/openai/openai-test', 'not an admin key', 'openai-test', 'must be an organisation admin key'],
    ['keyturn/admin/anthropic/anthropic-test', 'sk-ant-admin01-canaryWrong', 'anthropic-test', 'HTTP 401'],
  ])('%s holds what cannot be used', async (secret, text, subject, saw) => {
    await writeAdmin(secret, text);
    const { code, amiss } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([{ subject, state: 'broken', saw: expect.stringContaining(saw) }]);
  });

  test('one that may list and not read what keys are used is broken: no old key would be seen to be quiet', async () => {
    world.anthropic.fail({ kind: 'status', status: 403, path: '/usage_report/' });
    const { code, amiss } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([{ subject: 'anthropic-test', state: 'broken', saw: expect.stringContaining('403') }]);
  });

  test('a provider that does not answer says nothing of its key', async () => {
    world.openai.fail({ kind: 'dropped-request' });
    const { code, amiss } = await examine();
    expect(code).toBe(0);
    expect(amiss).toMatchObject([{ subject: 'openai-test', state: 'unknown', fix: 'Run the same command again.' }]);
  });

  test('is tried wherever credentials of the account live: one place hides no other', async () => {
    const second = registerText
      .slice(registerText.indexOf('  - id: assistant'), registerText.indexOf('  - id: support'))
      .replace('assistant-openai', 'drafts-openai')
      .replace('purpose: chat', 'purpose: drafts')
      .replace('{ serviceAccountId: svc_acct_test }', '{ projectId: proj_other, serviceAccountId: svc_acct_other }');
    world.writeRegister(
      `${registerText.replace(', settings: { projectId: proj_test }', '').replace('{ serviceAccountId:', '{ projectId: proj_test, serviceAccountId:')}${second}`,
    );
    const { all } = await examine();
    expect(all.filter(({ check }) => check === 'admin keys')).toMatchObject([
      { subject: 'openai-test, for assistant-openai', state: 'well' },
      { subject: 'openai-test, for drafts-openai', state: 'broken', saw: expect.stringContaining('HTTP 404') },
      { subject: 'anthropic-test', state: 'well' },
    ]);
  });

  test('an account without one, and one that nothing uses', async () => {
    world.writeRegister(
      registerText.replace(
        'credentials:\n',
        `  - { id: openai-new, provider: openai, environment: test, settings: { projectId: proj_new } }
  - { id: openai-idle, provider: openai, environment: test, settings: { projectId: proj_idle } }
credentials:\n`,
      ),
    );
    await writeAdmin('keyturn/admin/openai/openai-idle', adminKeys.openai);
    const { code, amiss } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([
      { subject: 'openai-new', state: 'broken', fix: 'keyturn admin set openai-new --local' },
      { subject: 'openai-idle', state: 'unknown' },
    ]);
  });

  test('one that has leaked is broken; one that ends by a date wants attention until then', async () => {
    await world.run('compromised --admin openai-test --yes --detach');
    await world.run('compromised --admin anthropic-test --expires 2026-02-01 --yes --detach');
    const { amiss } = await examine();
    expect(amiss).toMatchObject([
      { subject: 'openai-test', state: 'broken', fix: 'keyturn admin set openai-test --local' },
      { subject: 'anthropic-test', state: 'attention', saw: 'It ends at 2026-02-01 00:00:00Z.' },
    ]);
    world.clock.advance(32 * day);
    expect((await examine()).amiss).toMatchObject([
      { subject: 'openai-test', state: 'broken' },
      { subject: 'anthropic-test', state: 'broken', saw: 'It has ended at 2026-02-01 00:00:00Z.' },
    ]);
  });
});

describe('credentials', () => {
  test('without a key', async () => {
    world.writeRegister(
      `${registerText}${registerText.slice(registerText.indexOf('  - id: assistant'), registerText.indexOf('  - id: support'))}`
        .replace(/assistant-openai(?![\s\S]*assistant-openai)/, 'drafts-openai')
        .replace(/svc_acct_test(?![\s\S]*svc_acct_test)/, 'svc_acct_drafts')
        .replace(/purpose: chat(?![\s\S]*purpose: chat)/, 'purpose: drafts'),
    );
    const { code, amiss } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([
      { subject: 'drafts-openai', state: 'broken', fix: 'keyturn rotate drafts-openai --local' },
    ]);
  });

  test('with a key that somebody else has put there, and never rotated', async () => {
    const secret = 'keyturn/openai/adopted';
    await writeAdmin(secret, world.openai.mint().value);
    world.writeRegister(registerText.replaceAll('assistant-openai', 'adopted'));
    const { code, amiss } = await examine();
    expect(code).toBe(0);
    expect(amiss).toMatchObject([
      { check: 'register', subject: 'assistant-openai' },
      { subject: 'adopted', state: 'attention', saw: 'It was never rotated.' },
    ]);
  });

  test.each([
    ['just due', 90 * day + 60, 0, []],
    ['due for hours', 90 * day + 7200, 0, ['attention', 'attention']],
    ['due for longer than a window is waited for', 99 * day, 1, ['broken', 'broken']],
  ])('%s', async (_, seconds, exitCode, found) => {
    world.clock.advance(seconds);
    const { code, amiss } = await examine();
    expect(code).toBe(exitCode);
    expect(amiss.map(({ state }) => state)).toEqual(found);
    expect(amiss.map(({ fix }) => fix)).toEqual(
      [
        'keyturn rotate assistant-openai --local',
        'Make a key at the provider, and hand it in: keyturn submit support-anthropic --local',
      ].slice(0, found.length),
    );
  });

  test('one that is due waits for its window, and no longer than a week', async () => {
    const window = 'window: { days: [sun], from: "04:00", to: "05:00", timeZone: UTC }';
    world.writeRegister(registerText.replaceAll('tier: service', `tier: service\n    ${window}`));
    world.clock.advance(90 * day + 7200);
    expect((await examine()).amiss).toEqual([]);
    world.clock.advance(9 * day);
    expect((await examine()).amiss.map(({ state }) => state)).toEqual(['broken', 'broken']);
  });

  test('a leaked key that was not replaced: the obligation and the parked rotation, each with its command', async () => {
    world.openai.configure({ models: [] });
    const { rotationId } = (await world.run('rotate assistant-openai --emergency --yes --json')).json();
    const { code, amiss } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([
      { subject: 'assistant-openai', saw: expect.stringMatching(/^key_\w+ has leaked and was not seen refused/) },
      {
        subject: 'assistant-openai',
        state: 'broken',
        saw: `The rotation ${rotationId} ended ContainedNoReplacement and waits to be gone on with.`,
        fix: `keyturn resume ${rotationId} --local`,
      },
    ]);
    world.clock.advance(3600);
    expect((await examine()).amiss[0]).toMatchObject({ state: 'broken', saw: expect.stringContaining('has leaked') });
  });
});

describe('the register', () => {
  test('a rule that it breaks is a finding with its line, and the rest is looked at', async () => {
    world.writeRegister(registerText.replace('overlap: 10s', 'overlap: 1s'));
    const { code, amiss, all } = await examine();
    expect(code).toBe(1);
    expect(amiss).toMatchObject([
      { check: 'register', subject: expect.stringMatching(/^credentials\.yaml:\d+$/), state: 'broken' },
    ]);
    expect(all).toContainEqual(expect.objectContaining({ subject: 'openai-test', state: 'well' }));
  });

  test('a credential that the ledger knows and it does not: nobody rotates its key', async () => {
    world.writeRegister(registerText.slice(0, registerText.indexOf('  - id: support')));
    const { code, amiss } = await examine();
    expect(code).toBe(0);
    expect(amiss).toMatchObject([
      {
        check: 'register',
        subject: 'support-anthropic',
        state: 'attention',
        fix: 'Put it back into credentials.yaml; or end it: keyturn retire support-anthropic --local',
      },
      { check: 'admin keys', subject: 'anthropic-test', state: 'unknown' },
    ]);
    const retirement = { askedAt: instant(world.clock.now()), reason: 'test', sentAt: null, refusedAt: null };
    await world.ports(async ({ ledger }) => {
      const { record, revision } = await ledger.read(credentialId('support-anthropic'));
      const keyId = record.serving?.keyId ?? expect.fail('Nothing serves.');
      await ledger.replace({ ...record, retirement: { ...retirement, keyId, evidence: null } }, revision);
    });
    expect((await examine()).amiss).toMatchObject([{ check: 'admin keys' }]);
  });

  test('one that cannot be read is bad input', async () => {
    world.writeRegister('accounts: [\n  { id: one');
    expect((await world.run('doctor')).code).toBe(2);
  });
});

describe('sources', () => {
  test.each([
    [200, 'well'],
    [401, 'broken'],
    [429, 'unknown'],
    [500, 'unknown'],
  ])("the token of GitGuardian's API: HTTP %i is %s", async (status, state) => {
    const { client } = await stubService([{ status, body: [] }]);
    const origins = { ...world.simulators.origins, 'https://api.gitguardian.com': client.endpoint };
    writeFileSync(join(world.store, 'local.json'), JSON.stringify({ origins }));
    await world.run('sources set gitguardian token', { stdin: 'canary-token' });
    const { all } = await examine();
    expect(all).toContainEqual(expect.objectContaining({ check: 'sources', subject: 'gitguardian token', state }));
  });

  test('where nothing says what to ask GitHub about, nobody knows', async () => {
    await world.run('sources set github token', { stdin: 'canary-token' });
    const { code, amiss } = await examine();
    expect(code).toBe(0);
    expect(amiss).toMatchObject([
      { subject: 'github token', state: 'unknown', fix: expect.stringContaining('githubScopes') },
    ]);
  });
});

test.each(['not-a-url', 'ftp://example.com/'])('--webhooks %s is bad input', async (url) => {
  const { code, stderr } = await world.run(`doctor --webhooks ${url}`);
  expect(code).toBe(2);
  expect(stderr).toContain('This is no address of webhooks.');
});
