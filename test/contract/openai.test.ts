import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { instant, keyName, rotationId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { bind } from '../../functions/providers/connect.ts';
import { openai } from '../../functions/providers/openai.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { at, hasSpecs, readSpec, startPrism, watched } from './prism.ts';

const keys = '/organization/projects/{project_id}/api_keys';
const accountKeys = '/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys';
const expiry = { type: 'integer', minimum: 1, maximum: 31_536_000 };

/** OpenAI's description of 2026-08-21, with what has come since (npm openai 7.55.0) and what it leaves out. */
const readOpenaiSpec = () => {
  const spec = readSpec('openai.openapi.yaml', ['/models', keys, `${keys}/{api_key_id}`, accountKeys]);
  const schemas = at(spec, 'components', 'schemas');
  // 7.11.0, 2026-09: keys may expire. A misspelt field must not pass as an unknown one.
  const create = at(schemas, 'CreateProjectServiceAccountApiKeyBody');
  at(create, 'properties')['expires_in_seconds'] = expiry;
  create['additionalProperties'] = false;
  // 7.33.0, 2026-10: keys can be updated.
  const key = at(spec, 'paths', `${keys}/{api_key_id}`);
  key['post'] = {
    operationId: 'update-project-api-key',
    security: [{ AdminApiKeyAuth: [] }],
    parameters: at(key, 'get')['parameters'] ?? [],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: { scopes: { type: 'array', items: { type: 'string' } }, expires_in_seconds: expiry },
            additionalProperties: false,
          },
        },
      },
    },
    responses: structuredClone(at(key, 'get', 'responses')),
  };
  // The description names no refusals but one; they all have the form of ErrorResponse.
  const refusal = {
    description: 'refused',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorResponse' } } },
  };
  for (const path of Object.values(at(spec, 'paths'))) {
    for (const method of ['get', 'post', 'delete']) {
      if (typeof path === 'object' && path !== null && method in path) {
        at({ path }, 'path', method, 'responses')['default'] = refusal;
      }
    }
  }
  // Prism matches paths without the server's own.
  spec['servers'] = [{ url: 'https://api.openai.com' }];
  spec['paths'] = Object.fromEntries(Object.entries(at(spec, 'paths')).map(([path, item]) => [`/v1${path}`, item]));
  return spec;
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe.skipIf(!hasSpecs)('OpenAI: adapter and simulator keep to the published description', () => {
  let spec: ReturnType<typeof readOpenaiSpec>;
  beforeAll(() => {
    spec = readOpenaiSpec();
  });

  const open = async (options: object, settings: object, admin?: string) => {
    let moment = Date.UTC(2026, 10, 21);
    const now = () => instant(moment);
    const simulator = await startSimulator(simulatedOpenai, { now, options: { pageSize: 2, ...options } });
    const prism = await startPrism(spec, simulator.origin);
    closers.push(prism.close, simulator.close);
    const { adminKey, projectId, serviceAccountId } = simulator.world.options;
    const { http, problems, seen } = watched(fetchHttp({ 'https://api.openai.com': prism.origin }));
    const connection = bind(openai, {
      settings: openai.settings({ projectId, serviceAccountId, ...settings }),
      admin: new SecretValue(admin ?? adminKey),
      http,
      clock: { now, sleep: () => Promise.resolve() },
      tokens: new Map(),
    });
    const { createKey, listKeys, readUsage, revokeKey } = connection;
    if (!createKey || !listKeys || !readUsage || !revokeKey) throw new TypeError('missing');
    const advance = (seconds: number) => {
      moment += seconds * 1000;
    };
    return {
      connection,
      operations: { createKey, listKeys, readUsage, revokeKey },
      simulator,
      problems,
      seen,
      now,
      advance,
    };
  };
  const name = (attempt: number) => keyName(rotationId('20261121-contract'), attempt);
  const expects = { models: ['gpt-5.5'], permissions: [] };

  it('through the life of a key', async () => {
    const { connection, operations, simulator, problems, seen, now } = await open({}, {});
    const made = [];
    for (const attempt of [1, 2, 3]) made.push(await operations.createKey(name(attempt)));
    simulator.mint({ owner: 'person' });
    expect(await operations.listKeys()).toHaveLength(4);
    for (const { keyId, value } of made.slice(0, 1)) {
      expect(await connection.validate({ value, keyId, expects })).toEqual({ kind: 'accepted', findings: [] });
      expect(await operations.readUsage({ keyId, since: now() })).toMatchObject({ kind: 'busy' });
      await operations.revokeKey(keyId);
      await operations.revokeKey(keyId);
      expect(await connection.validate({ value, keyId: null, expects })).toMatchObject({ kind: 'refused' });
    }
    expect(problems).toEqual([]);
    expect(new Set(seen)).toEqual(
      new Set([
        'POST /v1/organization/projects/*/service_accounts/*/api_keys 200',
        'GET /v1/organization/projects/*/api_keys 200',
        'GET /v1/organization/projects/*/api_keys/* 200',
        'DELETE /v1/organization/projects/*/api_keys/* 200',
        'DELETE /v1/organization/projects/*/api_keys/* 404',
        'GET /v1/models 200',
        'GET /v1/models 401',
      ]),
    );
  });

  it('with scopes and an expiry, in an organisation whose API does not delete', async () => {
    const old = { deletesServiceAccountKeys: false, maximumKeyLifetimeSeconds: 9000 };
    const { operations, problems, seen, advance } = await open(old, {
      keyExpirySeconds: 9000,
      scopes: ['api.model.read'],
    });
    const { keyId } = await operations.createKey(name(1));
    await expect(operations.revokeKey(keyId)).rejects.toMatchObject({ name: 'NeedsPerson' });
    advance(1);
    await operations.revokeKey(keyId);
    expect(problems).toEqual([]);
    expect(seen).toContain('DELETE /v1/organization/projects/*/api_keys/* 400');
    expect(seen).toContain('POST /v1/organization/projects/*/api_keys/* 200');
  });

  it('where money or the admin key are missing', async () => {
    const poor = await open({ moneyCode: 'credit_balance_exhausted' }, {});
    const { value } = await poor.operations.createKey(name(1));
    expect(await poor.connection.validate({ value, keyId: null, expects })).toMatchObject({
      findings: [{ kind: 'no-money' }],
    });
    const stranger = await open({}, {}, 'sk-admin-somebody-else-0123456789');
    await expect(stranger.operations.listKeys()).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect([...poor.problems, ...stranger.problems]).toEqual([]);
  });

  it('and a simulator or an adapter that strays is caught', async () => {
    const { simulator, problems, connection, operations } = await open({}, {});
    const { keyId, value } = await operations.createKey(name(1));
    const key = simulator.world.keysById.get(keyId);
    if (key === undefined) throw new TypeError('no key');
    Reflect.set(key, 'name', 7);
    await expect(operations.listKeys()).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/VIOLATIONS.*"name"/s);
    await expect(operations.createKey(7 as never)).rejects.toMatchObject({ name: 'Refused' });
    expect(problems).toHaveLength(2);
    expect(await connection.validate({ value, keyId: null, expects })).toMatchObject({ kind: 'accepted' });
  });
});
