import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { instant, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { simulatedPinecone } from '../../functions/local/simulated/pinecone.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { bind } from '../../functions/providers/connect.ts';
import { pinecone } from '../../functions/providers/pinecone.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { at, hasSpecs, readSpec, startPrism, watched } from './prism.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Spec = ReturnType<typeof readSpec>;

/** Three descriptions, two of one host. A misspelt field must not pass as an unknown one. */
const readPineconeSpecs = (): { readonly api: Spec; readonly login: Spec } => {
  const admin = readSpec('pinecone.admin_2026-04.oas.yaml', [
    '/admin/projects/{project_id}/api-keys',
    '/admin/api-keys/{api_key_id}',
  ]);
  const indexes = readSpec('pinecone.db_control_2026-04.oas.yaml', ['/indexes']);
  const login = readSpec('pinecone.oauth_2026-04.oas.yaml', ['/oauth/token']);
  at(admin, 'components', 'schemas', 'CreateAPIKeyRequest')['additionalProperties'] = false;
  at(login, 'components', 'schemas', 'TokenRequest')['additionalProperties'] = false;
  const list = at(indexes, 'paths', '/indexes', 'get');
  // A key without a role on the control plane is answered 403 (TruffleHog 3ab759fe); the description does not say so.
  at(list, 'responses')['403'] = structuredClone(at(list, 'responses')['401'] ?? {});
  list['security'] ??= indexes['security'] ?? [];
  const api: Spec = {
    ...admin,
    paths: { ...at(admin, 'paths'), '/indexes': { get: list } },
    components: {
      securitySchemes: {
        ...at(admin, 'components', 'securitySchemes'),
        ...at(indexes, 'components', 'securitySchemes'),
      },
      schemas: { ...at(indexes, 'components', 'schemas'), ...at(admin, 'components', 'schemas') },
    },
  };
  return { api, login };
};

describe.skipIf(!hasSpecs)('Pinecone: adapter and simulator keep to the published description', () => {
  let specs: ReturnType<typeof readPineconeSpecs>;
  beforeAll(() => {
    specs = readPineconeSpecs();
  });

  const open = async (options: object = {}, changed: { readonly settings?: object; readonly secret?: string } = {}) => {
    const now = () => instant(Date.UTC(2026, 10, 21));
    // The bare text that the vendor sends for a dead key is not in its description.
    const simulator = await startSimulator(simulatedPinecone, { now, options: { bareRefusals: false, ...options } });
    const api = await startPrism(specs.api, simulator.origin);
    const login = await startPrism(specs.login, simulator.origin);
    closers.push(api.close, login.close, simulator.close);
    const { clientId, clientSecret, projectIds } = simulator.world.options;
    const { http, problems, seen } = watched(
      fetchHttp({ 'https://api.pinecone.io': api.origin, 'https://login.pinecone.io': login.origin }),
    );
    const connection = bind(pinecone, {
      settings: pinecone.settings({ projectId: projectIds[0], ...changed.settings }),
      admin: new SecretValue(JSON.stringify({ clientId, clientSecret: changed.secret ?? clientSecret })),
      http,
      clock: { now, sleep: () => Promise.resolve() },
      tokens: new Map(),
    });
    const { createKey, listKeys, revokeKey, validate } = connection;
    if (!createKey || !listKeys || !revokeKey) throw new TypeError('missing');
    return { operations: { createKey, listKeys, revokeKey, validate }, simulator, problems, seen };
  };
  const name = keyName(rotationId('20261121-contract'), 1);
  const expects = { models: [], permissions: [] };

  it('through the life of a key', async () => {
    const { operations, simulator, problems, seen } = await open();
    const { keyId, value } = await operations.createKey(name);
    expect(await operations.listKeys()).toHaveLength(1);
    simulator.world.tokens.clear();
    expect(await operations.validate({ value, keyId, expects })).toEqual({ kind: 'accepted', findings: [] });
    await operations.revokeKey(keyId);
    await operations.revokeKey(keyId);
    expect(await operations.validate({ value, keyId: null, expects })).toMatchObject({ kind: 'refused' });
    expect(problems).toEqual([]);
    expect(new Set(seen)).toEqual(
      new Set([
        'POST /oauth/token 200',
        'POST /admin/projects/*/api-keys 201',
        'GET /admin/projects/*/api-keys 200',
        'GET /indexes 200',
        'GET /indexes 401',
        'GET /admin/api-keys/* 401',
        'GET /admin/api-keys/* 200',
        'DELETE /admin/api-keys/* 202',
        'DELETE /admin/api-keys/* 404',
      ]),
    );
  });

  it('where quota, role or the admin secret are missing', async () => {
    const full = await open({ maximumKeys: 0 });
    await expect(full.operations.createKey(name)).rejects.toMatchObject({ name: 'NeedsPerson' });
    const narrow = await open({}, { settings: { roles: ['DataPlaneViewer'] } });
    const { keyId, value } = await narrow.operations.createKey(name);
    expect(await narrow.operations.validate({ value, keyId, expects })).toEqual({ kind: 'accepted', findings: [] });
    const stranger = await open({}, { secret: 'somebody-elses' });
    await expect(stranger.operations.listKeys()).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect([...full.problems, ...narrow.problems, ...stranger.problems]).toEqual([]);
  });

  it('and a simulator or an adapter that strays is caught', async () => {
    const { operations, problems } = await open();
    await expect(operations.createKey('x'.repeat(81) as never)).rejects.toMatchObject({ name: 'Refused' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('80');
  });
});
