import { afterEach, describe, expect, it } from 'vitest';
import { keyId, rotationId } from '../../functions/domain/identifiers.ts';
import type { ExecutionState } from '../../functions/ports.ts';
import { startDue } from '../../functions/triggers/start-due.ts';
import { type RotationWorld, startRotationWorld } from '../rotation/rotation-world.ts';
import { deeds, options, reconcileOnce } from './reconciled.ts';

let world: RotationWorld;
const startWorld = async (): Promise<RotationWorld> => {
  world = await startRotationWorld('openai');
  return world;
};
afterEach(() => world.close());

const recordOf = async () => (await world.local.ports.ledger.read(world.credential.id)).record;
const endsOf = () => world.local.ports.ledger.ends(world.credential.id, 10);
const startWhatIsDue = () => startDue(world.local.ports, options);

/** From now on the execution is told of as somebody who stopped it by hand would have it. */
const stop = (state: ExecutionState): void => {
  const { executions } = world.local.ports;
  const { look } = executions;
  Object.assign(executions, {
    look: async (run: Parameters<typeof look>[0]) => {
      const real = await look(run);
      return real.status === 'unknown' ? real : run.rotationId === stoppedRun ? state : real;
    },
  });
};
let stoppedRun = rotationId('');

describe('a run that ended and could not record it', () => {
  it('because the ledger was gone: its own last word is recorded, people are told, its lease is freed', async () => {
    const { seed, start, drive, outcomeOf, local, provider, notices } = await startWorld();
    await seed();
    const { rotationId: run } = await start();
    await drive({ rotationId: run, state: 'Overlap' });
    provider.fail({ kind: 'status', status: 500, method: 'DELETE', times: 1000 });
    const { ledger } = local.ports;
    const whole = { ...ledger };
    const down = (): Promise<never> => Promise.reject(new Error('down'));
    Object.assign(ledger, { read: down, replace: down, append: down });
    await drive();
    Object.assign(ledger, whole);
    provider.heal();
    expect(await outcomeOf(run)).toBe('CutOverOldLive');
    expect((await recordOf()).lease?.rotationId).toBe(run);
    expect(await endsOf()).toEqual([]);

    expect((await reconcileOnce(world, { dryRun: true })).found).toMatchObject([{ part: 'abandoned-runs', did: null }]);
    expect(deeds(await reconcileOnce(world))).toEqual(['abandoned-runs: recorded its end and freed the credential']);
    expect(await recordOf()).toMatchObject({ lease: null, rotation: { endedAs: 'CutOverOldLive' } });
    expect(await endsOf()).toMatchObject([{ rotationId: run, event: 'CutOverOldLive' }]);
    expect(notices.at(-1)).toMatchObject({ rotationId: run, severity: 'action-needed' });
    expect((await reconcileOnce(world)).found).toEqual([]);

    expect((await startWhatIsDue()).started).toHaveLength(1);
    await drive();
    expect((await endsOf())[0]).toMatchObject({ event: 'Done' });
    expect(world.liveKeys()).toHaveLength(1);
  });

  it('because somebody stopped it: a person is paged, and startDue takes up what is left', async () => {
    const { seed, start, drive, notices } = await startWorld();
    await seed();
    ({ rotationId: stoppedRun } = await start());
    await drive({ rotationId: stoppedRun, state: 'Overlap' });
    stop({ status: 'ended', outcome: null });
    expect(deeds(await reconcileOnce(world))).toHaveLength(1);
    expect(await recordOf()).toMatchObject({ lease: null, rotation: { endedAs: null } });
    expect(notices.at(-1)).toMatchObject({ rotationId: stoppedRun, severity: 'action-needed' });
    expect((await startWhatIsDue()).started).toHaveLength(1);
  });

  it('is left alone while it runs, and for a while when its execution cannot be found', async () => {
    const { seed, start, drive, advance } = await startWorld();
    await seed();
    ({ rotationId: stoppedRun } = await start());
    await drive({ rotationId: stoppedRun, state: 'Overlap' });
    expect((await reconcileOnce(world)).found).toEqual([]);
    stop({ status: 'unknown', outcome: null });
    expect((await reconcileOnce(world)).found).toEqual([]);
    advance(options.letCallsLandSeconds);
    expect(deeds(await reconcileOnce(world))).toHaveLength(1);
  });

  it('is recorded once by two passes at once', async () => {
    const { seed, start, drive } = await startWorld();
    await seed();
    ({ rotationId: stoppedRun } = await start());
    await drive({ rotationId: stoppedRun, state: 'Overlap' });
    stop({ status: 'ended', outcome: 'CutOverOldLive' });
    await Promise.all([reconcileOnce(world), reconcileOnce(world), reconcileOnce(world)]);
    expect(await endsOf()).toHaveLength(1);
  });

  it('whose journal alone was lost gets its end there, from what the record says', async () => {
    const { seed, rotate, local, advance } = await startWorld();
    await seed();
    const { ledger } = local.ports;
    const { append } = ledger;
    Object.assign(ledger, {
      append: (entry: Parameters<typeof append>[0]) =>
        entry.step === 'end' ? Promise.reject(new Error('down')) : append(entry),
    });
    await rotate({ urgency: 'emergency', leakedKeyId: keyId('no-such-key') });
    Object.assign(ledger, { append });
    expect((await recordOf()).lastEnded).not.toBeNull();
    expect(await endsOf()).toEqual([]);
    advance(options.letCallsLandSeconds);
    expect(deeds(await reconcileOnce(world))).toContain('abandoned-runs: added it, and told people');
    expect(await endsOf()).toHaveLength(1);
    expect(deeds(await reconcileOnce(world))).toEqual([]);
  });
});
