import { afterEach, describe, expect, it } from 'vitest';
import { instant, keyId, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type PineconeOptions, simulatedPinecone } from '../../functions/local/simulated/pinecone.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { bind } from '../../functions/providers/connect.ts';
import { pinecone } from '../../functions/providers/pinecone.ts';
import type { AccessToken } from '../../functions/providers/provider.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { type ScriptedAnswer, scripted } from './scripted.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An organisation, and what the adapter sees of it. */
const open = async (options: Partial<PineconeOptions> = {}, settings: object = {}) => {
  let at = Date.UTC(2026, 10, 21);
  const now = () => instant(at);
  const simulator = await startSimulator(simulatedPinecone, { now, options });
  closers.push(simulator.close);
  const { clientId, clientSecret, projectIds } = simulator.world.options;
  const tokens = new Map<string, AccessToken>();
  const connection = bind(pinecone, {
    settings: pinecone.settings({ projectId: projectIds[0], ...settings }),
    admin: new SecretValue(JSON.stringify({ clientId, clientSecret })),
    http: fetchHttp(simulator.origins),
    clock: { now, sleep: () => Promise.resolve() },
    tokens,
  });
  const { createKey, listKeys, revokeKey, validate } = connection;
  if (!createKey || !listKeys || !revokeKey) throw new TypeError('missing');
  return {
    simulator,
    connection,
    tokens,
    operations: { createKey, listKeys, revokeKey },
    advance: (seconds: number) => {
      at += seconds * 1000;
    },
    probe: (
      key: { readonly keyId: string | null; readonly value: string },
      permissions: readonly string[] = [],
      models: readonly string[] = [],
    ) =>
      validate({
        value: new SecretValue(key.value),
        keyId: key.keyId === null ? null : keyId(key.keyId),
        expects: { models, permissions },
      }),
    logins: () => simulator.requests.filter(({ path }) => path === '/oauth/token').length,
  };
};

const projectId = '11111111-2222-4333-8444-555555555555';
const answering = (...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]) =>
  scripted(pinecone, { settings: { projectId }, admin: '{"clientId":"c","clientSecret":"s"}' }, ...answers);
const token = { status: 200, body: { access_token: 'eyJ.token', expires_in: 1800 } };
const someValue = new SecretValue('pcsk_value');
const nothing = { models: [], permissions: [] };

const name = keyName(rotationId('20261121-search'), 1);

describe('the admin token', () => {
  it('is fetched once and used until a minute before it expires', async () => {
    const { operations, logins, advance } = await open({ tokenLifetimeSeconds: 1800 });
    await operations.listKeys();
    advance(1739);
    await operations.listKeys();
    expect(logins()).toBe(1);
    advance(1);
    await operations.listKeys();
    expect(logins()).toBe(2);
  });

  it('that has died early is replaced once, and the request goes through', async () => {
    const { simulator, operations, logins } = await open();
    await operations.listKeys();
    simulator.world.tokens.clear();
    await operations.createKey(name);
    expect(logins()).toBe(2);
    expect((await operations.listKeys()).map((key) => key.name)).toEqual([name]);
  });

  it('that is turned down again is a task for a person', async () => {
    const { simulator, operations, logins } = await open({ tokenLifetimeSeconds: 0 });
    await expect(operations.createKey(name)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(logins()).toBe(2);
    expect(simulator.keys()).toEqual([]);
  });

  it('keeps its text to itself', async () => {
    const { operations, tokens } = await open();
    await operations.listKeys();
    expect([...tokens.values()].map(({ value }) => String(value))).toEqual(['[secret]']);
  });

  it.each([
    ['lost', 'NothingChanged', { kind: 'lost-response' }],
    ['malformed', 'NothingChanged', { kind: 'malformed' }],
    ['500', 'NothingChanged', { kind: 'status', status: 500 }],
  ] as const)('%s before a create: %s', async (_case, fault, wrong) => {
    const { simulator, operations } = await open();
    simulator.fail({ ...wrong, path: '/oauth/token' });
    await expect(operations.createKey(name)).rejects.toMatchObject({ name: fault });
  });
});

describe('the admin secret', () => {
  it.each<[string, ScriptedAnswer]>([
    ['refused', { status: 401, body: { error: 'access_denied' } }],
    // Of the audience, not of the secret.
    ['unclear', { status: 403, body: { error: 'access_denied' } }],
    ['unclear', { status: 401, body: 'Unauthorized' }],
    ['unclear', { status: 500 }],
    ['unclear', 'lost'],
    ['accepted', token],
  ])('is %s after %j', async (kind, answer) => {
    const { connection, sent } = answering(answer);
    expect((await connection.validateAdmin?.())?.kind).toBe(kind);
    expect(sent).toMatchObject([
      {
        method: 'POST',
        url: 'https://login.pinecone.io/oauth/token',
        body: '{"client_id":"c","client_secret":"s","grant_type":"client_credentials","audience":"https://api.pinecone.io/"}',
      },
    ]);
  });
});

it('a project is where keys live, and nobody holds them', () => {
  expect(pinecone.identity?.(pinecone.settings({ projectId }))).toEqual({ scope: projectId, holder: null });
});

describe('what a probe says', () => {
  it.each<[string, ScriptedAnswer, string]>([
    ['no answer', 'lost', 'Pinecone gave no complete answer'],
    ['an empty 502', { status: 502 }, 'Pinecone answered HTTP 502'],
    ['a 401 of a stranger', { status: 401, body: '<h1>Proxy</h1>' }, 'Pinecone answered HTTP 401'],
    ['a 403 of a stranger', { status: 403, body: 'Forbidden by our firewall' }, 'Pinecone answered HTTP 403'],
    ['a list of something else', { status: 200, body: '[]' }, 'Pinecone answered HTTP 200'],
  ])('is nothing of the key under %s', async (_case, answer, evidence) => {
    const { connection } = answering(answer);
    expect(await connection.validate({ value: someValue, keyId: null, expects: nothing })).toEqual({
      kind: 'unclear',
      evidence,
    });
  });

  it.each<[string, ScriptedAnswer]>([
    ['402 billing', { status: 402, body: { error: { code: 'PAYMENT_REQUIRED' } } }],
    ['a used-up quota', { status: 403, body: { error: { code: 'QUOTA_EXCEEDED' } } }],
  ])('%s is no money, and alive', async (_case, answer) => {
    const { connection } = answering(answer);
    expect(await connection.validate({ value: someValue, keyId: null, expects: nothing })).toMatchObject({
      kind: 'accepted',
      findings: [{ kind: 'no-money' }],
    });
  });

  it.each(['Forbidden', '"permission denied."', '{"error":{"code":"PERMISSION_DENIED"}}'])(
    'a role that is too narrow is alive: 403 %s',
    async (body) => {
      const { connection } = answering({ status: 403, body });
      const kindsFor = async (...permissions: readonly string[]) => {
        const verdict = await connection.validate({
          value: someValue,
          keyId: null,
          expects: { models: [], permissions },
        });
        return verdict.kind === 'accepted' ? verdict.findings.map(({ kind }) => kind) : verdict.kind;
      };
      expect(await kindsFor('DataPlaneEditor', 'DataPlaneViewer')).toEqual([]);
      expect(await kindsFor('DataPlaneEditor', 'ControlPlaneViewer')).toEqual(['permission-missing']);
    },
  );

  it('asks nothing but the value where no id is known', async () => {
    const { connection, sent } = answering({ status: 200, body: {} });
    expect(await connection.validate({ value: someValue, keyId: null, expects: nothing })).toEqual({
      kind: 'accepted',
      findings: [],
    });
    expect(sent).toMatchObject([
      {
        method: 'GET',
        url: 'https://api.pinecone.io/indexes',
        headers: { 'api-key': 'pcsk_value', 'x-pinecone-api-version': '2026-04' },
      },
    ]);
  });

  it('is not said when the admin side could not be asked, which changes nothing', async () => {
    const { connection } = answering({ status: 200, body: {} }, token, { status: 500 });
    await expect(
      connection.validate({ value: someValue, keyId: keyId('key-1'), expects: nothing }),
    ).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it.each([true, false])('a dead key is refused, with a bare text (%s) or JSON', async (bareRefusals) => {
    const { simulator, probe, operations } = await open({ bareRefusals });
    const key = simulator.mint();
    await operations.revokeKey(keyId(key.keyId));
    expect(await probe({ ...key, keyId: null })).toMatchObject({
      kind: 'refused',
      evidence: expect.stringContaining('HTTP 401'),
    });
  });

  it('403 is alive: a finding only where the control plane is declared', async () => {
    const { simulator, probe } = await open({}, { roles: ['DataPlaneViewer'] });
    const narrow = simulator.mint({ roles: ['DataPlaneViewer'] });
    expect(await probe(narrow)).toEqual({ kind: 'accepted', findings: [] });
    const missing = await probe(narrow, ['ProjectEditor']);
    expect(missing.kind === 'accepted' && missing.findings.map(({ kind }) => kind)).toEqual([
      'permission-missing',
      'scope-wider',
      'permission-missing',
    ]);
  });

  it('holds roles, project and existence against what is declared', async () => {
    const { simulator, probe } = await open();
    const kinds = async (...question: Parameters<typeof probe>) => {
      const verdict = await probe(...question);
      return verdict.kind === 'accepted' ? verdict.findings.map(({ kind }) => kind) : verdict.kind;
    };
    const plain = simulator.mint();
    expect(await kinds(plain)).toEqual([]);
    expect(await kinds(plain, ['ProjectViewer'])).toEqual(['scope-wider', 'permission-missing']);
    expect(await kinds(simulator.mint({ projectId: simulator.world.options.projectIds[1] }))).toEqual([
      'other-workspace',
    ]);
    expect(await probe({ ...plain, keyId: '00000000-0000-4000-8000-000000000000' })).toMatchObject({
      findings: [{ kind: 'other-workspace', detail: expect.stringContaining('has no key') }],
    });
    expect(await kinds(plain, [], ['gpt-5.5'])).toEqual(['model-missing']);
  });
});

describe('keys', () => {
  it('are made with the declared roles', async () => {
    const { simulator, operations } = await open({}, { roles: ['ProjectViewer'] });
    const { keyId: id } = await operations.createKey(name);
    expect(simulator.world.keysById.get(id)).toMatchObject({ name, roles: ['ProjectViewer'] });
  });

  it('beyond the quota are a task for a person', async () => {
    const { simulator, operations } = await open({ maximumKeys: 1 });
    simulator.mint();
    await expect(operations.createKey(name)).rejects.toThrow(/QUOTA_EXCEEDED.*delete keys that nobody needs/);
    await expect(operations.createKey(name)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('of another project are not listed, and no time is made up', async () => {
    const { simulator, operations } = await open();
    const { keyId: id } = simulator.mint({ name: 'old' });
    simulator.mint({ projectId: simulator.world.options.projectIds[1] });
    expect(await operations.listKeys()).toEqual([
      { keyId: id, name: 'old', createdAt: null, active: true, hint: null },
    ]);
  });

  it('have no last use and no way back: the operations are absent', async () => {
    const { connection } = await open();
    expect([connection.readUsage, connection.disableKey, connection.enableKey, connection.identifyKey]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
