import { afterEach, describe, expect, it } from 'vitest';
import { instant, keyId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import {
  type AnthropicOptions,
  type ConsoleQuestion,
  createInConsole,
  simulatedAnthropic,
} from '../../functions/local/simulated/anthropic.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { anthropic } from '../../functions/providers/anthropic.ts';
import { usageReports, usageWindow } from '../../functions/providers/anthropic-usage.ts';
import { bind } from '../../functions/providers/connect.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { type ScriptedAnswer, scripted } from './scripted.ts';

const nothing = { models: [], permissions: [] };
const declared = 'wrkspc_01Declared';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An organisation, and what the adapter sees of it. */
const open = async (options: Partial<AnthropicOptions> = {}, settings: object = {}, adminText?: string) => {
  const noon = Date.UTC(2026, 10, 21, 12);
  let now = noon;
  const simulator = await startSimulator(simulatedAnthropic, {
    now: () => instant(now),
    options: { pageSize: 3, ...options },
  });
  closers.push(simulator.close);
  const { world } = simulator;
  const http = fetchHttp(simulator.origins);
  const connection = bind(anthropic, {
    settings: anthropic.settings({ workspaceId: declared, ...settings }),
    admin: new SecretValue(adminText ?? world.options.adminKey),
    http,
    clock: { now: () => instant(now), sleep: () => Promise.resolve() },
    tokens: new Map(),
  });
  const { listKeys, identifyKey, readUsage, containKey, disableKey, enableKey, revokeKey } = connection;
  if (!listKeys || !identifyKey || !readUsage || !containKey || !disableKey || !enableKey || !revokeKey) {
    throw new TypeError('An operation is missing.');
  }
  return {
    simulator,
    world,
    connection,
    operations: {
      validate: connection.validate,
      listKeys,
      identifyKey,
      readUsage,
      containKey,
      disableKey,
      enableKey,
      revokeKey,
    },
    /** What a person does in the Console. */
    make: (question: Partial<ConsoleQuestion> = {}) => {
      const made = createInConsole(world, { workspaceId: declared, name: 'made by hand', ...question });
      return { keyId: keyId(made.keyId), value: new SecretValue(made.value) };
    },
    use: async (value: SecretValue) => {
      const { status } = await http.send({
        method: 'POST',
        url: 'https://api.anthropic.com/v1/messages',
        headers: { 'x-api-key': value.expose(), 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
        body: '{}',
        timeoutSeconds: 5,
      });
      return status;
    },
    statusOf: (id: string) => world.keys.find((key) => key.id === id)?.status,
    /** Seconds after noon. */
    at: (seconds: number) => instant(noon + seconds * 1000),
    advanceTo: (seconds: number) => {
      now = noon + seconds * 1000;
    },
  };
};

const someValue = new SecretValue(`sk-ant-api03-${'x'.repeat(93)}AA`);

const answering = (...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]) =>
  scripted(anthropic, { settings: { workspaceId: declared }, admin: 'sk-ant-admin01-any' }, ...answers);
const someId = keyId('apikey_01Any');
const keysUrl = 'https://api.anthropic.com/v1/organizations/api_keys';
const shownKey = (changed: object = {}) => ({
  id: someId,
  name: 'a',
  status: 'active',
  partial_key_hint: 'sk-ant-api03-xxx...xxAA',
  created_at: '2026-01-01T00:00:00Z',
  scope: { type: 'workspace', workspace_id: declared },
  ...changed,
});
const keyPage = (...keys: readonly object[]) => ({ status: 200, body: { data: keys, has_more: false } });
const errorAnswer = (status: number, type: string, more: object = {}) => ({
  status,
  body: { type: 'error', error: { type, ...more } },
});
const models = { status: 200, body: { data: [] } };

const kindsOf = (verdict: { readonly kind: string; readonly findings?: readonly { readonly kind: string }[] }) => [
  verdict.kind,
  ...(verdict.findings ?? []).map(({ kind }) => kind),
];

describe('what the vendor cannot do', () => {
  it('is not offered: keys are made by people', async () => {
    const { connection } = await open();
    expect(connection.createKey).toBeUndefined();
    expect(connection.regenerateSlot).toBeUndefined();
  });
});

describe('the listing', () => {
  it('has the keys of every page, workspace and status', async () => {
    const { operations, make } = await open();
    const made = [
      make({ name: 'a' }),
      make({ workspaceId: null }),
      make({ workspaceId: 'organization' }),
      make({ expiresAt: instant(Date.UTC(2026, 0, 1)) }),
      make(),
      make(),
      make(),
    ];
    const [first, , , , inactive, archived] = made.map((key) => key.keyId);
    await operations.disableKey(inactive ?? keyId(''));
    await operations.revokeKey(archived ?? keyId(''));
    const listed = await operations.listKeys();
    expect(listed.map((key) => key.keyId).toReversed()).toEqual(made.map((key) => key.keyId));
    expect(listed.map(({ active }) => active).toReversed()).toEqual([true, true, true, false, false, false, true]);
    expect(listed.at(-1)).toEqual({
      keyId: first,
      name: 'a',
      createdAt: '2026-11-21T12:00:00.000Z',
      active: true,
      hint: made[0]?.value.expose().slice(-4),
    });
  });

  it('is no listing when a later page fails', async () => {
    const { simulator, operations, make } = await open();
    for (let count = 0; count < 5; count += 1) make();
    simulator.fail({ kind: 'status', status: 529, path: '/api_keys', skip: 1 });
    await expect(operations.listKeys()).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it('ends when the pages go round in a circle', async () => {
    const { connection, sent } = answering({
      status: 200,
      body: { data: [], has_more: true, last_id: 'apikey_01Same' },
    });
    await expect(connection.listKeys?.()).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(sent).toMatchObject([
      {
        method: 'GET',
        url: `${keysUrl}?limit=1000`,
        headers: { 'x-api-key': 'sk-ant-admin01-any', 'anthropic-version': '2023-06-01' },
      },
      { method: 'GET', url: `${keysUrl}?limit=1000&after_id=apikey_01Same` },
    ]);
  });

  it.each([null, ''])('is none when there is more, and no page to ask for: %j', async (last_id) => {
    const { connection, sent } = answering({ status: 200, body: { data: [], has_more: true, last_id } });
    await expect(connection.listKeys?.()).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(sent).toHaveLength(1);
  });

  it('is none when the pages do not end', async () => {
    const more = (page: number) => ({ status: 200, body: { data: [], has_more: true, last_id: `apikey_${page}` } });
    const { connection, sent } = answering(more(0), ...Array.from({ length: 200 }, (_, page) => more(page + 1)));
    await expect(connection.listKeys?.()).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(sent).toHaveLength(100);
  });

  it.each([
    ['active', true],
    ['of_tomorrow', true],
    ['inactive', false],
    ['archived', false],
    ['expired', false],
  ])('has a key that is %s: active is %s', async (status, active) => {
    const { connection } = answering(keyPage(shownKey({ status })));
    expect(await connection.listKeys?.()).toMatchObject([{ active, name: 'a' }]);
  });

  it.each([
    ['sk-ant-api03-R2D...igAA', 'igAA'],
    ['sk-ant-api03-R2D…igAA', 'igAA'],
    ['sk-ant-api03-R2D...gAA', null],
    ['sk-ant-api03-R2D......igAA', 'igAA'],
    ['sk-ant-api03-R2D.igAA', null],
    ['igAA', null],
    [null, null],
  ])('shows of %j the end %j', async (partial_key_hint, hint) => {
    const { connection } = answering(keyPage(shownKey({ partial_key_hint, name: null })));
    expect(await connection.listKeys?.()).toMatchObject([{ hint, name: null }]);
  });

  it('with a rejected admin key needs a person', async () => {
    const { operations } = await open({}, {}, 'sk-ant-admin01-canary');
    const fault = await operations.listKeys().catch((caught: unknown) => caught);
    expect(fault).toMatchObject({ name: 'NeedsPerson' });
    expect(String(fault)).not.toContain('canary');
  });
});

describe('identify', () => {
  it('finds the key by its hint, whatever its workspace', async () => {
    const { operations, make } = await open();
    const keys = [make(), make({ workspaceId: 'wrkspc_01Other' }), make({ workspaceId: null }), make(), make()];
    for (const key of keys) expect(await operations.identifyKey(key.value)).toBe(key.keyId);
  });

  it('knows no key of another organisation', async () => {
    const { operations, make } = await open();
    make();
    expect(await operations.identifyKey(someValue)).toBeNull();
  });

  it('asks the value where it lives when two look alike, and not the register', async () => {
    const { operations, make } = await open();
    const mine = make();
    const theirs = make({ workspaceId: 'wrkspc_01Other', looksLike: mine.keyId });
    expect(await operations.identifyKey(mine.value)).toBe(mine.keyId);
    expect(await operations.identifyKey(theirs.value)).toBe(theirs.keyId);
  });

  it('does not guess between two of one workspace', async () => {
    const { operations, make } = await open();
    const mine = make();
    const twin = make({ looksLike: mine.keyId });
    await expect(operations.identifyKey(mine.value)).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining(twin.keyId),
    });
  });

  it('does not say "absent" where a key shows nothing of its value', async () => {
    const other = shownKey({ partial_key_hint: 'sk-ant-api03-yyy...yyAA' });
    const { connection } = answering(keyPage(other, shownKey({ partial_key_hint: null })));
    await expect(connection.identifyKey?.(someValue)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(await answering(keyPage(other)).connection.identifyKey?.(someValue)).toBeNull();
  });

  it.each([
    ['the start only', 'sk-ant-api03-xxx...yyAA'],
    ['the end only', 'sk-ant-api03-yyy...xxAA'],
  ])('does not take %s for the key', async (_case, partial_key_hint) => {
    const { connection } = answering(keyPage(shownKey({ partial_key_hint })));
    expect(await connection.identifyKey?.(someValue)).toBeNull();
  });

  it.each<[string, ScriptedAnswer]>([
    ['does not answer', 'lost'],
    ['tells no workspace', models],
    ['tells a third workspace', { ...models, headers: { 'anthropic-workspace-id': 'wrkspc_01Third' } }],
  ])('does not guess when the value %s', async (_case, answer) => {
    const twin = shownKey({ id: 'apikey_02', scope: { type: 'workspace', workspace_id: 'wrkspc_01Other' } });
    const { connection } = answering(keyPage(shownKey(), twin), answer);
    await expect(connection.identifyKey?.(someValue)).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('apikey_01Any, apikey_02 look alike'),
    });
  });

  it('does not say "absent" when the listing fails', async () => {
    const { simulator, operations, make } = await open();
    const { value } = make();
    simulator.fail({ kind: 'dropped-request', path: '/api_keys' });
    await expect(operations.identifyKey(value)).rejects.toMatchObject({ name: 'NothingChanged' });
  });
});

describe('validate', () => {
  it('accepts a key that is as declared', async () => {
    const { operations, make } = await open({ models: ['claude-one-20260101'], aliases: ['claude-one'] });
    const key = make();
    const expects = { models: ['claude-one-20260101', 'claude-one'], permissions: [] };
    expect(await operations.validate({ ...key, expects })).toEqual({ kind: 'accepted', findings: [] });
  });

  it.each([
    ['the declared workspace', declared, declared, ['accepted'], ['accepted']],
    ['another workspace', declared, 'wrkspc_01Other', ['accepted', 'other-workspace'], ['accepted', 'other-workspace']],
    ['the default workspace instead', declared, null, ['accepted', 'other-workspace'], ['accepted', 'other-workspace']],
    // Its own workspace header says nothing of how far a key reaches; the admin side does.
    ['the whole organisation', declared, 'organization', ['accepted', 'other-workspace'], ['accepted', 'scope-wider']],
    ['the declared default', 'default', null, ['accepted'], ['accepted']],
    ['a workspace instead of the default', 'default', declared, ['accepted'], ['accepted', 'other-workspace']],
    ['the declared organisation', 'organization', 'organization', ['accepted'], ['accepted']],
    ['the organisation instead of the default', 'default', 'organization', ['accepted'], ['accepted', 'scope-wider']],
  ] as const)('sees a key of %s', async (_, workspaceId, actual, byValue, byId) => {
    const { operations, make } = await open({}, { workspaceId });
    const key = make({ workspaceId: actual });
    expect(kindsOf(await operations.validate({ value: key.value, keyId: null, expects: nothing }))).toEqual(byValue);
    expect(kindsOf(await operations.validate({ ...key, expects: nothing }))).toEqual(byId);
  });

  it('sees that the id is of another key, or of none', async () => {
    const { operations, make } = await open();
    const [key, other] = [make(), make()];
    for (const id of [other.keyId, keyId('apikey_01Unknown')]) {
      expect(kindsOf(await operations.validate({ value: key.value, keyId: id, expects: nothing }))).toEqual([
        'accepted',
        'other-workspace',
      ]);
    }
  });

  it('misses a model and a permission that no key has', async () => {
    const { operations, make } = await open();
    const verdict = await operations.validate({
      ...make(),
      expects: { models: ['claude-nine'], permissions: ['read'] },
    });
    expect(kindsOf(verdict)).toEqual(['accepted', 'model-missing', 'permission-missing']);
  });

  it('does not call a model missing when it could not look', async () => {
    const { simulator, operations, make } = await open();
    const key = make();
    simulator.fail({ kind: 'status', status: 529, path: '/v1/models/' });
    expect((await operations.validate({ ...key, expects: { models: ['claude-nine'], permissions: [] } })).kind).toBe(
      'unclear',
    );
  });

  it('takes a spend limit for a living key without money', async () => {
    const { simulator, operations, make } = await open();
    const key = make();
    simulator.configure({ isSpendLimitReached: true });
    expect(
      kindsOf(await operations.validate({ ...key, expects: { models: ['claude-nine'], permissions: [] } })),
    ).toEqual(['accepted', 'no-money']);
  });

  it('refuses a dead key and a made-up one', async () => {
    const { operations, make, advanceTo } = await open({ revocationLagSeconds: 5 });
    const key = make();
    await operations.disableKey(key.keyId);
    expect(await operations.validate({ ...key, expects: nothing })).toMatchObject({
      kind: 'unclear',
      evidence: expect.stringContaining('inactive'),
    });
    expect((await operations.validate({ value: key.value, keyId: null, expects: nothing })).kind).toBe('accepted');
    advanceTo(5);
    for (const value of [key.value, new SecretValue('sk-ant-api03-made-up')]) {
      expect(await operations.validate({ value, keyId: null, expects: nothing })).toEqual({
        kind: 'refused',
        evidence: 'Anthropic answered HTTP 401 authentication_error (request req_01Simulated)',
      });
    }
  });

  it('is refused until a new key is known everywhere', async () => {
    const { operations, make, advanceTo } = await open({ activationLagSeconds: 3 });
    const key = make();
    expect((await operations.validate({ ...key, expects: nothing })).kind).toBe('refused');
    advanceTo(3);
    expect((await operations.validate({ ...key, expects: nothing })).kind).toBe('accepted');
  });

  it.each([
    ['an overload', { kind: 'status', status: 529 }],
    ['an outage', { kind: 'status', status: 500 }],
    ['a rate limit', { kind: 'status', status: 429 }],
    ['a bad request', { kind: 'status', status: 400 }],
    ['a missing route', { kind: 'status', status: 404 }],
    ['a lost answer', { kind: 'lost-response' }],
  ] as const)('says neither under %s', async (_, fault) => {
    const { simulator, operations, make } = await open();
    const { value } = make();
    simulator.fail({ ...fault, path: '/v1/models' });
    expect((await operations.validate({ value, keyId: null, expects: nothing })).kind).toBe('unclear');
  });

  it('does not take a 401 of a stranger for a refusal', async () => {
    const { connection } = answering({ status: 401, body: '<h1>Proxy authentication</h1>' });
    expect((await connection.validate({ value: someValue, keyId: null, expects: nothing })).kind).toBe('unclear');
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['no answer', 'lost', 'Anthropic gave no complete answer'],
    ['an empty 502', { status: 502 }, 'Anthropic answered HTTP 502'],
    ['an empty 400', { status: 400 }, 'Anthropic answered HTTP 400'],
    ['an empty 403', { status: 403 }, 'Anthropic answered HTTP 403'],
    ['a list of something else', { status: 200, body: { models: [] } }, 'Anthropic answered HTTP 200'],
    ['an error that looks like a list', { status: 500, body: { data: [] } }, 'Anthropic answered HTTP 500'],
    ['a 401 of another type', errorAnswer(401, 'permission_error'), 'Anthropic answered HTTP 401 permission_error'],
    [
      'that type without 401',
      errorAnswer(500, 'authentication_error'),
      'Anthropic answered HTTP 500 authentication_error',
    ],
    ['a 403 of another type', errorAnswer(403, 'forbidden'), 'Anthropic answered HTTP 403 forbidden'],
    ['that type without 403', errorAnswer(400, 'permission_error'), 'Anthropic answered HTTP 400 permission_error'],
    [
      'a limit of another status',
      errorAnswer(429, 'rate_limit_error', { message: 'Over the usage limit.' }),
      'Anthropic answered HTTP 429 rate_limit_error',
    ],
  ])('says neither under %s, and what it saw', async (_case, answer, evidence) => {
    const { connection } = answering(answer);
    const verdict = await connection.validate({ value: someValue, keyId: null, expects: nothing });
    expect(verdict).toEqual({ kind: 'unclear', evidence });
  });

  it.each([
    [shownKey(), []],
    [shownKey({ scope: null, workspace_id: declared }), []],
    [shownKey({ scope: { type: 'workspace', workspace_id: null }, workspace_id: declared }), []],
    [shownKey({ scope: null, workspace_id: null }), ['other-workspace']],
    [shownKey({ scope: { type: 'organization' }, workspace_id: declared }), ['scope-wider']],
  ])('knows the place of %j', async (key, kinds) => {
    const { connection, sent } = answering(models, { status: 200, body: key });
    const verdict = await connection.validate({ value: someValue, keyId: someId, expects: nothing });
    expect(kindsOf(verdict)).toEqual(['accepted', ...kinds]);
    expect(sent).toMatchObject([
      {
        method: 'GET',
        url: 'https://api.anthropic.com/v1/models?limit=1000',
        headers: { 'x-api-key': someValue.expose() },
      },
      { method: 'GET', url: `${keysUrl}/apikey_01Any`, headers: { 'x-api-key': 'sk-ant-admin01-any' } },
    ]);
  });

  it('is not said when the admin side could not be asked, which changes nothing', async () => {
    const { connection } = answering(models, { status: 500 });
    await expect(connection.validate({ value: someValue, keyId: someId, expects: nothing })).rejects.toMatchObject({
      name: 'NothingChanged',
    });
  });

  it.each<[string, ScriptedAnswer, readonly string[]]>([
    ['is there', { status: 200, body: {} }, ['accepted']],
    ['is not', errorAnswer(404, 'not_found_error'), ['accepted', 'model-missing']],
    ['nobody knows: no answer', 'lost', ['unclear']],
    ['nobody knows: a 404 of a stranger', { status: 404 }, ['unclear']],
    ['nobody knows: a limit', errorAnswer(429, 'rate_limit_error'), ['unclear']],
  ])('asks for each model that is not listed: it %s', async (_case, answer, kinds) => {
    const { connection, sent } = answering({ status: 200, body: { data: [{ id: 'listed' }] } }, answer);
    const expects = { models: ['listed', 'an/alias'], permissions: [] };
    expect(kindsOf(await connection.validate({ value: someValue, keyId: null, expects }))).toEqual(kinds);
    expect(sent.slice(1)).toMatchObject([
      {
        method: 'GET',
        url: 'https://api.anthropic.com/v1/models/an%2Falias',
        headers: { 'x-api-key': someValue.expose() },
      },
    ]);
  });

  it.each([
    ['no-money', 402, { type: 'billing_error' }],
    ['no-money', 429, { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } }],
    ['no-money', 429, { type: 'rate_limit_error', details: { error_code: 'contract_spend_limit_reached' } }],
    ['no-money', 429, { type: 'rate_limit_error', details: { error_code: 'ramp_limit_exceeded' } }],
    ['no-money', 400, { type: 'invalid_request_error', message: 'You have reached your API usage limits.' }],
    ['no-money', 400, { type: 'invalid_request_error', message: 'The workspace is over its Spending Limit.' }],
    ['no-money', 400, { type: 'invalid_request_error', message: 'The workspace is over its spend limit.' }],
    ['no-money', 400, { type: 'invalid_request_error', message: 'Your credit balance is too low.' }],
    ['permission-missing', 403, { type: 'permission_error' }],
  ] as const)('finds %s on a living key after %i %j', async (kind, status, error) => {
    const { connection } = answering({ status, body: { type: 'error', error } });
    const verdict = await connection.validate({ value: someValue, keyId: null, expects: nothing });
    expect(kindsOf(verdict)).toEqual(['accepted', kind]);
  });

  it('does not hide a rejected admin key behind an accepted one', async () => {
    const { operations, make } = await open({}, {}, 'sk-ant-admin01-other');
    await expect(operations.validate({ ...make(), expects: nothing })).rejects.toMatchObject({ name: 'NeedsPerson' });
  });
});

describe('the status', () => {
  it('goes down, up again, and then to the archive, from which nothing returns', async () => {
    const { operations, make, statusOf, use } = await open({ revocationLagSeconds: 0 });
    const { keyId: id, value } = make();
    await operations.disableKey(id);
    expect([statusOf(id), await use(value)]).toEqual(['inactive', 401]);
    await operations.disableKey(id);
    await operations.enableKey(id);
    expect([statusOf(id), await use(value)]).toEqual(['active', 200]);
    await operations.enableKey(id);
    await operations.containKey(id);
    expect([statusOf(id), await use(value)]).toEqual(['inactive', 401]);
    await operations.revokeKey(id);
    expect([statusOf(id), await use(value)]).toEqual(['archived', 401]);
    for (const wish of [operations.disableKey, operations.containKey, operations.revokeKey]) await wish(id);
    expect(statusOf(id)).toBe('archived');
    await expect(operations.enableKey(id)).rejects.toMatchObject({ name: 'Refused' });
  });

  it('of an absent key is what was wished for, unless life was', async () => {
    const { operations } = await open();
    const id = keyId('apikey_01Unknown');
    for (const wish of [operations.disableKey, operations.containKey, operations.revokeKey]) await wish(id);
    await expect(operations.enableKey(id)).rejects.toMatchObject({ name: 'Refused' });
  });

  it('of an absent key takes one request', async () => {
    const { connection, sent } = answering(errorAnswer(404, 'not_found_error'));
    await connection.revokeKey?.(someId);
    expect(sent).toHaveLength(1);
  });

  it('is not had by that type without 404', async () => {
    const { connection } = answering(errorAnswer(400, 'not_found_error'));
    await expect(connection.revokeKey?.(someId)).rejects.toMatchObject({ name: 'Refused' });
  });

  it('is not had by a 404 of a stranger', async () => {
    const { connection } = answering({ status: 404, body: '<h1>Not found</h1>' });
    await expect(connection.revokeKey?.(keyId('apikey_01Any'))).rejects.toMatchObject({ name: 'Refused' });
  });

  it('of an expired key is dead already, and can still be archived', async () => {
    const { operations, make, statusOf } = await open();
    const { keyId: id } = make({ expiresAt: instant(Date.UTC(2026, 0, 1)) });
    await operations.containKey(id);
    await operations.revokeKey(id);
    expect(statusOf(id)).toBe('archived');
  });

  it('does not come back over the cap on active keys, and the answer names it', async () => {
    const { operations, make, statusOf } = await open({ maximumActiveKeys: 1 });
    const { keyId: id } = make();
    await operations.disableKey(id);
    make();
    await expect(operations.enableKey(id)).rejects.toMatchObject({
      name: 'Refused',
      message: expect.stringContaining('org_api_key_limit_exceeded'),
    });
    expect(statusOf(id)).toBe('inactive');
  });

  it.each([
    ['lost-response', undefined, 'OutcomeUnknown', 'inactive'],
    ['status-after-effect', 500, 'OutcomeUnknown', 'inactive'],
    ['malformed', undefined, 'OutcomeUnknown', 'inactive'],
    ['dropped-request', undefined, 'OutcomeUnknown', 'active'],
    ['status', 529, 'OutcomeUnknown', 'active'],
    ['status', 429, 'NothingChanged', 'active'],
    ['status', 400, 'Refused', 'active'],
    ['status', 401, 'NeedsPerson', 'active'],
  ] as const)('under %s %s ends as %s', async (kind, code, fault, status) => {
    const { simulator, operations, make, statusOf } = await open();
    const { keyId: id } = make();
    simulator.fail({ kind, method: 'POST', path: '/api_keys/', ...(code !== undefined && { status: code }) });
    await expect(operations.containKey(id)).rejects.toMatchObject({ name: fault });
    expect(statusOf(id)).toBe(status);
    await operations.containKey(id);
    expect(statusOf(id)).toBe('inactive');
  });

  it.each([
    ['disableKey', 'inactive'],
    ['containKey', 'inactive'],
    ['enableKey', 'active'],
    ['revokeKey', 'archived'],
  ] as const)('%s asks for %s, in one request', async (operation, status) => {
    const { connection, sent } = answering({ status: 200, body: shownKey({ status }) }, 'lost');
    await connection[operation]?.(keyId('apikey/1'));
    expect(sent).toMatchObject([
      {
        method: 'POST',
        url: `${keysUrl}/apikey%2F1`,
        headers: { 'x-api-key': 'sk-ant-admin01-any' },
        body: JSON.stringify({ status }),
      },
    ]);
  });

  it.each([
    ['disableKey', 'expired', null],
    ['disableKey', 'archived', null],
    ['disableKey', 'active', 'Refused'],
    ['enableKey', 'active', null],
    ['enableKey', 'archived', 'Refused'],
    ['revokeKey', 'archived', null],
    ['revokeKey', 'expired', 'Refused'],
    ['revokeKey', 'inactive', 'Refused'],
  ] as const)('%s turned down on a key that is %s: %s', async (operation, status, fault) => {
    const { connection, sent } = answering({ status: 400 }, { status: 200, body: shownKey({ status }) });
    const done = expect(connection[operation]?.(someId));
    await (fault === null ? done.resolves.toBeUndefined() : done.rejects.toMatchObject({ name: fault }));
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  it.each([
    ['disableKey', null],
    ['revokeKey', null],
    ['enableKey', 'there is no such key'],
  ] as const)('%s turned down on a key that is gone by then: %s', async (operation, says) => {
    const { connection } = answering({ status: 400 }, errorAnswer(404, 'not_found_error'));
    const done = expect(connection[operation]?.(someId));
    await (says === null ? done.resolves.toBeUndefined() : done.rejects.toThrow(says));
  });

  it.each([500, 429, 401])('is not looked at after %i, which says nothing of it', async (status) => {
    const { connection, sent } = answering({ status }, { status: 200, body: shownKey({ status: 'archived' }) });
    await expect(connection.revokeKey?.(someId)).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });

  it('is asked for at once: containment waits for no reading', async () => {
    const { simulator, operations, make } = await open();
    const { keyId: id } = make();
    await operations.containKey(id);
    expect(simulator.requests.map(({ method }) => method)).toEqual(['POST']);
  });
});

describe.each(['usage-report', 'analytics'] as const)('use, as %s tells it', (usageApi) => {
  const settings = { usageApi, usageDelaySeconds: 300 };

  it.each([
    ['2026-11-21T11:00:00Z', true],
    ['soon', false],
  ])('a bucket from %j is read: %s; one without a time would count as unused', (startingAt, isRead) => {
    const bucket = { starting_at: startingAt, results: [{ api_key_id: 'key' }], group: { api_key_id: 'key' } };
    expect(usageReports[usageApi].read.safeParse({ data: [bucket], has_more: false }).success).toBe(isRead);
  });

  it('counts from the first whole minute, once the report has caught up', async () => {
    const { operations, make, use, at, advanceTo } = await open({ usageLagSeconds: 300 }, settings);
    const { keyId: id, value } = make();
    const read = () => operations.readUsage({ keyId: id, since: at(30) });
    advanceTo(20);
    expect(await use(value)).toBe(200);
    advanceTo(45);
    expect(await read()).toEqual({ kind: 'unknowable' });
    advanceTo(119 + 300);
    expect(await read()).toEqual({ kind: 'unknowable' });
    advanceTo(120 + 300);
    expect(await read()).toEqual({
      kind: 'quiet',
      evidence: 'Anthropic reports no use from 2026-11-21T12:01:00.000Z to 2026-11-21T12:02:00.000Z',
    });
    advanceTo(500);
    await use(value);
    expect((await read()).kind).toBe('quiet');
    advanceTo(800);
    expect(await read()).toEqual({
      kind: 'busy',
      lastUsedAt: '2026-11-21T12:08:00.000Z',
      evidence: 'Anthropic reports use in the minute from 2026-11-21T12:08:00.000Z',
    });
  });

  it('in the first whole minute counts', async () => {
    const { operations, make, use, at, advanceTo } = await open({}, settings);
    const { keyId: id, value } = make();
    advanceTo(60);
    await use(value);
    advanceTo(900);
    for (const since of [at(1), at(60)]) {
      expect(await operations.readUsage({ keyId: id, since })).toMatchObject({ kind: 'busy', lastUsedAt: at(60) });
    }
    expect(await operations.readUsage({ keyId: id, since: at(61) })).toMatchObject({ kind: 'quiet' });
  });

  it('is that of the key and of no other', async () => {
    const { operations, make, use, at, advanceTo } = await open({}, settings);
    const [key, other] = [make(), make()];
    advanceTo(60);
    await use(other.value);
    advanceTo(3600);
    expect((await operations.readUsage({ keyId: key.keyId, since: at(0) })).kind).toBe('quiet');
    expect((await operations.readUsage({ keyId: other.keyId, since: at(0) })).kind).toBe('busy');
  });

  it('is read to the last page, over days and in hours', async () => {
    const { operations, make, use, at, advanceTo } = await open({}, settings);
    const { keyId: id, value } = make();
    const hour = 3600;
    for (const hours of [1, 3, 30, 60, 100]) {
      advanceTo(hours * hour);
      await use(value);
    }
    advanceTo(120 * hour);
    expect(await operations.readUsage({ keyId: id, since: at(0) })).toMatchObject({
      kind: 'busy',
      lastUsedAt: at(100 * hour),
    });
    expect(await operations.readUsage({ keyId: id, since: at(101 * hour) })).toMatchObject({ kind: 'quiet' });
    expect(await operations.readUsage({ keyId: id, since: at(-90 * 24 * hour) })).toMatchObject({ kind: 'busy' });
  });

  it('is not quiet because the report failed', async () => {
    const { simulator, operations, make, at, advanceTo } = await open({}, settings);
    const { keyId: id } = make();
    advanceTo(7200);
    simulator.fail({ kind: 'status', status: 500, path: usageApi === 'analytics' ? '/analytics/' : '/usage_report/' });
    await expect(operations.readUsage({ keyId: id, since: at(0) })).rejects.toMatchObject({ name: 'NothingChanged' });
  });
});

describe('use, page by page', () => {
  it('is asked for by the minute as far back as the report has minutes', () => {
    const at = Date.UTC(2026, 10, 21);
    const widthSince = (ago: number) => usageWindow(instant(at - ago), instant(at)).width;
    expect([widthSince(23 * 3_600_000 - 1), widthSince(23 * 3_600_000)]).toEqual([60_000, 3_600_000]);
  });

  const bucket = (starting_at: string, ...ids: readonly (string | null)[]) => ({
    starting_at,
    results: ids.map((api_key_id) => ({ api_key_id })),
  });
  const page = (buckets: readonly object[], next_page?: string | null) => ({
    status: 200,
    body: { data: buckets, has_more: next_page !== undefined, next_page },
  });
  // The scripted clock stands at midnight of 2026-11-21.
  const since = instant(Date.UTC(2026, 10, 20, 20));

  it('is asked of the key alone, to the last page', async () => {
    const { connection, sent } = answering(
      page([bucket('2026-11-20T21:00:00Z', 'other', someId)], 'page_2'),
      page([bucket('2026-11-20T22:00:00Z', null, 'other')]),
    );
    expect(await connection.readUsage?.({ keyId: someId, since })).toMatchObject({
      kind: 'busy',
      lastUsedAt: '2026-11-20T21:00:00.000Z',
    });
    const url =
      'https://api.anthropic.com/v1/organizations/usage_report/messages?starting_at=2026-11-20T20%3A00%3A00.000Z' +
      '&bucket_width=1m&group_by%5B%5D=api_key_id&api_key_ids%5B%5D=apikey_01Any';
    expect(sent).toMatchObject([
      { method: 'GET', url, headers: { 'x-api-key': 'sk-ant-admin01-any' } },
      { method: 'GET', url: `${url}&page=page_2` },
    ]);
  });

  it('of others is none', async () => {
    const { connection } = answering(page([bucket('2026-11-20T21:00:00Z', 'other', null)]));
    expect(await connection.readUsage?.({ keyId: someId, since })).toMatchObject({ kind: 'quiet' });
  });

  it.each([
    ['in a circle', [page([], 'same')], 2],
    ['nowhere', [page([], null)], 1],
    ['on for ever', Array.from({ length: 200 }, (_, number) => page([], `page_${number}`)), 100],
  ])('is not known when the pages go %s', async (_case, pages, asked) => {
    const [first, ...others] = pages;
    const { connection, sent } = answering(first ?? 'lost', ...others);
    await expect(connection.readUsage?.({ keyId: someId, since })).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(sent).toHaveLength(asked);
  });

  it('goes by the beta name where the successor is asked', async () => {
    const settings = { workspaceId: declared, usageApi: 'analytics' };
    const { connection, sent } = scripted(anthropic, { settings, admin: 'sk-ant-admin01-any' }, page([]));
    await connection.readUsage?.({ keyId: someId, since });
    expect(sent).toMatchObject([
      { headers: { 'anthropic-beta': 'analytics-usage-cost-2026-08-24', 'x-api-key': 'sk-ant-admin01-any' } },
    ]);
  });
});

describe('the admin key', () => {
  it.each<[string, ScriptedAnswer]>([
    ['refused', errorAnswer(401, 'authentication_error')],
    ['unclear', errorAnswer(401, 'permission_error')],
    ['unclear', errorAnswer(500, 'authentication_error')],
    ['unclear', { status: 401, body: '<h1>Proxy</h1>' }],
    ['unclear', 'lost'],
    ['accepted', keyPage()],
  ])('is %s after %j', async (kind, answer) => {
    const { connection, sent } = answering(answer);
    expect((await connection.validateAdmin?.())?.kind).toBe(kind);
    expect(sent).toMatchObject([
      { method: 'GET', url: `${keysUrl}?limit=1`, headers: { 'x-api-key': 'sk-ant-admin01-any' } },
    ]);
  });
});

it.each([
  [declared, declared],
  ['default', null],
  ['organization', null],
])('%s says where keys live: %s', (workspaceId, scope) => {
  expect(anthropic.identity?.(anthropic.settings({ workspaceId }))).toEqual({ scope, holder: null });
});

describe('what a person wrote', () => {
  it('is refused by name and never quoted', () => {
    expect(() => anthropic.settings({})).toThrow(/workspaceId/);
    expect(() => anthropic.settings({ workspaceId: 'my workspace' })).toThrow(/workspaceId/);
    expect(() => anthropic.settings({ workspaceId: 'default', workspace: 'x' })).toThrow(/workspace/);
    for (const text of ['sk-ant-api03-canary', 'canary', 'sk-ant-admin01-canary\nx', 'my sk-ant-admin01-canary']) {
      expect(() => {
        anthropic.admin(new SecretValue(text));
      }).toThrow(/^(?!.*canary).*sk-ant-admin01-/);
    }
    anthropic.admin(new SecretValue('sk-ant-admin01-abc'));
  });

  it('can have the key sent as the SDK sends it', async () => {
    const { operations, make } = await open({}, { keyHeader: 'authorization' });
    expect(kindsOf(await operations.validate({ ...make(), expects: nothing }))).toEqual(['accepted']);
    const settings = { workspaceId: declared, keyHeader: 'authorization' };
    const { connection, sent } = scripted(anthropic, { settings, admin: 'sk-ant-admin01-any' }, models);
    await connection.validate({ value: someValue, keyId: null, expects: nothing });
    expect(sent[0]?.headers['authorization']).toBe(`Bearer ${someValue.expose()}`);
    expect(sent[0]?.headers['x-api-key']).toBeUndefined();
  });
});
