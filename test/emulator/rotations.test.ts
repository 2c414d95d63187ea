import { beforeAll, describe, expect, inject, it } from 'vitest';
import { credentialId } from '../../functions/domain/identifiers.ts';
import { admins } from './admins.ts';
import type { Said } from './operator.ts';
import { worlds } from './register.ts';
import { type Served, worldOf } from './world.ts';

const deployed = inject('deployed');
const afterTheOther = { concurrent: false } as const;

// The providers side by side; of each, one story after the other.
describe.skipIf(deployed === null).concurrent('deployed by cdk deploy, with every call held to its policies', () => {
  let world: ReturnType<typeof worldOf>;
  beforeAll(() => {
    if (deployed !== null) world = worldOf(deployed);
  });

  const liveKeys = async (provider: string): Promise<readonly string[]> =>
    (await world.keysOf(provider)).filter(({ refusedAt }) => refusedAt === null).map(({ id }) => id);
  const rotates = async (credential: string, provider: string): Promise<void> => {
    const before = await world.atRest(credential, provider);
    const { exitCode, text, json } = await world.keyturn(`rotate ${credential}`);
    expect(exitCode, text).toBe(0);
    expect(json).toMatchObject({ outcome: 'Done' });
    const after = await world.atRest(credential, provider);
    const alive = await liveKeys(provider);
    expect(alive).toContain(after.keyId);
    expect(alive).not.toContain(before.keyId);
  };

  /** The new key is killed at the provider when it serves, and before anybody has looked whether it does. */
  const isTakenBack = async (
    credential: string,
    provider: string,
    run: () => Promise<Said>,
    kill: (key: Served) => Promise<unknown>,
  ): Promise<void> => {
    const before = await world.atRest(credential, provider);
    const { ended } = await world.throttled(`keyturn-${provider}-confirm`, async () => {
      const running = run();
      const serving = await world.servedAfter(`keyturn/${provider}/${credential}`, before);
      await kill(serving);
      await world.isRefused(provider, serving.apiKey);
      return { ended: running };
    });
    const { exitCode, text, json } = await ended;
    expect(exitCode, text).toBe(1);
    expect(json).toMatchObject({ outcome: 'RolledBack' });
    expect((await world.atRest(credential, provider)).keyId).toBe(before.keyId);
  };

  describe('OpenAI', () => {
    const [credential, provider] = ['assistant-openai', 'openai'] as const;
    const openai = deployed?.origins['https://api.openai.com'] ?? '';

    it('a key is rotated to its end, and the old one is seen refused', afterTheOther, () =>
      rotates(credential, provider),
    );

    it(
      'an old key that is still used is left to its owner, and dies when that one approves',
      afterTheOther,
      async () => {
        const old = await world.atRest(credential, provider);
        const using = setInterval(() => {
          void fetch(`${openai}/v1/models`, { headers: { authorization: `Bearer ${old.apiKey}` } });
        }, 300);
        const { exitCode, text, json } = await world.keyturn(`rotate ${credential}`);
        expect(exitCode, text).toBe(1);
        expect(json).toMatchObject({ outcome: 'CutOverOldLive' });
        expect(await liveKeys(provider)).toContain(old.keyId);
        clearInterval(using);
        // The schedule may have taken it up meanwhile, and parked it again.
        await world.until(async () => {
          const { rotation } = (await world.ledger.read(credentialId(credential))).record;
          const approved = await world.keyturn(`approve ${rotation?.rotationId ?? ''} --yes`);
          return approved.exitCode === 0 ? approved : null;
        });
        expect(await liveKeys(provider)).toEqual([(await world.atRest(credential, provider)).keyId]);
      },
    );

    it('a leaked key is contained first, and replaced', afterTheOther, async () => {
      const leaked = await world.atRest(credential, provider);
      const { exitCode, text, json } = await world.keyturn(`rotate ${credential} --emergency --contain-first --yes`);
      expect(exitCode, text).toBe(0);
      expect(json).toMatchObject({ outcome: 'Done' });
      const now = await world.atRest(credential, provider);
      expect(now.keyId).not.toBe(leaked.keyId);
      expect(await liveKeys(provider)).toEqual([now.keyId]);
    });

    it('a new key that dies as it begins to serve is taken back', afterTheOther, async () => {
      const kill = ({ keyId }: Served) =>
        fetch(`${openai}/v1/organization/projects/${worlds.openai.projectId}/api_keys/${keyId}`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${admins['openai-demo'] ?? ''}` },
        });
      await isTakenBack(credential, provider, () => world.keyturn(`rotate ${credential}`), kill);
    });
  });

  describe('Pinecone', () => {
    const [credential, provider] = ['search-pinecone', 'pinecone'] as const;

    it('a key is rotated to its end, and the old one is seen refused', afterTheOther, () =>
      rotates(credential, provider),
    );

    it('a provider that makes no key leaves the old one in use', afterTheOther, async () => {
      const before = await world.atRest(credential, provider);
      const path = `${String(worlds.pinecone.projectIds[0])}/api-keys`;
      const fault = { kind: 'status', status: 400, method: 'POST', path };
      await world.controlOf(provider, '/faults', 'POST', fault);
      const { exitCode, json, text } = await world.keyturn(`rotate ${credential}`);
      expect(exitCode, text).toBe(1);
      expect(json).toMatchObject({ outcome: 'RolledBack' });
      expect(await world.atRest(credential, provider)).toEqual(before);
      expect(await liveKeys(provider)).toContain(before.keyId);
    });
  });

  describe('Azure OpenAI', () => {
    const [credential, provider] = ['documents-azure-openai', 'azure-openai'] as const;

    it('a key is rotated to its end, and the old one is seen refused', afterTheOther, () =>
      rotates(credential, provider),
    );

    it(
      'a slot that a person regenerates as it begins to serve is left, and the other serves again',
      afterTheOther,
      async () => {
        const kill = ({ keyId }: Served) =>
          world.controlOf(provider, '/keys', 'POST', { slot: keyId.startsWith('Key1') ? 'Key1' : 'Key2' });
        await isTakenBack(credential, provider, () => world.keyturn(`rotate ${credential}`), kill);
      },
    );
  });

  describe('Anthropic', () => {
    const [credential, provider] = ['support-anthropic', 'anthropic'] as const;
    const made = async (): Promise<string> => (await world.controlOf(provider, '/keys', 'POST')).value;

    it('a key that a person made is handed in, and another one replaces it', afterTheOther, async () => {
      const first = await made();
      const handedIn = await world.keyturn(`submit ${credential}`, first);
      expect(handedIn.exitCode, handedIn.text).toBe(0);
      expect(handedIn.text).not.toContain(first);
      const before = await world.atRest(credential, provider);
      const { exitCode, text } = await world.keyturn(`submit ${credential}`, await made());
      expect(exitCode, text).toBe(0);
      expect((await world.atRest(credential, provider)).keyId).not.toBe(before.keyId);
      expect(await liveKeys(provider)).not.toContain(before.keyId);
    });

    it('one that a person disables as it begins to serve is taken back', afterTheOther, async () => {
      const value = await made();
      const kill = ({ keyId }: Served) =>
        fetch(`${deployed?.origins['https://api.anthropic.com'] ?? ''}/v1/organizations/api_keys/${keyId}`, {
          method: 'POST',
          headers: {
            'x-api-key': admins['anthropic-demo'] ?? '',
            'anthropic-version': '2023-06-01',
            'content-type': 'application/json',
          },
          body: JSON.stringify({ status: 'inactive' }),
        });
      await isTakenBack(credential, provider, () => world.keyturn(`submit ${credential}`, value), kill);
    });
  });
});
