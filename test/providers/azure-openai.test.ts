import { afterEach, describe, expect, it } from 'vitest';
import { instant, keyId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { type AzureOpenaiOptions, simulatedAzureOpenai } from '../../functions/local/simulated/azure-openai.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { azureOpenai } from '../../functions/providers/azure-openai.ts';
import { bind } from '../../functions/providers/connect.ts';
import { slotKeyId, slotOf } from '../../functions/providers/slot-key-id.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { type ScriptedAnswer, scripted } from './scripted.ts';

const nothing = { models: [], permissions: [] };

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A resource, and what the adapter sees of it. */
const open = async (options: Partial<AzureOpenaiOptions> = {}, settings: object = {}, secret?: string) => {
  let now = Date.UTC(2026, 10, 21);
  const simulator = await startSimulator(simulatedAzureOpenai, { now: () => instant(now), options });
  closers.push(simulator.close);
  const { tenantId, clientId, clientSecret, subscriptionId, resourceGroup, resourceName } = simulator.world.options;
  const connection = bind(azureOpenai, {
    settings: azureOpenai.settings({ subscriptionId, resourceGroup, resourceName, ...settings }),
    admin: new SecretValue(JSON.stringify({ tenantId, clientId, clientSecret: secret ?? clientSecret })),
    http: fetchHttp(simulator.origins),
    clock: { now: () => instant(now), sleep: () => Promise.resolve() },
    tokens: new Map(),
  });
  const { listSlots, regenerateSlot, identifyKey, containKey } = connection;
  if (!listSlots || !regenerateSlot || !identifyKey || !containKey) throw new TypeError('An operation is missing.');
  return {
    simulator,
    world: simulator.world,
    operations: { validate: connection.validate, listSlots, regenerateSlot, identifyKey, containKey },
    advance: (seconds: number) => {
      now += seconds * 1000;
    },
    asked: (path: string) => simulator.requests.filter((request) => request.path.includes(path)).length,
  };
};

const account = {
  settings: { subscriptionId: 'sub-1', resourceGroup: 'Group(1)', resourceName: 'Res-1' },
  admin: JSON.stringify({ tenantId: 'a/tenant', clientId: 'c', clientSecret: 's' }),
};
const answering = (...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]) =>
  scripted(azureOpenai, account, ...answers);
const token = { status: 200, body: { access_token: 'eyJ.token', expires_in: '3599' } };
const bothKeys = { status: 200, body: { key1: 'value-1', key2: 'value-2' } };

const valuesOf = (slots: readonly { readonly value: SecretValue }[]): readonly string[] =>
  slots.map(({ value }) => value.expose());

describe('a slot and the id of what it holds', () => {
  const value = new SecretValue('0123456789abcdef0123456789abcdef');

  // Computed with openssl. If it ever changes, every stored key id is void.
  it('is the same for the same value, and tells slots and values apart', () => {
    expect(slotKeyId('Key1', value)).toBe('Key1:fd0131abf3adf2aa');
    expect(slotKeyId('Key2', value)).not.toBe(slotKeyId('Key1', value));
    expect(slotKeyId('Key1', new SecretValue('fedcba9876543210fedcba9876543210'))).not.toBe(slotKeyId('Key1', value));
  });

  it('tells the slot again', () => {
    expect(slotOf(slotKeyId('Key2', value))).toBe('Key2');
    expect(slotOf(keyId('key_abc'))).toBeNull();
  });
});

describe('slots', () => {
  it('are listed with what they hold', async () => {
    const { simulator, operations } = await open();
    const slots = await operations.listSlots();
    expect(slots.map(({ name }) => name)).toEqual(['Key1', 'Key2']);
    expect(slots.map((slot) => slot.keyId)).toEqual(simulator.keys().map(({ id }) => id));
    expect(valuesOf(slots)).toEqual(simulator.keys().map(({ value }) => value));
  });

  it('get a new value one at a time, and the old one dies at once', async () => {
    const { operations } = await open();
    const [key1, key2] = await operations.listSlots();
    const after = await operations.regenerateSlot('Key2');
    expect(valuesOf(after)[0]).toBe(key1?.value.expose());
    expect(after[1]?.keyId).not.toBe(key2?.keyId);
    for (const [slot, kind] of [
      [key1, 'accepted'],
      [key2, 'refused'],
      [after[1], 'accepted'],
    ] as const) {
      const value = slot?.value ?? new SecretValue('');
      expect((await operations.validate({ value, keyId: null, expects: nothing })).kind).toBe(kind);
    }
  });

  it('show the new value when the answer to a regeneration is lost', async () => {
    const { simulator, operations } = await open();
    const before = await operations.listSlots();
    simulator.fail({ kind: 'lost-response', path: '/regenerateKey' });
    await expect(operations.regenerateSlot('Key2')).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    const after = await operations.listSlots();
    expect(after[0]?.keyId).toBe(before[0]?.keyId);
    expect(after[1]?.keyId).not.toBe(before[1]?.keyId);
  });

  it.each([
    ['dropped-request', undefined, 'OutcomeUnknown'],
    ['malformed', undefined, 'OutcomeUnknown'],
    ['status-after-effect', 500, 'OutcomeUnknown'],
    ['status', 429, 'NothingChanged'],
    ['status', 409, 'NothingChanged'],
    ['status', 400, 'Refused'],
    ['status', 403, 'NeedsPerson'],
  ] as const)('regenerated under %s %s is %s', async (kind, status, fault) => {
    const { simulator, operations } = await open();
    simulator.fail({ kind, path: '/regenerateKey', ...(status !== undefined && { status }) });
    await expect(operations.regenerateSlot('Key1')).rejects.toMatchObject({ name: fault });
  });

  it('are asked for at the declared resource, with the token', async () => {
    const { connection, sent } = answering(token, bothKeys);
    await connection.listSlots?.();
    await connection.regenerateSlot?.('Key2');
    const resource =
      'https://management.azure.com/subscriptions/sub-1/resourceGroups/Group(1)/providers/Microsoft.CognitiveServices/accounts/Res-1';
    const headers = { authorization: 'Bearer eyJ.token' };
    expect(sent).toMatchObject([
      { method: 'POST', url: 'https://login.microsoftonline.com/a%2Ftenant/oauth2/v2.0/token' },
      { method: 'POST', url: `${resource}/listKeys?api-version=2025-09-01`, headers },
      {
        method: 'POST',
        url: `${resource}/regenerateKey?api-version=2025-09-01`,
        headers,
        body: '{"keyName":"Key2"}',
      },
    ]);
  });

  it.each([{ key1: 'value-1' }, { key1: 'value-1', key2: '' }, { key1: null, key2: 'value-2' }])(
    'are both there, or nothing was listed: %j',
    async (body) => {
      const { connection } = answering(token, { status: 200, body });
      await expect(connection.listSlots?.()).rejects.toMatchObject({ name: 'NothingChanged' });
    },
  );

  it('are refused when the vendor has no such slot, and nothing is asked', async () => {
    const { operations, asked } = await open();
    await expect(operations.regenerateSlot('Key3')).rejects.toMatchObject({ name: 'Refused' });
    expect(asked('')).toBe(0);
  });
});

describe('identify', () => {
  it('finds the slot that holds a value, and says so when neither does', async () => {
    const { simulator, operations } = await open();
    const [key1, key2] = simulator.keys();
    expect(await operations.identifyKey(new SecretValue(key1?.value ?? ''))).toBe(key1?.id);
    expect(await operations.identifyKey(new SecretValue(key2?.value ?? ''))).toBe(key2?.id);
    simulator.mint({ slot: 'Key1' });
    expect(await operations.identifyKey(new SecretValue(key1?.value ?? ''))).toBeNull();
  });
});

describe('contain', () => {
  it('kills the value that leaked, and nothing that came after it', async () => {
    const { simulator, operations, asked } = await open();
    const [key1, key2] = await operations.listSlots();
    const leaked = key1?.keyId ?? keyId('');
    await operations.containKey(leaked);
    const contained = await operations.listSlots();
    expect(contained[0]?.keyId).not.toBe(leaked);
    expect(contained[1]?.keyId).toBe(key2?.keyId);
    await operations.containKey(leaked);
    expect(valuesOf(await operations.listSlots())).toEqual(valuesOf(contained));
    expect(asked('/regenerateKey')).toBe(1);
    expect(simulator.keys().filter(({ refusedAt }) => refusedAt === null)).toHaveLength(2);
  });

  it('does not take an id of another form for a key that is gone', async () => {
    const { operations, asked } = await open();
    await expect(operations.containKey(keyId('apikey_01abc'))).rejects.toMatchObject({ name: 'Refused' });
    expect(asked('')).toBe(0);
  });

  it('does not take a failed look for a key that is gone', async () => {
    const { simulator, operations } = await open();
    const id = keyId(simulator.keys()[0]?.id ?? '');
    simulator.fail({ kind: 'status', status: 500, path: '/listKeys' });
    await expect(operations.containKey(id)).rejects.toMatchObject({ name: 'NothingChanged' });
  });
});

describe('the access token', () => {
  it('is asked for as a form, with every character of the secret intact', async () => {
    const clientSecret = 'a+b&c=d %~"é';
    const { world, operations } = await open({ clientSecret });
    await operations.listSlots();
    expect(world.tokenRequests).toEqual([
      {
        contentType: 'application/x-www-form-urlencoded',
        body: {
          grant_type: 'client_credentials',
          client_id: world.options.clientId,
          client_secret: clientSecret,
          scope: 'https://management.azure.com/.default',
        },
      },
    ]);
  });

  it('serves until a minute before its end', async () => {
    const { operations, asked, advance } = await open({ tokenLivesSeconds: 600 });
    await operations.listSlots();
    advance(539);
    await operations.listSlots();
    expect(asked('/token')).toBe(1);
    advance(1);
    await operations.listSlots();
    expect(asked('/token')).toBe(2);
  });

  it('that ends in the middle of a run is no reason to call a person', async () => {
    const { world, operations, asked } = await open();
    const [before] = await operations.listSlots();
    for (const [index, token] of world.tokens.entries()) world.tokens[index] = { ...token, expiresAt: instant(0) };
    await expect(operations.regenerateSlot('Key1')).rejects.toMatchObject({ name: 'NothingChanged' });
    const [after] = await operations.regenerateSlot('Key1');
    expect(after?.keyId).not.toBe(before?.keyId);
    expect(asked('/token')).toBe(2);
  });

  it('is not given for a wrong secret: a person must mend it, and the secret is not told', async () => {
    const { operations } = await open({}, {}, 'the-wrong-secret');
    const fault = await operations.listSlots().catch((caught: unknown) => caught);
    expect(fault).toMatchObject({ name: 'NeedsPerson', message: expect.stringContaining('invalid_client') });
    expect(String(fault)).not.toContain('the-wrong-secret');
    await expect(operations.regenerateSlot('Key1')).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('that is turned down, and has not run out, is a task for a person', async () => {
    const turnedDown = { status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } };
    const { connection, sent } = answering(token, turnedDown);
    await expect(connection.listSlots?.()).rejects.toMatchObject({ name: 'NeedsPerson' });
    await expect(connection.listSlots?.()).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(sent).toHaveLength(3);
  });

  it.each([
    ['no text', { access_token: '', expires_in: 3599 }],
    ['no end', { access_token: 'eyJ.token' }],
    ['an end that is past', { access_token: 'eyJ.token', expires_in: 0 }],
    ['an end beyond any date', { access_token: 'eyJ.token', expires_in: 9e15 }],
  ])('with %s is none', async (_case, body) => {
    const { connection, sent } = answering({ status: 200, body });
    await expect(connection.regenerateSlot?.('Key1')).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(sent).toHaveLength(1);
  });

  it('that cannot be fetched leaves a regeneration undone, and says so', async () => {
    const { simulator, operations, asked } = await open();
    simulator.fail({ kind: 'lost-response', path: '/token' });
    await expect(operations.regenerateSlot('Key1')).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(asked('/regenerateKey')).toBe(0);
  });
});

describe('the admin secret', () => {
  it.each<[string, ScriptedAnswer]>([
    ['refused', { status: 401, body: { error: 'invalid_client' } }],
    ['refused', { status: 400, body: { error: 'unauthorized_client' } }],
    ['unclear', { status: 400, body: { error: 'invalid_scope' } }],
    ['unclear', { status: 401 }],
    ['unclear', { status: 503, body: '<html>' }],
    ['accepted', token],
  ])('is %s after %j', async (kind, answer) => {
    const { connection, sent } = answering(answer);
    expect((await connection.validateAdmin?.())?.kind).toBe(kind);
    expect(sent).toHaveLength(1);
  });
});

describe('validate', () => {
  it.each<[string, ScriptedAnswer, string]>([
    ['no answer', 'lost', 'Azure gave no complete answer'],
    ['an empty 502', { status: 502 }, 'Azure answered HTTP 502'],
    [
      'a 401 of the management plane',
      { status: 401, body: { error: { code: 'Unauthorized' } } },
      'Azure answered HTTP 401 Unauthorized',
    ],
    ['a 403 that calls itself 401', { status: 403, body: { error: { code: 401 } } }, 'Azure answered HTTP 403 401'],
    ['an error that looks like a list', { status: 500, body: { data: [] } }, 'Azure answered HTTP 500'],
    ['a list of something else', { status: 200, body: { models: [] } }, 'Azure answered HTTP 200'],
  ])('says neither under %s, and what it saw', async (_case, answer, evidence) => {
    const { connection } = answering(answer);
    const verdict = await connection.validate({ value: new SecretValue('value'), keyId: null, expects: nothing });
    expect(verdict).toEqual({ kind: 'unclear', evidence });
  });

  it.each([
    [undefined, 'https://Res-1.openai.azure.com/openai/models?api-version=2024-10-21'],
    ['https://gateway.example//', 'https://gateway.example/openai/models?api-version=2024-10-21'],
    ['https://gateway.example/azure/', 'https://gateway.example/azure/openai/models?api-version=2024-10-21'],
  ])('asks where the resource answers: %s', async (endpoint, url) => {
    const settings = { ...account.settings, ...(endpoint !== undefined && { endpoint }) };
    const { connection, sent } = scripted(
      azureOpenai,
      { ...account, settings },
      { status: 401, body: { error: { code: '401' } } },
    );
    const verdict = await connection.validate({ value: new SecretValue('value'), keyId: null, expects: nothing });
    expect(verdict).toEqual({ kind: 'refused', evidence: 'Azure answered HTTP 401 401' });
    expect(sent).toMatchObject([{ method: 'GET', url, headers: { 'api-key': 'value' } }]);
  });

  const openWithKey = async (options: Partial<AzureOpenaiOptions> = {}, settings: object = {}) => {
    const resource = await open(options, settings);
    return { ...resource, value: new SecretValue(resource.simulator.keys()[0]?.value ?? '') };
  };

  it('accepts a slot’s value and looks for the declared models', async () => {
    const { operations, value } = await openWithKey({ models: ['gpt-4o-2024-11-20'] });
    const expects = { models: ['gpt-4o-2024-11-20', 'o9'], permissions: [] };
    expect(await operations.validate({ value, keyId: null, expects })).toEqual({
      kind: 'accepted',
      findings: [{ kind: 'model-missing', detail: 'The resource does not list the declared model o9.' }],
    });
  });

  it('says that a permission cannot be had', async () => {
    const { operations, value } = await openWithKey();
    const expects = { models: [], permissions: ['read'] };
    expect(await operations.validate({ value, keyId: null, expects })).toMatchObject({
      kind: 'accepted',
      findings: [{ kind: 'permission-missing' }],
    });
  });

  it.each([
    ['a closed network', { kind: 'status', status: 403 }],
    ['an outage', { kind: 'status', status: 503 }],
    ['a lost answer', { kind: 'lost-response' }],
    ['half an answer', { kind: 'malformed' }],
    ['a 401 that is not of the data plane', { kind: 'status', status: 401 }],
    ['a throttle', { kind: 'status', status: 429 }],
  ] as const)('under %s says neither', async (_, fault) => {
    const { simulator, operations, value } = await openWithKey();
    simulator.fail({ ...fault, path: '/openai/models' });
    expect((await operations.validate({ value, keyId: null, expects: nothing })).kind).toBe('unclear');
  });

  it('behind the resource’s own network rules is unclear', async () => {
    const { operations, value } = await openWithKey({ isNetworkClosed: true });
    expect((await operations.validate({ value, keyId: null, expects: nothing })).kind).toBe('unclear');
  });

  it('asks the declared endpoint', async () => {
    const { operations, value, asked } = await openWithKey({}, { endpoint: 'https://elsewhere.example.invalid' });
    expect((await operations.validate({ value, keyId: null, expects: nothing })).kind).toBe('unclear');
    expect(asked('/openai/models')).toBe(0);
  });
});

it('the resource is where keys live and what holds them, however its name is written', () => {
  const resource = 'sub-1/group(1)/res-1';
  expect(azureOpenai.identity?.(azureOpenai.settings(account.settings))).toEqual({ scope: resource, holder: resource });
});

describe('what a person wrote', () => {
  it('is refused by name and never quoted', () => {
    expect(() => azureOpenai.settings({ subscriptionId: 's', resourceGroup: 'g' })).toThrow(/resourceName/);
    expect(() => azureOpenai.settings({ subscriptionId: 'a/b', resourceGroup: 'g', resourceName: 'r' })).toThrow(
      /subscriptionId/,
    );
    const plain = { subscriptionId: 's', resourceGroup: 'g', resourceName: 'r' };
    expect(() => azureOpenai.settings({ ...plain, endpoint: 'http://r.example.com' })).toThrow(/endpoint/);
    expect(() => azureOpenai.settings({ ...plain, resourceGruop: 'g' })).toThrow(/resourceGruop/);
    for (const text of [
      'canary-secret',
      '{"clientSecret":"canary-secret"}',
      '{"tenantId":"t","clientId":1,"clientSecret":"canary-secret"}',
    ]) {
      expect(() => {
        azureOpenai.admin(new SecretValue(text));
      }).toThrow(/^(?!.*canary).*tenantId, clientId and clientSecret/);
    }
  });

  it('and that names another account stops at a person', async () => {
    const { operations } = await open({}, { resourceName: 'somebody-elses' });
    await expect(operations.listSlots()).rejects.toMatchObject({
      name: 'NeedsPerson',
      message: expect.stringContaining('resourceName'),
    });
  });
});
