import { afterEach, describe, expect, it } from 'vitest';
import type { Expectations } from '../../functions/domain/credential.ts';
import { instant, keyId, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type OpenAiOptions, simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { bind } from '../../functions/providers/connect.ts';
import { openai } from '../../functions/providers/openai.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { type ScriptedAnswer, scripted } from './scripted.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An account, and what the adapter sees of it. */
const open = async (options: Partial<OpenAiOptions> = {}, settings: object = {}) => {
  let at = Date.UTC(2026, 10, 21);
  const now = () => instant(at);
  const simulator = await startSimulator(simulatedOpenai, { now, options });
  closers.push(simulator.close);
  const { adminKey, projectId, serviceAccountId } = simulator.world.options;
  const connection = bind(openai, {
    settings: openai.settings({ projectId, serviceAccountId, ...settings }),
    admin: new SecretValue(adminKey),
    http: fetchHttp(simulator.origins),
    clock: { now, sleep: () => Promise.resolve() },
    tokens: new Map(),
  });
  const { createKey, listKeys, identifyKey, readUsage, containKey, revokeKey, validate } = connection;
  if (!createKey || !listKeys || !identifyKey || !readUsage || !containKey || !revokeKey)
    throw new TypeError('missing');
  return {
    simulator,
    operations: { createKey, listKeys, identifyKey, readUsage, containKey, revokeKey },
    now,
    advance: (seconds: number) => {
      at += seconds * 1000;
    },
    probe: (key: { readonly keyId: string | null; readonly value: string }, expects: Partial<Expectations> = {}) =>
      validate({
        value: new SecretValue(key.value),
        keyId: key.keyId === null ? null : keyId(key.keyId),
        expects: { models: [], permissions: [], ...expects },
      }),
    asked: (method: string) => simulator.requests.filter((line) => line.method === method).length,
  };
};

const name = keyName(rotationId('20261121-chat'), 1);

const account = {
  settings: { projectId: 'proj_1', serviceAccountId: 'svc_acct_1' },
  admin: 'sk-admin-0123456789abcdefghij',
};
const answering = (...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]) => scripted(openai, account, ...answers);
const someValue = new SecretValue('sk-svcacct-0123456789');
const someId = keyId('key_1');
const nothing = { models: [], permissions: [] };
const listed = (changed: object = {}) => ({
  id: 'key_1',
  name: 'a',
  redacted_value: 'sk-svcac...6789',
  created_at: 1_790_000_000,
  owner: { type: 'service_account', service_account: { id: 'svc_acct_1' } },
  ...changed,
});
const lacksScopes = {
  error: { message: 'Missing scopes: api.model.read. Ask.', type: 'invalid_request_error', code: null },
};
const keysUrl = 'https://api.openai.com/v1/organization/projects/proj_1/api_keys';

describe('what a probe says', () => {
  it('is what the vendor says of the key, by code and not by status', async () => {
    const { simulator, probe } = await open();
    expect(await probe({ keyId: null, value: 'sk-svcacct-nobody' })).toEqual({
      kind: 'refused',
      evidence: 'OpenAI answered HTTP 401 invalid_api_key',
    });
    const narrow = simulator.mint({ scopes: ['api.responses.write'] });
    expect(await probe(narrow)).toMatchObject({
      kind: 'accepted',
      findings: [{ kind: 'permission-missing', detail: expect.stringContaining('lacks api.model.read') }],
    });
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['no answer', 'lost', 'OpenAI gave no complete answer'],
    ['an empty 502', { status: 502 }, 'OpenAI answered HTTP 502'],
    ['a 401 of a stranger', { status: 401, body: '<h1>Proxy</h1>' }, 'OpenAI answered HTTP 401'],
    ['an error that looks like a list', { status: 500, body: { data: [] } }, 'OpenAI answered HTTP 500'],
    [
      'a type without a code',
      { status: 500, body: { error: { type: 'server_error' } } },
      'OpenAI answered HTTP 500 server_error',
    ],
    [
      'an id beside the code',
      { status: 500, headers: { 'x-request-id': 'req_1' } },
      'OpenAI answered HTTP 500 (request req_1)',
    ],
  ])('is nothing of the key under %s', async (_case, answer, evidence) => {
    const { connection } = answering(answer);
    expect(await connection.validate({ value: someValue, keyId: null, expects: nothing })).toEqual({
      kind: 'unclear',
      evidence,
    });
  });

  it.each(['invalid_api_key', 'api_key_expired', 'expired_api_key'])('%s is a dead key', async (code) => {
    const { connection } = answering({ status: 401, body: { error: { code } } });
    const verdict = await connection.validate({ value: someValue, keyId: null, expects: nothing });
    expect(verdict.kind).toBe('refused');
  });

  it('asks nothing but the value where no id is known', async () => {
    const { connection, sent } = answering({ status: 200, body: { data: [] } });
    expect(await connection.validate({ value: someValue, keyId: null, expects: nothing })).toEqual({
      kind: 'accepted',
      findings: [],
    });
    expect(sent).toMatchObject([
      {
        method: 'GET',
        url: 'https://api.openai.com/v1/models',
        headers: { authorization: 'Bearer sk-svcacct-0123456789' },
      },
    ]);
  });

  it.each([
    ['api.all', 'permission-missing'],
    ['api.model.read', 'permission-missing'],
    ['api.models.read', 'permission-missing'],
    ['api.model_capabilities.read', undefined],
    ['internal.api.model.read', undefined],
  ])('of a key that may not list the models, where %s is declared: %s', async (scope, kind) => {
    const question = { value: someValue, keyId: null };
    const answer = { status: 403, body: lacksScopes };
    const made = scripted(openai, { ...account, settings: { ...account.settings, scopes: [scope] } }, answer);
    const verdicts = [
      await answering(answer).connection.validate({ ...question, expects: { ...nothing, permissions: [scope] } }),
      // What new keys are made with counts where nothing else is declared, and only there.
      await made.connection.validate({ ...question, expects: nothing }),
    ];
    for (const verdict of verdicts) {
      expect(verdict).toMatchObject({ kind: 'accepted', findings: kind === undefined ? [] : [{ kind }] });
    }
    const other = { ...nothing, permissions: ['api.responses.write'] };
    expect(await made.connection.validate({ ...question, expects: other })).toEqual({ kind: 'accepted', findings: [] });
  });

  it('is no finding where the narrow scope is the declared one', async () => {
    const { simulator, probe } = await open({}, { scopes: ['api.responses.write'] });
    const declared = { permissions: ['api.responses.write'] };
    expect(await probe(simulator.mint({ scopes: ['api.responses.write'] }), declared)).toEqual({
      kind: 'accepted',
      findings: [],
    });
    expect(await probe(simulator.mint(), declared)).toMatchObject({
      kind: 'accepted',
      findings: [{ kind: 'scope-wider' }],
    });
    const withModel = { ...declared, models: ['gpt-5.5'] };
    expect(await probe(simulator.mint({ scopes: ['api.responses.write'] }), withModel)).toMatchObject({
      findings: [{ kind: 'permission-missing' }],
    });
  });

  it.each([
    ['credit_balance_exhausted', 'credit_balance_exhausted'],
    ['project_spend_limit_exceeded', 'project_spend_limit_exceeded'],
    ['insufficient_quota', 'insufficient_quota'],
    ['a_code_of_tomorrow', 'insufficient_quota'],
  ])('%s is no money, and alive', async (moneyCode, saidAs) => {
    const { simulator, probe } = await open({ moneyCode });
    expect(await probe(simulator.mint())).toMatchObject({
      kind: 'accepted',
      findings: [{ kind: 'no-money', detail: expect.stringContaining(`HTTP 429 ${saidAs}`) }],
    });
  });

  it('names a declared model that is not there', async () => {
    const { simulator, probe } = await open({ models: ['gpt-5.5'] });
    const verdict = await probe(simulator.mint(), { models: ['gpt-5.5', 'gpt-6'] });
    expect(verdict).toMatchObject({
      kind: 'accepted',
      findings: [{ kind: 'model-missing', detail: expect.stringContaining('gpt-6') }],
    });
  });

  it('finds a key that lives elsewhere, belongs to another, or is another', async () => {
    const { simulator, probe } = await open();
    const kinds = async (key: { readonly keyId: string; readonly value: string }) => {
      const verdict = await probe(key);
      return verdict.kind === 'accepted' ? verdict.findings.map(({ kind }) => kind) : verdict.kind;
    };
    const ours = simulator.mint();
    expect(await kinds(ours)).toEqual([]);
    expect(await kinds(simulator.mint({ projectId: 'proj_other' }))).toEqual(['other-workspace']);
    expect(await kinds(simulator.mint({ serviceAccountId: 'svc_acct_other' }))).toEqual(['other-workspace']);
    expect(await kinds(simulator.mint({ owner: 'person' }))).toEqual(['other-workspace']);
    expect(await kinds({ keyId: simulator.mint().keyId, value: ours.value })).toEqual(['other-workspace']);
    expect(await kinds({ keyId: 'key_gone', value: ours.value })).toEqual(['other-workspace']);
    expect(await probe(simulator.mint({ owner: 'person' }))).toMatchObject({
      findings: [{ detail: expect.stringContaining('belongs to a person') }],
    });
    expect(await probe(simulator.mint({ serviceAccountId: 'svc_acct_other' }))).toMatchObject({
      findings: [{ detail: expect.stringContaining('belongs to svc_acct_other') }],
    });
  });

  it('holds declared permissions against the scopes that keys are made with', async () => {
    const { simulator, probe } = await open({}, { scopes: ['api.model.read', 'api.files.read'] });
    const verdict = await probe(simulator.mint(), { permissions: ['api.model.read', 'api.responses.write'] });
    expect(verdict).toMatchObject({ findings: [{ kind: 'scope-wider' }, { kind: 'permission-missing' }] });
    const unscoped = await open();
    expect(await unscoped.probe(unscoped.simulator.mint(), { permissions: ['api.model.read'] })).toMatchObject({
      findings: [{ kind: 'scope-wider' }],
    });
  });
});

describe('keys', () => {
  it('are listed to the last page, whoever owns them', async () => {
    const { simulator, operations } = await open({ pageSize: 2 });
    const minted = [1, 2, 3, 4].map((n) => simulator.mint({ name: `key ${n}` }));
    minted.push(simulator.mint({ name: 'a person', owner: 'person' }));
    simulator.mint({ projectId: 'proj_other' });
    const listed = await operations.listKeys();
    expect(listed.map((key) => key.keyId).sort()).toEqual(minted.map((key) => key.keyId).sort());
    expect(listed[0]).toEqual({
      keyId: minted[0]?.keyId,
      name: 'key 1',
      createdAt: '2026-11-21T00:00:00.000Z',
      active: true,
      hint: minted[0]?.value.slice(-4),
    });
  });

  it('are not listed at all when the second page fails', async () => {
    const { simulator, operations } = await open({ pageSize: 2 });
    for (let n = 0; n < 3; n += 1) simulator.mint();
    simulator.fail({ kind: 'status', status: 500, method: 'GET', path: '/api_keys', skip: 1 });
    await expect(operations.listKeys()).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it('are made with the declared scopes and lifetime, which a policy may demand', async () => {
    const strict = { maximumKeyLifetimeSeconds: 1000 };
    const { operations } = await open(strict);
    await expect(operations.createKey(name)).rejects.toMatchObject({ name: 'Refused' });
    const {
      simulator,
      operations: obedient,
      advance,
    } = await open(strict, { keyExpirySeconds: 900, scopes: ['api.model.read'] });
    const { keyId: id } = await obedient.createKey(name);
    const key = simulator.world.keysById.get(id);
    expect(key).toMatchObject({ name, scopes: ['api.model.read'], expiresAt: '2026-11-21T00:15:00.000Z' });
    expect((await obedient.listKeys())[0]?.active).toBe(true);
    advance(900);
    expect((await obedient.listKeys())[0]?.active).toBe(false);
  });

  it('that look alike are not told apart', async () => {
    const { simulator, operations } = await open();
    const { keyId: id, value } = simulator.mint();
    const key = simulator.world.keysById.get(id);
    if (key === undefined) throw new TypeError('no key');
    simulator.world.keysById.set('key_twin', { ...key, id: 'key_twin' });
    await expect(operations.identifyKey(new SecretValue(value))).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining(`${id}, key_twin look alike`),
    });
    expect(await operations.identifyKey(new SecretValue('sk-svcacct-nobody'))).toBeNull();
  });
});

describe('the listing', () => {
  const page = (changed: object = {}) => ({ status: 200, body: { data: [listed()], has_more: false, ...changed } });

  it('asks for every key, a page after the other', async () => {
    const { connection, sent } = answering(page({ has_more: true, last_id: 'key_1' }), page());
    expect(await connection.listKeys?.()).toHaveLength(2);
    const query = 'limit=100&owner_project_access=any';
    expect(sent).toMatchObject([
      { method: 'GET', url: `${keysUrl}?${query}`, headers: { authorization: `Bearer ${account.admin}` } },
      { method: 'GET', url: `${keysUrl}?${query}&after=key_1` },
    ]);
  });

  it.each([
    ['in a circle', ['a', 'b', 'a'], 3],
    ['nowhere', [undefined], 1],
    ['to nothing', [''], 1],
  ])('is none when the pages go %s', async (_case, cursors, asked) => {
    const [first, ...others] = cursors.map((last_id) => page({ has_more: true, last_id }));
    const { connection, sent } = answering(first ?? 'lost', ...others);
    await expect(connection.listKeys?.()).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(sent).toHaveLength(asked);
  });

  it.each(['...6789', 'sk-svcac...', 'sk-svcac6789', ''])('a key shown as %j is not taken for any', async (shown) => {
    const { connection } = answering(page({ data: [listed({ redacted_value: shown })] }));
    expect(await connection.identifyKey?.(someValue)).toBeNull();
  });
});

describe('use', () => {
  it.each<[string, ScriptedAnswer, object]>([
    ['of a key that is gone', { status: 404 }, { kind: 'quiet', evidence: 'OpenAI has no such key any more' }],
    ['that never was', { status: 200, body: listed() }, { kind: 'quiet', evidence: 'OpenAI: never used' }],
    [
      'a second before',
      { status: 200, body: listed({ last_used_at: 999 }) },
      { kind: 'quiet', evidence: 'OpenAI: last used at 1970-01-01T00:16:39.000Z' },
    ],
  ])('%s is none', async (_case, answer, usage) => {
    const { connection } = answering(answer);
    expect(await connection.readUsage?.({ keyId: someId, since: instant(1_000_000) })).toEqual(usage);
  });

  it('in the same second, to its last thousandth, may have come after', async () => {
    const { connection } = answering({ status: 200, body: listed({ last_used_at: 1000 }) });
    const kindSince = async (since: number) =>
      (await connection.readUsage?.({ keyId: someId, since: instant(since) }))?.kind;
    expect([await kindSince(1_000_999), await kindSince(1_001_000)]).toEqual(['busy', 'quiet']);
  });

  it('is not quiet because it could not be read, and nothing was changed by reading', async () => {
    const { connection } = answering({ status: 500 });
    await expect(connection.readUsage?.({ keyId: someId, since: instant(0) })).rejects.toMatchObject({
      name: 'NothingChanged',
    });
  });

  it('is busy from the second it was last seen on, quiet before', async () => {
    const { simulator, operations, probe, now, advance } = await open();
    const key = simulator.mint();
    const id = keyId(key.keyId);
    expect(await operations.readUsage({ keyId: id, since: now() })).toMatchObject({ kind: 'quiet' });
    advance(10.9);
    await probe(key);
    const used = now();
    expect(await operations.readUsage({ keyId: id, since: used })).toMatchObject({
      kind: 'busy',
      lastUsedAt: '2026-11-21T00:00:10.000Z',
    });
    advance(1);
    expect(await operations.readUsage({ keyId: id, since: now() })).toMatchObject({ kind: 'quiet' });
    expect(await operations.readUsage({ keyId: keyId('key_gone'), since: used })).toMatchObject({ kind: 'quiet' });
  });
});

it('a permission that the admin key lacks is named', async () => {
  const { connection } = answering({ status: 401, body: lacksScopes });
  await expect(connection.listKeys?.()).rejects.toThrow('HTTP 401 missing_scope');
});

describe('to revoke', () => {
  const deleted = { status: 200, body: { deleted: true } };

  it.each<[string, ScriptedAnswer]>([
    ['done', deleted],
    ['an absent key', { status: 404 }],
  ])('is one request: %s', async (_case, answer) => {
    const { connection, sent } = answering(answer, 'lost');
    await connection.revokeKey?.(someId);
    expect(sent).toMatchObject([
      { method: 'DELETE', url: `${keysUrl}/key_1`, headers: { authorization: `Bearer ${account.admin}` } },
    ]);
  });

  it.each<[ScriptedAnswer, string]>([
    [{ status: 200, body: { deleted: false } }, 'OutcomeUnknown'],
    [{ status: 500 }, 'OutcomeUnknown'],
    ['lost', 'OutcomeUnknown'],
    [{ status: 409 }, 'Refused'],
    [{ status: 403 }, 'NeedsPerson'],
    [{ status: 429 }, 'NothingChanged'],
  ])('under %j is %s, and nothing else is tried', async (answer, fault) => {
    const { connection, sent } = answering(answer, deleted);
    await expect(connection.revokeKey?.(someId)).rejects.toMatchObject({ name: fault });
    expect(sent).toHaveLength(1);
  });
});

describe('the admin key', () => {
  it.each<[string, ScriptedAnswer]>([
    ['unclear', { status: 429, body: { error: { code: 'rate_limit_exceeded' } } }],
    ['unclear', { status: 401 }],
    ['unclear', { status: 403, body: lacksScopes }],
    ['refused', { status: 401, body: { error: { code: 'invalid_api_key' } } }],
    ['accepted', { status: 200, body: { data: [] } }],
  ])('is %s after %j', async (kind, answer) => {
    const { connection, sent } = answering(answer);
    expect((await connection.validateAdmin?.())?.kind).toBe(kind);
    expect(sent).toMatchObject([
      { method: 'GET', url: `${keysUrl}?limit=1`, headers: { authorization: `Bearer ${account.admin}` } },
    ]);
  });
});

it('a project is where keys live, and a service account whom they speak for', () => {
  expect(openai.identity?.(openai.settings(account.settings))).toEqual({ scope: 'proj_1', holder: 'svc_acct_1' });
});

describe('an organisation whose API does not delete keys of service accounts', () => {
  const old = { deletesServiceAccountKeys: false };

  it('revoke: the key expires at once with the narrowest scope, and a person is told why', async () => {
    const { simulator, operations, probe, advance } = await open(old);
    const key = simulator.mint();
    await expect(operations.revokeKey(keyId(key.keyId))).rejects.toThrow(/does not delete keys.*keyturn resume/);
    expect(simulator.world.keysById.get(key.keyId)).toMatchObject({
      scopes: ['api.model.read'],
      expiresAt: '2026-11-21T00:00:01.000Z',
    });
    advance(1);
    expect(await probe({ ...key, keyId: null })).toMatchObject({ kind: 'refused' });
  });

  it('revoke again: an expired key cannot come back, so that is done', async () => {
    const { simulator, operations, advance, asked } = await open(old);
    const id = keyId(simulator.mint().keyId);
    await expect(operations.revokeKey(id)).rejects.toMatchObject({ name: 'NeedsPerson' });
    advance(1);
    await operations.revokeKey(id);
    expect(asked('POST')).toBe(1);
    expect((await operations.listKeys())[0]?.active).toBe(false);
  });

  it('contain: the key is stopped, and that is success', async () => {
    const { simulator, operations, probe, advance } = await open(old);
    const key = simulator.mint();
    await operations.containKey(keyId(key.keyId));
    advance(1);
    expect(await probe({ ...key, keyId: null })).toMatchObject({ kind: 'refused' });
  });

  it('contain: a scope that the API turns down does not stand in the way', async () => {
    const { simulator, operations } = await open(old);
    const { keyId: id } = simulator.mint();
    simulator.fail({ kind: 'status', status: 400, method: 'POST', path: '/api_keys/' });
    await operations.containKey(keyId(id));
    expect(simulator.world.keysById.get(id)).toMatchObject({ scopes: [], expiresAt: '2026-11-21T00:00:01.000Z' });
  });

  it('contain: a key that neither dies nor expires is said to be live', async () => {
    const { simulator, operations } = await open(old);
    simulator.fail({ kind: 'status', status: 400, method: 'POST', path: '/api_keys/', times: 2 });
    const contained = operations.containKey(keyId(simulator.mint().keyId));
    await expect(contained).rejects.toThrow(/still live/);
    await expect(contained).rejects.toMatchObject({ name: 'Refused' });
  });

  it('a key that a person owns is deleted all the same', async () => {
    const { simulator, operations } = await open(old);
    await operations.revokeKey(keyId(simulator.mint({ owner: 'person' }).keyId));
    expect(await operations.listKeys()).toEqual([]);
  });

  const notOffered = { status: 400 };

  it.each<[string, readonly ScriptedAnswer[], readonly string[]]>([
    ['gone meanwhile', [notOffered, { status: 404 }], ['DELETE', 'GET']],
    ['expired already', [notOffered, { status: 200, body: listed({ expires_at: 1 }) }], ['DELETE', 'GET']],
  ])('a key that is %s is revoked', async (_case, answers, methods) => {
    const { connection, sent } = answering('lost', ...answers);
    await expect(connection.revokeKey?.(someId)).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    await connection.revokeKey?.(someId);
    expect(sent.slice(1).map(({ method }) => method)).toEqual(methods);
  });

  it.each<[ScriptedAnswer, string | null]>([
    [{ status: 200, body: {} }, null],
    [{ status: 404 }, null],
    [{ status: 500 }, 'OutcomeUnknown'],
    ['lost', 'OutcomeUnknown'],
    [{ status: 409 }, 'Refused'],
  ])('contain: the expiry answered with %j ends as %s', async (answer, fault) => {
    const { connection, sent } = answering(notOffered, { status: 200, body: listed() }, answer);
    const contained = expect(connection.containKey?.(someId));
    await (fault === null ? contained.resolves.toBeUndefined() : contained.rejects.toMatchObject({ name: fault }));
    expect(sent.map(({ method }) => method)).toEqual(['DELETE', 'GET', 'POST']);
  });
});
