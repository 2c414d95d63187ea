import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type VersionId, versionId } from '../../functions/domain/identifiers.ts';
import { current, holderOf, pending, previous } from '../../functions/domain/labels.ts';
import type { Vault } from '../../functions/ports.ts';
import { payloadOf } from '../conformance/ports/samples.ts';
import { firstVersion, openRaces, type RaceWorld } from './race-world.ts';

const races = openRaces();
afterAll(races.close);

const labelsOf = async ({ ports, credential }: RaceWorld, label: string): Promise<VersionId | null> =>
  holderOf((await ports.vault.describe(credential.secret)) ?? [], label);

describe('the vault, with several at its labels at once', () => {
  it.each([current, pending])('moves %s for exactly one of those who saw it on the same version', async (label) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = await races.world();
        const { secret } = world.credential;
        const movers = await Promise.all(['a', 'b', 'c'].map(world.storeByHand));
        const from = await labelsOf(world, label);
        const { vault } = world.scheduled(scheduler);
        const answers = await scheduler.waitFor(
          Promise.all(movers.map((to) => vault.moveLabel(secret, label, { from, to }))),
        );
        const winners = movers.filter((_, place) => answers[place] === 'moved');
        expect(winners).toEqual([await labelsOf(world, label)]);
        expect(answers.filter((answer) => answer === 'held-by-another')).toHaveLength(2);
        if (label === current) expect(await labelsOf(world, previous)).toBe(firstVersion);
      }),
    );
  });

  it('moves AWSCURRENT along one chain, and AWSPREVIOUS one link behind', async () => {
    /** Looks where it is and moves it on: again while somebody was quicker. Answers with where it was. */
    const moveOn = async (vault: Vault, { credential }: RaceWorld, to: VersionId): Promise<VersionId | null> => {
      for (;;) {
        const from = holderOf((await vault.describe(credential.secret)) ?? [], current);
        if ((await vault.moveLabel(credential.secret, current, { from, to })) === 'moved') return from;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = await races.world();
        const movers = await Promise.all(['a', 'b', 'c'].map(world.storeByHand));
        const { vault } = world.scheduled(scheduler);
        const cameFrom = await scheduler.waitFor(Promise.all(movers.map((to) => moveOn(vault, world, to))));
        const last = await labelsOf(world, current);
        expect(new Set([...cameFrom, last])).toEqual(new Set([firstVersion, ...movers]));
        expect(await labelsOf(world, previous)).toBe(cameFrom[movers.indexOf(last!)]);
      }),
    );
  });

  it('keeps the first of several values under one token, and tells the others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = await races.world();
        const { secret } = world.credential;
        const token = versionId('one-token');
        const values = ['sk-a', 'sk-b', 'sk-a'];
        const { vault } = world.scheduled(scheduler);
        const answers = await scheduler.waitFor(
          Promise.all(values.map((value) => vault.store(secret, token, 'ours', payloadOf(value)))),
        );
        const kept = (await world.ports.vault.read(secret, token, 'ours'))?.apiKey.expose();
        expect(answers).toEqual(values.map((value) => (value === kept ? 'stored' : 'another-is-stored')));
        expect(await labelsOf(world, current)).toBe(firstVersion);
      }),
    );
  });

  it('gives AWSCURRENT to exactly one of the versions that were each the first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = await races.world();
        const { vault } = world.scheduled(scheduler);
        const secret = `${world.credential.secret}-new` as typeof world.credential.secret;
        const versions = ['a', 'b'].map(versionId);
        await scheduler.waitFor(
          Promise.all(
            versions.map(async (version) => {
              await vault.create(secret, {});
              await vault.store(secret, version, `ours-${version}`, payloadOf(version));
            }),
          ),
        );
        const described = (await world.ports.vault.describe(secret)) ?? [];
        expect(described.filter(({ labels }) => labels.includes(current))).toHaveLength(1);
        expect(described.map(({ labels }) => labels.filter((label) => label.startsWith('ours-')).length)).toEqual([
          1, 1,
        ]);
      }),
    );
  });
});
