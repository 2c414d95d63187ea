import { beforeAll, describe, expect, inject, it } from 'vitest';
import { credentialId } from '../../functions/domain/identifiers.ts';
import { credentialOf, projectOf } from './register.ts';
import { worldOf } from './world.ts';

const deployed = inject('deployed');

describe.skipIf(deployed === null).concurrent('what runs on a clock of its own', () => {
  let world: ReturnType<typeof worldOf>;
  beforeAll(() => {
    if (deployed !== null) world = worldOf(deployed);
  });

  it('removes a key that was made and whose answer was lost, and leaves every other', async () => {
    const credential = credentialOf('stray');
    await world.atRest(credential, 'pinecone');
    const alive = async (): Promise<readonly string[]> =>
      (await world.keysOf('pinecone'))
        .filter(({ name, refusedAt }) => refusedAt === null && name?.includes(credential))
        .map(({ id }) => id);
    const path = `${projectOf('stray')}/api-keys`;
    await world.controlOf('pinecone', '/faults', 'POST', { kind: 'lost-response', method: 'POST', path });
    const { exitCode, text } = await world.keyturn(`rotate ${credential}`);
    expect(exitCode, text).toBe(0);
    const { keyId: serving } = await world.atRest(credential, 'pinecone');
    const [stray = '', ...more] = (await alive()).filter((id) => id !== serving);
    expect(more).toEqual([]);

    // At least a quarter of an hour in a deployment, so that no call in flight is taken for lost.
    await world.withEnvironment('keyturn-pinecone-sweep-strays', { KEYTURN_STRAY_GRACE_SECONDS: '0' });
    // While a new key waits to serve, which is not another one.
    const running = world.keyturn(`rotate ${credential}`);
    const made = await world.until(async () => (await alive()).find((id) => id !== serving && id !== stray) ?? null);
    await world.throttled('keyturn-pinecone-cut-over', () => world.wake('keyturn-pinecone-sweep-strays'));
    const left = await alive();
    expect(left).not.toContain(stray);
    expect(left).toContain(made);
    const done = await running;
    expect(done.exitCode, done.text).toBe(0);
    expect(await alive()).toEqual([made]);
  });

  it('puts AWSCURRENT back when the new key dies within its overlap, and replaces a key that dies alone', async () => {
    const credential = credentialOf('dead');
    const secret = `keyturn/pinecone/${credential}`;
    const before = await world.atRest(credential, 'pinecone');
    const running = world.keyturn(`rotate ${credential}`);
    // In its overlap, when both keys live.
    const dying = await world.until(async () => {
      const { rotation } = (await world.ledger.read(credentialId(credential))).record;
      return rotation?.phase === 'confirmed' ? (rotation.new?.keyId ?? null) : null;
    });
    await world.killAtPinecone(dying);
    await world.until(async () => {
      await world.wake('keyturn-pinecone-reconcile');
      return (await world.served(secret))?.keyId === before.keyId ? 'healed' : null;
    });
    expect((await running).json).toMatchObject({ outcome: 'Superseded' });

    await world.atRest(credential, 'pinecone');
    await world.killAtPinecone(before.keyId);
    await world.wake('keyturn-pinecone-reconcile');
    await world.servedAfter(secret, before);
    const { keyId } = await world.atRest(credential, 'pinecone');
    const keys = await world.keysOf('pinecone');
    expect(keys.find(({ id }) => id === keyId)?.refusedAt).toBeNull();
  });
});
