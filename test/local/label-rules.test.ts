import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { secretName, versionId } from '../../functions/domain/identifiers.ts';
import { openStore } from '../../functions/local/store.ts';
import { localVault } from '../../functions/local/vault.ts';
import { systemClock } from '../../functions/shell/system-clock.ts';
import { payloadOf } from '../conformance/ports/samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-labels-'));
const store = openStore(folder);
const vault = localVault(store, systemClock);

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const version = fc.constantFrom('v1', 'v2', 'v3', 'v4').map(versionId);
const label = fc.constantFrom('AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'keyturn-old-r');
const command = fc.oneof(
  fc.record({ kind: fc.constant('store' as const), version, label }),
  fc.record({
    kind: fc.constant('move' as const),
    label,
    from: fc.option(version, { nil: null }),
    to: fc.option(version, { nil: null }),
  }),
);

/** The rules once more, as a map from label to version: https://docs.aws.amazon.com/secretsmanager, 2026-11. */
const modelOf = () => {
  const on = new Map<string, string>();
  const stored = new Set<string>();
  const put = (name: string, to: string): void => {
    const left = on.get(name);
    on.set(name, to);
    if (name === 'AWSCURRENT' && left !== undefined && left !== to) on.set('AWSPREVIOUS', left);
  };
  return {
    on,
    store: (id: string, name: string): string => {
      if (stored.has(id)) return 'stored';
      stored.add(id);
      put(name, id);
      if (!on.has('AWSCURRENT')) put('AWSCURRENT', id);
      return 'stored';
    },
    move: (name: string, from: string | null, to: string | null): string => {
      const at = on.get(name) ?? null;
      if (at === to) return 'moved';
      if (at !== from) return 'held-by-another';
      if (to === null) {
        if (name === 'AWSCURRENT') return 'NeedsPerson';
        on.delete(name);
        return 'moved';
      }
      if (!stored.has(to)) return 'NeedsPerson';
      put(name, to);
      return 'moved';
    },
  };
};

let run = 0;

it('every sequence of stores and moves leaves the labels where the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 12 }), async (commands) => {
      run += 1;
      const secret = secretName(`secret-${run}`);
      const model = modelOf();
      await vault.create(secret, {});
      for (const each of commands) {
        const expected =
          each.kind === 'store' ? model.store(each.version, each.label) : model.move(each.label, each.from, each.to);
        const answering =
          each.kind === 'store'
            ? vault.store(secret, each.version, each.label, payloadOf(`value-of-${each.version}`))
            : vault.moveLabel(secret, each.label, each);
        expect(await answering.catch((error: unknown) => (error as Error).name)).toBe(expected);

        const seen = ((await vault.describe(secret)) ?? []).flatMap((found) =>
          found.labels.map((carried) => [carried, found.versionId] as const),
        );
        expect(seen).toHaveLength(model.on.size);
        expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(model.on));
        for (const [carried, holder] of seen) {
          const payload = await vault.read(secret, holder, carried);
          expect(payload?.apiKey.expose()).toBe(`value-of-${holder}`);
        }
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);

it('an unlabelled version is forgotten after a day, and not before', async () => {
  let now = Date.UTC(2026, 10, 1);
  const clock = { ...systemClock, now: () => new Date(now).toISOString() as never };
  const dated = localVault(store, clock);
  const secret = secretName('dated');
  const [first, second, third] = [versionId('a'), versionId('b'), versionId('c')];
  await dated.create(secret, {});
  await dated.store(secret, first, 'AWSCURRENT', payloadOf('one'));
  await dated.store(secret, second, 'x', payloadOf('two'));
  await dated.moveLabel(secret, 'x', { from: second, to: null });
  now += 23 * 3600 * 1000;
  await dated.store(secret, third, 'y', payloadOf('three'));
  expect(await dated.store(secret, second, 'x', payloadOf('other'))).toBe('another-is-stored');
  now += 2 * 3600 * 1000;
  await dated.store(secret, versionId('d'), 'z', payloadOf('four'));
  expect(await dated.store(secret, second, 'x', payloadOf('other'))).toBe('stored');
  expect((await dated.read(secret, first, 'AWSCURRENT'))?.apiKey.expose()).toBe('one');
});

it('a label does not move to a version that is not there', async () => {
  const secret = secretName('absent-target');
  await vault.create(secret, {});
  await vault.store(secret, versionId('a'), 'x', payloadOf('one'));
  const move = { from: versionId('a'), to: versionId('none') };
  await expect(vault.moveLabel(secret, 'AWSCURRENT', move)).rejects.toMatchObject({ name: 'NeedsPerson' });
  expect(await vault.describe(secret)).toEqual([{ versionId: 'a', labels: ['AWSCURRENT', 'x'] }]);
});
