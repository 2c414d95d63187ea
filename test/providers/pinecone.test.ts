import { afterEach, describe, expect, it } from 'vitest';
import { instant, keyId, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type PineconeOptions, simulatedPinecone } from '../../functions/local/simulated/pinecone.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { bind } from '../../functions/providers/connect.ts';
import { pinecone } from '../../functions/providers/pinecone.ts';
import type { AccessToken } from '../../functions/providers/provider.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';

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

describe('what a probe says', () => {
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
    expect(await kinds({ ...plain, keyId: '00000000-0000-4000-8000-000000000000' })).toEqual(['other-workspace']);
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
