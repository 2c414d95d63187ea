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
import { usageReports } from '../../functions/providers/anthropic-usage.ts';
import { bind } from '../../functions/providers/connect.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';

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

/** The adapter before a vendor, or somebody in its place, that always says the same. */
const answering = ({ status, body }: { readonly status: number; readonly body: string }) => {
  let asked = 0;
  const connection = bind(anthropic, {
    settings: anthropic.settings({ workspaceId: declared }),
    admin: new SecretValue('sk-ant-admin01-any'),
    http: {
      send: () => {
        asked += 1;
        return Promise.resolve({ status, headers: {}, body });
      },
    },
    clock: { now: () => instant(0), sleep: () => Promise.resolve() },
    tokens: new Map(),
  });
  return { connection, asked: () => asked };
};

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
    const { connection, asked } = answering({
      status: 200,
      body: JSON.stringify({ data: [], has_more: true, last_id: 'apikey_01Same' }),
    });
    await expect(connection.listKeys?.()).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(asked()).toBe(2);
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
    const key = { id: 'apikey_01Silent', status: 'active', partial_key_hint: null, created_at: '2026-01-01T00:00:00Z' };
    const { connection } = answering({ status: 200, body: JSON.stringify({ data: [key], has_more: false }) });
    await expect(connection.identifyKey?.(someValue)).rejects.toMatchObject({ name: 'NeedsPerson' });
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

  it.each([
    ['no-money', 402, { type: 'billing_error' }],
    ['no-money', 429, { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } }],
    ['no-money', 400, { type: 'invalid_request_error', message: 'Your credit balance is too low.' }],
    ['permission-missing', 403, { type: 'permission_error' }],
  ] as const)('finds %s on a living key after %i %j', async (kind, status, error) => {
    const { connection } = answering({ status, body: JSON.stringify({ type: 'error', error }) });
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

describe('what a person wrote', () => {
  it('is refused by name and never quoted', () => {
    expect(() => anthropic.settings({})).toThrow(/workspaceId/);
    expect(() => anthropic.settings({ workspaceId: 'my workspace' })).toThrow(/workspaceId/);
    expect(() => anthropic.settings({ workspaceId: 'default', workspace: 'x' })).toThrow(/workspace/);
    for (const text of ['sk-ant-api03-canary', 'canary', 'sk-ant-admin01-canary\nx']) {
      expect(() => {
        anthropic.admin(new SecretValue(text));
      }).toThrow(/^(?!.*canary).*sk-ant-admin01-/);
    }
    anthropic.admin(new SecretValue('sk-ant-admin01-abc'));
  });

  it('can have the key sent as the SDK sends it', async () => {
    const { operations, make } = await open({}, { keyHeader: 'authorization' });
    expect(kindsOf(await operations.validate({ ...make(), expects: nothing }))).toEqual(['accepted']);
  });
});
