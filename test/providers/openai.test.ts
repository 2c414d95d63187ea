import { afterEach, describe, expect, it } from 'vitest';
import type { Expectations } from '../../functions/domain/credential.ts';
import { instant, keyId, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type OpenAiOptions, simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { bind } from '../../functions/providers/connect.ts';
import { openai } from '../../functions/providers/openai.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';

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

describe('what a probe says', () => {
  it('is what the vendor says of the key, by code and not by status', async () => {
    const { simulator, probe } = await open();
    expect(await probe({ keyId: null, value: 'sk-svcacct-nobody' })).toEqual({
      kind: 'refused',
      evidence: 'OpenAI answered HTTP 401 invalid_api_key',
    });
    const narrow = simulator.mint({ scopes: ['api.responses.write'] });
    expect(await probe(narrow)).toMatchObject({ kind: 'accepted', findings: [{ kind: 'permission-missing' }] });
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

  it.each(['credit_balance_exhausted', 'insufficient_quota', 'a_code_of_tomorrow'])(
    '%s is no money, and alive',
    async (moneyCode) => {
      const { simulator, probe } = await open({ moneyCode });
      expect(await probe(simulator.mint())).toMatchObject({ kind: 'accepted', findings: [{ kind: 'no-money' }] });
    },
  );

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
    await expect(operations.identifyKey(new SecretValue(value))).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(await operations.identifyKey(new SecretValue('sk-svcacct-nobody'))).toBeNull();
  });
});

describe('use', () => {
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
});
