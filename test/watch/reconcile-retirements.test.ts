import { afterEach, describe, expect, it } from 'vitest';
import { keyId, versionId } from '../../functions/domain/identifiers.ts';
import { current } from '../../functions/domain/labels.ts';
import type { Retirement } from '../../functions/domain/rotation.ts';
import { reconcile } from '../../functions/watch/reconcile.ts';
import { obligationOf } from '../conformance/ports/samples.ts';
import { overlapSeconds, type ProviderId, type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { options } from './reconciled.ts';

let world: RotationWorld;
afterEach(() => world.close());

/** One pass of what is deployed when the register has the credential no more. */
const pass = async (): Promise<readonly string[]> => {
  const register = { credential: async () => null, credentials: async () => [] };
  const { found, failed } = await reconcile({ ...world.local.ports, register }, options);
  expect(failed).toEqual([]);
  return found.map(({ part, found: what, did }) => `${part}: ${did ?? what}`);
};

/** A credential that was rotated once, and that a person has retired. */
const retired = async (provider: ProviderId, change: Partial<Retirement> = {}) => {
  world = await startRotationWorld(provider);
  world.expectDeadCurrent(true);
  const made = await world.seed();
  const { ports } = world.local;
  const key = keyId(made.keyId);
  const { record, revision } = await ports.ledger.read(world.credential.id);
  const { id, target, secret, owner } = world.credential;
  await ports.ledger.replace(
    {
      ...record,
      serving: { keyId: key, versionId: versionId('11111111-aaaa-4aaa-8aaa-111111111111') },
      lastEntry: { id, target, secret, owner, overlapSeconds },
      retirement: {
        keyId: key,
        askedAt: ports.clock.now(),
        reason: 'not needed',
        sentAt: null,
        refusedAt: null,
        evidence: null,
        ...change,
      },
    },
    revision,
  );
  return made;
};
const recordOf = async () => (await world.local.ports.ledger.read(world.credential.id)).record;
const accepted = (id: string): boolean => world.liveKeys().some((key) => key.id === id);

describe('a retired key', () => {
  it.each([
    ['openai', 'tells of use'],
    ['anthropic', 'tells of use'],
    ['pinecone', 'cannot tell'],
    ['azure-openai', 'cannot tell'],
  ] as const)(
    'of %s, which %s, dies when nobody needs it, is seen refused, and leaves its secret',
    async (provider, tells) => {
      const made = await retired(provider);
      if (tells === 'cannot tell') {
        expect(await pass()).toEqual([expect.stringContaining('it lives for one overlap more')]);
        expect(accepted(made.keyId)).toBe(true);
        world.advance(overlapSeconds);
      }
      expect(await pass()).toEqual(['retirements: revoked it']);
      expect(accepted(made.keyId)).toBe(false);
      world.advance(600);
      expect(await pass()).toEqual(['retirements: recorded the proof']);
      expect(await pass()).toEqual([]);
      expect(await recordOf()).toMatchObject({ serving: null, retirement: { evidence: 'was refused 3 times' } });
      expect(await world.labels()).toHaveProperty(current);
      expect(world.notices.map(({ subject }) => subject)).toEqual([`support-${provider} is retired`]);
      expect(world.leaks()).toEqual([]);
    },
  );

  it('that was revoked before a crash is revoked again, and no proof is taken from a moment’s refusal', async () => {
    const made = await retired('openai', { sentAt: '2020-01-01T00:00:00.000Z' as Retirement['sentAt'] });
    expect(await pass()).toEqual(['retirements: revoked it']);
    expect(accepted(made.keyId)).toBe(false);
  });

  it('lives on while its secret holds another one', async () => {
    const made = await retired('openai');
    const { record, revision } = await world.local.ports.ledger.read(world.credential.id);
    const another = keyId(world.provider.mint({ name: 'another' }).keyId);
    await world.local.ports.ledger.replace(
      { ...record, retirement: record.retirement && { ...record.retirement, keyId: another } },
      revision,
    );
    expect(await pass()).toEqual([expect.stringContaining('its secret holds another key by now')]);
    expect(accepted(made.keyId)).toBe(true);
    expect(accepted(another)).toBe(true);
  });
});

describe('a leaked key of a credential that has left the register', () => {
  it('is stopped all the same, and seen refused by the value that its secret still holds', async () => {
    world = await startRotationWorld('openai');
    world.expectDeadCurrent(true);
    await world.seed();
    expect(await world.rotate()).toBe('Done');
    const { ports } = world.local;
    const { serving } = await recordOf();
    if (serving === null) throw new TypeError('Nothing serves.');
    const at = ports.clock.now();
    const { id: credentialId, target } = world.credential;
    const noRun = { incidentId: null, rotationId: null };
    await ports.ledger.putObligation(
      obligationOf(serving.keyId, { target, credentialId, ...noRun, reportedAt: at, acceptedAt: at }),
    );
    expect((await pass())[0]).toBe('obligations: contained');
    expect(accepted(serving.keyId)).toBe(false);
    world.advance(600);
    expect((await pass())[0]).toBe('obligations: closed: was refused 3 times');
    expect(await ports.ledger.obligations('open')).toEqual([]);
  });
});
