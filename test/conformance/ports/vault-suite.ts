import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type SecretName, secretName, type VersionId, versionId } from '../../../functions/domain/identifiers.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import type { Vault } from '../../../functions/ports.ts';
import { payloadOf } from './samples.ts';

/** What every vault does: the rules of AWS Secrets Manager, as far as Keyturn leans on them. */
export const vaultSuite = (name: string, open: () => Vault): void => {
  describe(`vault: ${name}`, () => {
    let vault: Vault;
    let secret: SecretName;
    const first = versionId(randomUUID());
    const second = versionId(randomUUID());
    const third = versionId(randomUUID());

    beforeEach(() => {
      vault = open();
      secret = secretName(`keyturn/openai/conformance-${randomUUID()}`);
    });

    const labels = async (): Promise<Record<string, readonly string[]>> =>
      Object.fromEntries(((await vault.describe(secret)) ?? []).map((version) => [version.versionId, version.labels]));
    const store = (version: VersionId, label: string, apiKey = `value-${version}`) =>
      vault.store(secret, version, label, payloadOf(apiKey));
    const valueAt = async (version: VersionId, label: string): Promise<string | undefined> =>
      (await vault.read(secret, version, label))?.apiKey.expose();
    /** Two versions, as they stand before a cut-over. */
    const twoVersions = async (): Promise<void> => {
      await vault.create(secret, {});
      await store(first, 'AWSCURRENT', 'one');
      await store(second, 'keyturn-new-r', 'two');
    };

    it('tells an absent secret from one without versions', async () => {
      expect(await vault.describe(secret)).toBeNull();
      expect(await vault.read(secret, first, 'AWSCURRENT')).toBeNull();
      await vault.create(secret, { 'keyturn:credential': 'chat' });
      expect(await vault.describe(secret)).toEqual([]);
      expect(await vault.read(secret, first, 'AWSCURRENT')).toBeNull();
    });

    it('creates once: again is no failure and changes nothing', async () => {
      await vault.create(secret, {});
      await store(first, 'AWSCURRENT', 'one');
      await vault.create(secret, { other: 'tag' });
      expect(await valueAt(first, 'AWSCURRENT')).toBe('one');
    });

    it('gives AWSCURRENT to the first version, beside the label asked for', async () => {
      await vault.create(secret, {});
      expect(await store(first, 'keyturn-new-r')).toBe('stored');
      expect(await labels()).toEqual({ [first]: ['AWSCURRENT', 'keyturn-new-r'] });
    });

    it('gives a later version only the label asked for', async () => {
      await twoVersions();
      expect(await labels()).toEqual({ [first]: ['AWSCURRENT'], [second]: ['keyturn-new-r'] });
    });

    it('reads the payload back as it was stored', async () => {
      await vault.create(secret, {});
      const payload = payloadOf('sk-"quoted"\\ ä ☂ 🗝');
      await vault.store(secret, first, 'AWSCURRENT', payload);
      const read = await vault.read(secret, first, 'AWSCURRENT');
      expect(read?.apiKey.equals(payload.apiKey)).toBe(true);
      expect(read).toMatchObject({ keyId: payload.keyId, rotationId: payload.rotationId });
    });

    it('reads nothing by a label that the version does not carry', async () => {
      await twoVersions();
      expect(await valueAt(second, 'keyturn-new-r')).toBe('two');
      expect(await valueAt(second, 'AWSCURRENT')).toBeUndefined();
      expect(await valueAt(first, 'keyturn-new-r')).toBeUndefined();
      expect(await valueAt(second, 'AWSPENDING')).toBeUndefined();
      expect(await valueAt(third, 'AWSCURRENT')).toBeUndefined();
    });

    it('keeps the first value of a token, and says so of another', async () => {
      await twoVersions();
      expect(await store(second, 'keyturn-new-r', 'two')).toBe('stored');
      expect(await store(second, 'keyturn-new-r', 'another')).toBe('another-is-stored');
      expect(await valueAt(second, 'keyturn-new-r')).toBe('two');
    });

    it('moves a label that a new version is stored with', async () => {
      await twoVersions();
      await store(third, 'keyturn-new-r', 'three');
      expect(await labels()).toEqual({ [first]: ['AWSCURRENT'], [third]: ['keyturn-new-r'] });
    });

    it('moves AWSPREVIOUS to where AWSCURRENT was', async () => {
      await twoVersions();
      expect(await vault.moveLabel(secret, 'AWSCURRENT', { from: first, to: second })).toBe('moved');
      expect(await labels()).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT', 'keyturn-new-r'] });
      expect(await vault.moveLabel(secret, 'AWSCURRENT', { from: second, to: first })).toBe('moved');
      expect(await labels()).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPREVIOUS', 'keyturn-new-r'] });
    });

    it('answers moved when it was moved before', async () => {
      await twoVersions();
      const cutOver = { from: first, to: second };
      expect(await vault.moveLabel(secret, 'AWSCURRENT', cutOver)).toBe('moved');
      expect(await vault.moveLabel(secret, 'AWSCURRENT', cutOver)).toBe('moved');
      expect(await labels()).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT', 'keyturn-new-r'] });
    });

    it('leaves a label that another has moved', async () => {
      await twoVersions();
      await store(third, 'human', 'three');
      await vault.moveLabel(secret, 'AWSCURRENT', { from: first, to: third });
      const before = await labels();
      expect(await vault.moveLabel(secret, 'AWSCURRENT', { from: first, to: second })).toBe('held-by-another');
      expect(await vault.moveLabel(secret, 'AWSCURRENT', { from: null, to: second })).toBe('held-by-another');
      expect(await vault.moveLabel(secret, 'human', { from: second, to: null })).toBe('held-by-another');
      expect(await vault.moveLabel(secret, 'human', { from: null, to: null })).toBe('held-by-another');
      expect(await vault.moveLabel(secret, 'unknown', { from: first, to: second })).toBe('held-by-another');
      expect(await labels()).toEqual(before);
    });

    it('puts a label that is on none, and takes it away, each as often as asked', async () => {
      await twoVersions();
      const put = { from: null, to: second };
      expect(await vault.moveLabel(secret, 'AWSPENDING', put)).toBe('moved');
      expect(await vault.moveLabel(secret, 'AWSPENDING', put)).toBe('moved');
      expect(await valueAt(second, 'AWSPENDING')).toBe('two');
      const take = { from: second, to: null };
      expect(await vault.moveLabel(secret, 'AWSPENDING', take)).toBe('moved');
      expect(await vault.moveLabel(secret, 'AWSPENDING', take)).toBe('moved');
      expect(await vault.moveLabel(secret, 'AWSPENDING', { from: null, to: null })).toBe('moved');
      expect(await labels()).toEqual({ [first]: ['AWSCURRENT'], [second]: ['keyturn-new-r'] });
    });

    it('shows no version without a label', async () => {
      await twoVersions();
      await vault.moveLabel(secret, 'keyturn-new-r', { from: second, to: null });
      expect(await labels()).toEqual({ [first]: ['AWSCURRENT'] });
      expect(await valueAt(second, 'keyturn-new-r')).toBeUndefined();
    });

    it('keeps a pinned version through two moves of AWSCURRENT', async () => {
      await twoVersions();
      await vault.moveLabel(secret, 'keyturn-old-r', { from: null, to: first });
      await vault.moveLabel(secret, 'AWSCURRENT', { from: first, to: second });
      await store(third, 'keyturn-new-q', 'three');
      await vault.moveLabel(secret, 'AWSCURRENT', { from: second, to: third });
      expect(await labels()).toEqual({
        [first]: ['keyturn-old-r'],
        [second]: ['AWSPREVIOUS', 'keyturn-new-r'],
        [third]: ['AWSCURRENT', 'keyturn-new-q'],
      });
      expect(await valueAt(first, 'keyturn-old-r')).toBe('one');
    });

    it('never takes AWSCURRENT away', async () => {
      await twoVersions();
      const before = await labels();
      const taking = vault.moveLabel(secret, 'AWSCURRENT', { from: first, to: null });
      await expect(taking).rejects.toMatchObject({ name: 'NeedsPerson' });
      expect(await labels()).toEqual(before);
    });

    it('puts no label on a version that is not there', async () => {
      await twoVersions();
      const before = await labels();
      const putting = vault.moveLabel(secret, 'AWSPENDING', { from: null, to: third });
      await expect(putting).rejects.toMatchObject({ name: 'NeedsPerson' });
      expect(await labels()).toEqual(before);
    });

    it('asks for a person when the secret is not there', async () => {
      await expect(store(first, 'AWSCURRENT')).rejects.toMatchObject({ name: 'NeedsPerson' });
      await expect(vault.moveLabel(secret, 'x', { from: null, to: first })).rejects.toMatchObject({
        name: 'NeedsPerson',
      });
      expect(await vault.describe(secret)).toBeNull();
    });

    it('keeps admin secrets, as text', async () => {
      expect(await vault.readAdmin(secret)).toBeNull();
      await vault.writeAdmin(secret, new SecretValue('{"clientId":"a"}'));
      expect((await vault.readAdmin(secret))?.expose()).toBe('{"clientId":"a"}');
      await vault.writeAdmin(secret, new SecretValue('sk-admin'));
      expect((await vault.readAdmin(secret))?.expose()).toBe('sk-admin');
    });

    it.each([
      ['a key alone', 'sk-from-before', 'sk-from-before'],
      ['digits alone', '1234567890123456', '1234567890123456'],
      ['JSON with an apiKey', '{"apiKey":"sk-from-before","note":"by hand"}', 'sk-from-before'],
    ])('reads a version that Keyturn did not write: %s', async (_, text, apiKey) => {
      await vault.writeAdmin(secret, new SecretValue(text));
      const [version] = (await vault.describe(secret)) ?? [];
      expect(version?.labels).toEqual(['AWSCURRENT']);
      const payload = await vault.read(secret, version!.versionId, 'AWSCURRENT');
      expect(payload?.apiKey.expose()).toBe(apiKey);
      expect(payload).toMatchObject({ keyId: null, rotationId: null });
    });

    it('does not guess the key in other JSON', async () => {
      await vault.writeAdmin(secret, new SecretValue('{"password":"hunter2hunter2"}'));
      const [version] = (await vault.describe(secret)) ?? [];
      const reading = vault.read(secret, version!.versionId, 'AWSCURRENT');
      await expect(reading).rejects.toMatchObject({ name: 'NeedsPerson' });
      await expect(reading).rejects.not.toThrow('hunter2');
    });

    it('lets one of many win a label', async () => {
      await vault.create(secret, {});
      const versions = Array.from({ length: 6 }, () => versionId(randomUUID()));
      for (const version of [first, ...versions]) await store(version, `keyturn-new-${version}`);
      const answers = await Promise.all(
        versions.map((to) => vault.moveLabel(secret, 'AWSCURRENT', { from: first, to })),
      );
      const winners = versions.filter((_, index) => answers[index] === 'moved');
      expect(winners).toHaveLength(1);
      expect(await valueAt(winners[0]!, 'AWSCURRENT')).toBe(`value-${winners[0]!}`);
    });
  });
};
