import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../functions/domain/fault.ts';
import { keyId } from '../../functions/domain/identifiers.ts';
import { newLabel } from '../../functions/domain/labels.ts';
import type { RotationRequest } from '../../functions/domain/rotation.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Ports } from '../../functions/ports.ts';
import { runStep } from '../../functions/shell/run-step.ts';
import { begin } from '../../functions/steps/begin.ts';
import { createKey } from '../../functions/steps/create-key.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { type ProviderId, type RotationWorld, startRotationWorld } from './rotation-world.ts';

let world: RotationWorld;
const startWorld = async (provider: ProviderId): Promise<RotationWorld> => {
  world = await startRotationWorld(provider);
  return world;
};
afterEach(() => world.close());

const printsOf = async (value: string | null) => {
  const { fingerprints, ledger } = world.local.ports;
  const { fingerprint } = await fingerprints.of(new SecretValue(value ?? ''));
  return ledger.findPrints({ fingerprint });
};
const rotationOf = async () => (await world.local.ports.ledger.read(world.credential.id)).record.rotation;

/** A rotation that has begun, and that nobody drives yet. */
const begun = async (): Promise<RotationRequest> => {
  await world.seed();
  const request = world.request();
  await runStep(begin, request, world.local.ports);
  return request;
};
const goOn = async (request: RotationRequest): Promise<string> => {
  await world.local.ports.executions.start(request);
  await world.drive();
  return world.outcomeOf(request.rotationId);
};
const create = (request: RotationRequest, change: Partial<Ports>) =>
  runStep(createKey, request, { ...world.local.ports, ...change });

describe('the key that serves after a rotation is known by its print', () => {
  it.each(['openai', 'pinecone', 'azure-openai'] as const)('%s', async (provider) => {
    const { seed, rotate, currentValue, labels, credential, leaks } = await startWorld(provider);
    const old = await seed();
    expect(await rotate()).toBe('Done');
    const [print, ...others] = await printsOf(await currentValue());
    expect(others).toEqual([]);
    const { AWSCURRENT } = await labels();
    expect(print).toMatchObject({ keyId: AWSCURRENT, credentialId: credential.id, target: credential.target });
    expect(print?.hint).toBe((await currentValue())?.slice(-4));
    expect(await printsOf(old.value)).toEqual([]);
    expect(leaks()).toEqual([]);
  });

  it('the first of a credential', async () => {
    const { rotate, currentValue } = await startWorld('openai');
    expect(await rotate()).toBe('Done');
    expect(await printsOf(await currentValue())).toHaveLength(1);
  });

  it('one that a person made', async () => {
    const { seed, request, local, credential, provider, drive, outcomeOf } = await startWorld('anthropic');
    await seed();
    const made = provider.mint({ name: 'made in the Console' });
    const { rotationId, ...wish } = request();
    const payload = { apiKey: new SecretValue(made.value), keyId: keyId(made.keyId), rotationId };
    await local.ports.vault.store(credential.secret, versionToken(rotationId), newLabel(rotationId), payload);
    await local.ports.executions.start({ rotationId, ...wish });
    await drive();
    expect(await outcomeOf(rotationId)).toBe('Done');
    expect(await printsOf(made.value)).toMatchObject([{ keyId: made.keyId }]);
  });
});

describe('the print of a new key', () => {
  it('is on record before the rotation moves on', async () => {
    await startWorld('openai');
    const request = await begun();
    const { ledger } = world.local.ports;
    const written: string[] = [];
    const watched: Ports['ledger'] = {
      ...ledger,
      putPrint: (print) => {
        written.push('print');
        return ledger.putPrint(print);
      },
      replace: (record, revision) => {
        written.push(record.rotation?.phase ?? '');
        return ledger.replace(record, revision);
      },
    };
    await create(request, { ledger: watched });
    expect(written).toEqual(['creating', 'print', 'created']);
  });

  it.each([
    ['NothingChanged', 'OutcomeUnknown'],
    ['NeedsPerson', 'NeedsPerson'],
  ] as const)(
    'holds the rotation up when the key service says %s; it goes on with the same key',
    async (said, told) => {
      await startWorld('openai');
      const request = await begun();
      const fingerprints = { of: () => Promise.reject(new Fault(said, 'The key service is away.')) };
      const creating = create(request, { fingerprints });
      await expect(creating).rejects.toMatchObject({ name: told });
      await expect(creating).rejects.toThrow(/made and stored, but .* not on record.*The key service is away\.$/);
      const held = await rotationOf();
      expect(held).toMatchObject({ phase: 'creating', new: null });
      const [made] = world.liveKeys().filter(({ id }) => id === held?.attempts[0]?.keyId);
      expect(made).toBeDefined();
      expect(await goOn(request)).toBe('Done');
      expect(await world.labels()).toEqual({ AWSCURRENT: made?.id });
      expect(await printsOf(made?.value ?? '')).toHaveLength(1);
    },
  );

  it('is written again, without harm, by a retry after a crash', async () => {
    await startWorld('openai');
    const request = await begun();
    const { ledger } = world.local.ports;
    const crash: Ports['ledger'] = {
      ...ledger,
      replace: (record, revision) =>
        record.rotation?.phase === 'created' ? Promise.reject(new Error('crash')) : ledger.replace(record, revision),
    };
    await expect(create(request, { ledger: crash })).rejects.toThrow('unforeseen');
    const [made] = world.liveKeys().slice(-1);
    const before = await printsOf(made?.value ?? '');
    expect(before).toHaveLength(1);
    world.advance(5);
    expect(await goOn(request)).toBe('Done');
    expect(await printsOf(await world.currentValue())).toEqual(before);
  });
});
