import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { awsVault } from '../../functions/aws/vault.ts';
import { secretName, versionId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Vault } from '../../functions/ports.ts';
import { payloadOf } from '../conformance/ports/samples.ts';
import { failure, type Received, type Reply, stubService } from './stub-service.ts';

const secret = secretName('keyturn/openai/chat');
const [old, next] = [
  versionId('11111111-1111-4111-8111-111111111111'),
  versionId('22222222-2222-4222-8222-222222222222'),
];
const canary = 'sk-proj-canary-0123456789abcdef';

const vaultThat = async (
  replies: readonly Reply[],
  { maxAttempts = 1, kmsKeyId }: { maxAttempts?: number; kmsKeyId?: string } = {},
): Promise<{ vault: Vault; received: readonly Received[] }> => {
  const { client, received } = await stubService(replies, maxAttempts);
  return { vault: awsVault({ kmsKeyId }, new SecretsManagerClient(client)), received };
};
const labels = (on: Record<string, readonly string[]>): Reply => ({ status: 200, body: { VersionIdsToStages: on } });
const ok: Reply = { status: 200, body: {} };
const absent = failure(400, 'ResourceNotFoundException');

describe('what a failed call says of the world', () => {
  const store = (vault: Vault) => vault.store(secret, next, 'keyturn-new-r', payloadOf(canary));
  const calls: readonly (readonly [string, 'read' | 'write', (vault: Vault) => Promise<unknown>])[] = [
    ['describe', 'read', (vault) => vault.describe(secret)],
    ['read', 'read', (vault) => vault.read(secret, next, 'AWSCURRENT')],
    ['readAdmin', 'read', (vault) => vault.readAdmin(secret)],
    ['create', 'read', (vault) => vault.create(secret, {})],
    ['store', 'write', store],
    ['moveLabel', 'write', (vault) => vault.moveLabel(secret, 'AWSCURRENT', { from: old, to: next })],
    ['writeAdmin', 'write', (vault) => vault.writeAdmin(secret, new SecretValue(canary))],
  ];
  const failures: readonly (readonly [string, Reply, string, string])[] = [
    ['503', failure(503, 'ServiceUnavailable'), 'NothingChanged', 'OutcomeUnknown'],
    ['500', failure(500, 'InternalServiceError'), 'NothingChanged', 'OutcomeUnknown'],
    ['throttling', failure(400, 'ThrottlingException'), 'NothingChanged', 'OutcomeUnknown'],
    ['a lost answer', 'lost', 'NothingChanged', 'OutcomeUnknown'],
    ['no permission', failure(400, 'AccessDeniedException'), 'NeedsPerson', 'NeedsPerson'],
    ['a disabled KMS key', failure(400, 'DecryptionFailure'), 'NeedsPerson', 'NeedsPerson'],
    ['a limit of the account', failure(400, 'PreconditionNotMetException'), 'NeedsPerson', 'NeedsPerson'],
  ];
  const cases = calls.flatMap(([call, kind, run]) =>
    failures.map(([what, reply, read, write]) => [call, what, kind === 'read' ? read : write, reply, run] as const),
  );

  it.each(cases)('%s after %s: %s', async (_call, _what, name, reply, run) => {
    const { vault } = await vaultThat([reply]);
    await expect(run(vault)).rejects.toMatchObject({ name });
  });

  it('never quotes the service, which quotes the request', async () => {
    const quoting = failure(400, 'ValidationException', `Value '${canary}' at 'secretString' is too long`);
    const { vault } = await vaultThat([quoting]);
    const fault = await store(vault).catch((error: unknown) => error);
    expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain(canary);
    expect((fault as Error).message).toContain('ValidationException');
    expect((fault as Error).cause).toBeUndefined();
  });
});

describe('an answer that was lost', () => {
  it('is answered moved, when the label was moved', async () => {
    const { vault, received } = await vaultThat(
      ['lost', failure(400, 'InvalidParameterException'), labels({ [old]: ['AWSPREVIOUS'], [next]: ['AWSCURRENT'] })],
      { maxAttempts: 2 },
    );
    expect(await vault.moveLabel(secret, 'AWSCURRENT', { from: old, to: next })).toBe('moved');
    const operations = ['UpdateSecretVersionStage', 'UpdateSecretVersionStage', 'DescribeSecret'];
    expect(received.map(({ operation }) => operation)).toEqual(operations);
  });

  it('is answered held-by-another, when a third has it by then', async () => {
    const { vault } = await vaultThat(
      ['lost', failure(400, 'InvalidParameterException'), labels({ [old]: ['x'], third: ['AWSCURRENT'] })],
      { maxAttempts: 2 },
    );
    expect(await vault.moveLabel(secret, 'AWSCURRENT', { from: old, to: next })).toBe('held-by-another');
  });

  it('stores under the same token again', async () => {
    const { vault, received } = await vaultThat(['lost', ok], { maxAttempts: 2 });
    expect(await vault.store(secret, next, 'keyturn-new-r', payloadOf(canary))).toBe('stored');
    expect(received[1]?.body).toBe(received[0]?.body);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      ClientRequestToken: next,
      VersionStages: ['keyturn-new-r'],
    });
  });
});

describe('the requests', () => {
  it('read by version and label together', async () => {
    const { vault, received } = await vaultThat([{ status: 200, body: { SecretString: canary } }]);
    await vault.read(secret, next, 'AWSPENDING');
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      SecretId: secret,
      VersionId: next,
      VersionStage: 'AWSPENDING',
    });
  });

  it('read an admin secret by its label, for the role is bound to it', async () => {
    const { vault, received } = await vaultThat([{ status: 200, body: { SecretString: canary } }]);
    expect((await vault.readAdmin(secret))?.expose()).toBe(canary);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ SecretId: secret, VersionStage: 'AWSCURRENT' });
  });

  it('move by compare-and-swap', async () => {
    const { vault, received } = await vaultThat([ok]);
    await vault.moveLabel(secret, 'AWSCURRENT', { from: old, to: next });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      SecretId: secret,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: old,
      MoveToVersionId: next,
    });
  });

  it('create with the key and the tags, and without a version', async () => {
    const { vault, received } = await vaultThat([absent, ok], { kmsKeyId: 'alias/keyturn' });
    await vault.create(secret, { 'keyturn:credential': 'chat' });
    const sent = JSON.parse(received[1]?.body ?? '') as Record<string, unknown>;
    expect(sent).toMatchObject({
      Name: secret,
      KmsKeyId: 'alias/keyturn',
      Tags: [{ Key: 'keyturn:credential', Value: 'chat' }],
    });
    expect(sent).not.toHaveProperty('SecretString');
  });
});

describe('creating a secret', () => {
  it('asks for no permission when it is there', async () => {
    const { vault, received } = await vaultThat([
      labels({ [old]: ['AWSCURRENT'] }),
      failure(400, 'AccessDeniedException'),
    ]);
    await vault.create(secret, {});
    expect(received.map(({ operation }) => operation)).toEqual(['DescribeSecret']);
  });

  it.each([
    ['another made it at this moment', failure(400, 'ResourceExistsException'), undefined],
    ['no answer came', 'lost', 'OutcomeUnknown'],
    ['it is denied', failure(400, 'AccessDeniedException'), 'NeedsPerson'],
  ] as const)('when %s', async (_, reply, name) => {
    const { vault } = await vaultThat([absent, reply]);
    const creating = vault.create(secret, {}).catch((error: unknown) => (error as Error).name);
    expect(await creating).toBe(name);
  });
});

describe('what Secrets Manager shows', () => {
  it('is not taken for absent while it is scheduled for deletion', async () => {
    const { vault } = await vaultThat([{ status: 200, body: { DeletedDate: 1_762_000_000, VersionIdsToStages: {} } }]);
    await expect(vault.describe(secret)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('is not taken for absent while it has not settled', async () => {
    const { vault } = await vaultThat([
      failure(400, 'ResourceNotFoundException'),
      labels({ [next]: ['AWSCURRENT', 'keyturn-new-r'] }),
    ]);
    await expect(vault.read(secret, next, 'keyturn-new-r')).rejects.toMatchObject({ name: 'NothingChanged' });
  });

  it('must be text', async () => {
    const { vault } = await vaultThat([{ status: 200, body: { SecretBinary: 'AAECAw==' } }]);
    await expect(vault.readAdmin(secret)).rejects.toMatchObject({ name: 'NeedsPerson' });
  });
});
