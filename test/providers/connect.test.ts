import { describe, expect, it } from 'vitest';
import type { Target } from '../../functions/domain/credential.ts';
import { accountId, instant, secretName } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { HttpFailure } from '../../functions/ports.ts';
import { connector, strategyOf } from '../../functions/providers/connect.ts';
import { providerOf, providers } from '../../functions/providers/index.ts';

const target: Target = {
  provider: 'openai',
  account: accountId('openai-production'),
  adminSecret: secretName('keyturn/admin/openai/openai-production'),
  settings: { projectId: 'proj_1', serviceAccountId: 'svc_acct_1' },
};

const adminKey = 'sk-admin-0123456789abcdefghij';

const connect = (admin: string | null, changed: Partial<Target> = {}) =>
  connector({
    vault: { readAdmin: () => Promise.resolve(admin === null ? null : new SecretValue(admin)) },
    http: { send: () => Promise.reject(new HttpFailure('nothing is reached here', false)) },
    clock: { now: () => instant(0), sleep: () => Promise.resolve() },
  })({ ...target, ...changed });

describe('a connection', () => {
  it('has the operations of its provider and no others', async () => {
    const connection = await connect(adminKey);
    expect(Object.keys(connection).sort()).toEqual(['facts', ...Object.keys(providerOf('openai').operations)].sort());
    await expect(connection.listKeys?.()).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it.each([
    ['no admin secret', null, {}, 'keyturn admin set openai-production'],
    ['an admin secret of another form', 'sk-proj-0123456789abcdefghij', {}, 'begins with sk-admin-'],
    ['settings that do not fit', adminKey, { settings: { projectId: 'proj_1' } }, 'serviceAccountId'],
    ['an unknown provider', adminKey, { provider: 'constructor' }, 'There is no provider "constructor"'],
  ])('%s: a person is told', async (_case, admin, changed, says) => {
    const error: unknown = await connect(admin, changed).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'NeedsPerson', message: expect.stringContaining(says) });
    expect(String(error)).not.toContain('0123456789');
  });
});

describe('every provider', () => {
  it.each(Object.entries(providers))('%s goes by its id', (id, provider) => {
    expect(provider.id).toBe(id);
  });

  it('has the strategy that its operations allow', () => {
    expect(
      Object.fromEntries(Object.entries(providers).map(([id, provider]) => [id, strategyOf(provider)])),
    ).toMatchObject({
      anthropic: 'human-created',
      'azure-openai': 'two-slot',
      openai: 'overlap',
      pinecone: 'overlap',
    });
  });
});
