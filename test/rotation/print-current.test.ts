import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { versionId } from '../../functions/domain/identifiers.ts';
import { current } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Ports } from '../../functions/ports.ts';
import { printCurrent } from '../../functions/watch/print-current.ts';
import { type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (...question: Parameters<typeof startRotationWorld>): Promise<RotationWorld> => {
  world = await startRotationWorld(...question);
  return world;
};
afterEach(() => world.close());

const printsOf = async (value: string) => {
  const { fingerprints, ledger } = world.local.ports;
  const { fingerprint } = await fingerprints.of(new SecretValue(value));
  return ledger.findPrints({ fingerprint });
};
const print = (change: Partial<Ports> = {}) => printCurrent(world.credential, { ...world.local.ports, ...change });
const noProvider: Partial<Ports> = { connect: () => Promise.reject(new Error('The provider was asked.')) };

describe('the print of what AWSCURRENT holds', () => {
  it.each([
    ['which the provider names', 'openai'],
    ['whose id stands beside its value', 'pinecone'],
    ['that is in a slot', 'azure-openai'],
  ] as const)('is recorded for a key that a person put there, %s', async (_, provider) => {
    const { seed, credential } = await startWorld(provider);
    const made = await seed();
    expect(await print()).toBe('recorded');
    const [known, ...others] = await printsOf(made.value);
    expect(others).toEqual([]);
    const identified = await (await world.local.ports.connect(credential.target)).identifyKey?.(
      new SecretValue(made.value),
    );
    expect(known).toMatchObject({
      keyId: provider === 'pinecone' ? made.keyId : identified,
      credentialId: credential.id,
      target: credential.target,
      hint: made.value.slice(-4),
    });
  });

  it('is not recorded twice, and the provider is not asked again', async () => {
    const { seed } = await startWorld('openai');
    const made = await seed();
    await print();
    const before = await printsOf(made.value);
    world.advance(60);
    expect(await print(noProvider)).toBe('known');
    expect(await printsOf(made.value)).toEqual(before);
  });

  it('is known after a rotation', async () => {
    const { seed, rotate } = await startWorld('openai');
    await seed();
    await rotate();
    expect(await print(noProvider)).toBe('known');
  });

  it('is none where nothing serves', async () => {
    await startWorld('openai');
    expect(await print(noProvider)).toBe('nothing-serves');
  });

  it('is none for a value that the provider does not know', async () => {
    const { credential, local } = await startWorld('openai');
    const payload = { apiKey: new SecretValue('sk-of-nobody-0123456789'), keyId: null, rotationId: null };
    await local.ports.vault.create(credential.secret, {});
    await local.ports.vault.store(credential.secret, versionId('v-1'), current, payload);
    expect(await print()).toBe('unknown-key');
    expect(await printsOf('sk-of-nobody-0123456789')).toEqual([]);
  });

  it('says so when the key service is away, and records nothing', async () => {
    const { seed } = await startWorld('openai');
    const made = await seed();
    const fingerprints = { of: () => Promise.reject(new Fault('NothingChanged', 'The key service is away.')) };
    await expect(print({ fingerprints })).rejects.toMatchObject({ name: 'NothingChanged' });
    expect(await printsOf(made.value)).toEqual([]);
  });
});
