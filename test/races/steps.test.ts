import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { keyId, versionId } from '../../functions/domain/identifiers.ts';
import { current, holderOf, newLabel } from '../../functions/domain/labels.ts';
import type { OpenRotation, RotationRequest } from '../../functions/domain/rotation.ts';
import type { Vault } from '../../functions/ports.ts';
import { runStep } from '../../functions/shell/run-step.ts';
import { begin } from '../../functions/steps/begin.ts';
import { createKey } from '../../functions/steps/create-key.ts';
import { cutOver } from '../../functions/steps/cut-over.ts';
import { finish } from '../../functions/steps/finish.ts';
import { stage } from '../../functions/steps/stage.ts';
import { validate } from '../../functions/steps/validate.ts';
import { versionToken } from '../../functions/steps/version-token.ts';
import { at } from '../conformance/ports/samples.ts';
import { type Ending, firstVersion, openRaces, type RaceWorld, untilItEnds } from './race-world.ts';

const races = openRaces();
afterAll(races.close);

const race = (run: (world: RaceWorld, scheduler: fc.Scheduler) => Promise<void>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => run(await races.world(), scheduler)),
    // Each of them is a rotation on a real store, which waits for the disk.
    { numRuns: 40 },
  );

const recordOf = async ({ ports, credential }: RaceWorld) => (await ports.ledger.read(credential.id)).record;
const startOf = (ending: Ending): unknown => ('output' in ending ? ending.output['start'] : ending.fault);
const outcomeOf = (ending: Ending): unknown => ('output' in ending ? ending.output['outcome'] : ending.fault);
/** Every live key that does not serve can be found again: by its id, or by the name that was written down before. */
const expectNoKeyUnknown = async (world: RaceWorld): Promise<void> => {
  const { rotation, leftovers, pastAttempts } = await recordOf(world);
  const attempts = [...pastAttempts, ...(rotation?.attempts ?? [])];
  for (const [key, name] of world.liveKeys()) {
    const isOnRecord = [...leftovers, ...attempts, rotation?.new].some((known) => known?.keyId === key);
    const isIntended = attempts.some((attempt) => attempt.name === name);
    expect(key === 'key-0' || isOnRecord || isIntended, `${key} ${name}`).toBe(true);
  }
};
/** A rotation that has gone through these steps, in this order, with nobody beside it. */
const rotationThrough = async (
  world: RaceWorld,
  ...through: readonly Parameters<typeof runStep>[0][]
): Promise<RotationRequest> => {
  const request = world.request('prepared');
  for (const step of [begin, ...through]) await runStep(step, request, world.ports);
  return request;
};
const alter = async ({ ports, credential }: RaceWorld, change: Partial<OpenRotation>): Promise<void> => {
  const { record, revision } = await ports.ledger.read(credential.id);
  await ports.ledger.replace({ ...record, rotation: { ...record.rotation!, ...change } }, revision);
};
/** What a person does in the console: reads where AWSCURRENT is, and moves it. */
const moveByHand = async (vault: Vault, { credential }: RaceWorld, to: string) => {
  const from = holderOf((await vault.describe(credential.secret)) ?? [], current);
  return vault.moveLabel(credential.secret, current, { from, to: versionId(to) });
};

describe('Begin', () => {
  it('gives the lease to exactly one of several runs that begin at once', async () => {
    await race(async (world, scheduler) => {
      const requests = ['one', 'two', 'three'].map((name) => world.request(name));
      const ports = world.scheduled(scheduler);
      const endings = await scheduler.waitFor(
        Promise.all(requests.map((request) => untilItEnds(begin, request, ports))),
      );
      const winners = requests.filter((_, place) => startOf(endings[place]!) === 'create');
      expect(winners).toHaveLength(1);
      expect(endings.filter((ending) => startOf(ending) === 'busy')).toHaveLength(2);
      const { lease, rotation, epoch } = await recordOf(world);
      expect([lease?.rotationId, rotation?.rotationId]).toEqual([winners[0]?.rotationId, winners[0]?.rotationId]);
      expect(epoch).toBe(1);
    });
  });

  it('opens a rotation once, however often its start is delivered at once', async () => {
    await race(async (world, scheduler) => {
      const request = world.request('one');
      const ports = world.scheduled(scheduler);
      const deliveries = [1, 2, 3].map(() => untilItEnds(begin, request, ports));
      const endings = await scheduler.waitFor(Promise.all(deliveries));
      expect(endings.map(startOf)).toEqual(['create', 'create', 'create']);
      expect((await recordOf(world)).epoch).toBe(1);
    });
  });

  it('of an emergency takes the lease from a scheduled run, which starts nothing further', async () => {
    await race(async (world, scheduler) => {
      const scheduled = world.request('scheduled');
      const emergency = world.request('leaked', { urgency: 'emergency', leakedKeyId: keyId('key-0') });
      const ports = world.scheduled(scheduler);
      const [, atOnce] = await scheduler.waitFor(
        Promise.all([
          untilItEnds(begin, scheduled, ports).then((ending) =>
            startOf(ending) === 'create' ? untilItEnds(createKey, scheduled, ports) : ending,
          ),
          // Its own tries may all meet a write of the other's; an engine tries for longer.
          untilItEnds(begin, emergency, ports, 10),
        ]),
      );
      // The key that the scheduled run has stored by then is taken up.
      expect(startOf(atOnce)).toMatch(/^(?:create|stage)$/);
      const { lease, rotation } = await recordOf(world);
      expect([lease?.rotationId, rotation?.urgency]).toEqual([emergency.rotationId, 'emergency']);
      const before = world.liveKeys().size;
      expect(await untilItEnds(createKey, scheduled, world.ports)).toEqual({ fault: 'Superseded' });
      expect(world.liveKeys().size).toBe(before);
      expect(await world.currentVersion()).toBe(firstVersion);
      await expectNoKeyUnknown(world);
      const obligations = (await world.ports.ledger.obligations('open')).map(({ rotationId }) => rotationId);
      expect(obligations).toContain(emergency.rotationId);
    });
  });
});

describe('CreateKey, invoked several times at once for one rotation', () => {
  it('stores one key under one token; each other key is a stray that its name tells', async () => {
    await race(async (world, scheduler) => {
      const request = await rotationThrough(world);
      const ports = world.scheduled(scheduler);
      const invocations = [1, 2].map(() => untilItEnds(createKey, request, ports));
      const endings = await scheduler.waitFor(Promise.all(invocations));
      const { secret } = world.credential;
      const token = versionToken(request.rotationId);
      const stored = await world.ports.vault.read(secret, token, newLabel(request.rotationId));
      const { rotation } = await recordOf(world);
      expect(rotation?.new).toEqual({ keyId: stored?.keyId, versionId: token });
      for (const ending of endings) {
        if ('output' in ending) expect(ending.output['newKeyId']).toBe(stored?.keyId);
      }
      const names = [...world.liveKeys().values()];
      expect(new Set(names).size).toBe(names.length);
      await expectNoKeyUnknown(world);
      expect(await world.currentVersion()).toBe(firstVersion);
    });
  });
});

describe('CutOver', () => {
  it('and a person who moves AWSCURRENT: one of them does, and the other is told', async () => {
    await race(async (world, scheduler) => {
      const request = await rotationThrough(world, createKey, stage, validate);
      const theirs = await world.storeByHand('theirs');
      const ports = world.scheduled(scheduler);
      const { secret } = world.credential;
      const [ending, moved] = await scheduler.waitFor(
        Promise.all([
          untilItEnds(cutOver, request, ports),
          ports.vault.moveLabel(secret, current, { from: firstVersion, to: theirs }),
        ]),
      );
      const { rotation } = await recordOf(world);
      if (moved === 'moved') {
        expect(ending).toEqual({ fault: 'Refused' });
        expect(await world.currentVersion()).toBe(theirs);
        expect(rotation?.cutOverAt).toBeNull();
      } else {
        expect(ending).toHaveProperty('output.cutOverAt');
        expect(await world.currentVersion()).toBe(rotation?.new?.versionId);
        expect(rotation?.phase).toBe('cut-over');
      }
    });
  });

  it('invoked twice at once moves it once, and pins the old version', async () => {
    await race(async (world, scheduler) => {
      const request = await rotationThrough(world, createKey, stage, validate);
      const ports = world.scheduled(scheduler);
      const endings = await scheduler.waitFor(Promise.all([1, 2].map(() => untilItEnds(cutOver, request, ports))));
      for (const ending of endings) expect(ending).toHaveProperty('output.cutOverAt');
      const { rotation } = await recordOf(world);
      expect(rotation).toMatchObject({ phase: 'cut-over' });
      expect(await world.currentVersion()).toBe(rotation?.new?.versionId);
      const versions = (await world.ports.vault.describe(world.credential.secret)) ?? [];
      const old = versions.find(({ versionId: version }) => version === firstVersion);
      expect(old?.labels).toContain(`keyturn-old-${request.rotationId}`);
    });
  });
});

describe('Finish, while a person moves AWSCURRENT', () => {
  it.each(['theirs', firstVersion])(
    'to %s: what they did stays, and the rotation is closed or given up',
    async (to) => {
      await race(async (world, scheduler) => {
        const request = await rotationThrough(world, createKey, stage, validate, cutOver);
        await alter(world, { oldKeyProof: { kind: 'value-refused', at: at(0), evidence: 'seen' } });
        await world.storeByHand('theirs');
        const ports = world.scheduled(scheduler);
        const [ending, moved] = await scheduler.waitFor(
          Promise.all([untilItEnds(finish, request, ports), moveByHand(ports.vault, world, to)]),
        );
        expect(moved).toBe('moved');
        expect(await world.currentVersion()).toBe(to);
        const { lease, lastEnded } = await recordOf(world);
        if (outcomeOf(ending) === 'Done') {
          expect([lease, lastEnded?.outcome]).toEqual([null, 'Done']);
        } else {
          expect(ending).toEqual({ fault: 'Superseded' });
          expect(lease?.rotationId).toBe(request.rotationId);
        }
      });
    },
  );

  it('delivered twice at once closes the rotation once', async () => {
    await race(async (world, scheduler) => {
      const request = await rotationThrough(world, createKey, stage, validate, cutOver);
      await alter(world, { oldKeyProof: { kind: 'value-refused', at: at(0), evidence: 'seen' } });
      const ports = world.scheduled(scheduler);
      const endings = await scheduler.waitFor(Promise.all([1, 2].map(() => untilItEnds(finish, request, ports))));
      expect(endings.map(outcomeOf)).toEqual(['Done', 'Done']);
      expect(await recordOf(world)).toMatchObject({ lease: null, rotation: null, epoch: 1 });
      const ends = await world.ports.ledger.ends(world.credential.id, 10);
      expect(new Set(ends.map(({ event }) => event))).toEqual(new Set(['Done']));
    });
  });
});
