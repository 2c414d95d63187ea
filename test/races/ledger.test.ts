import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { credentialId, keyId } from '../../functions/domain/identifiers.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { openStore } from '../../functions/local/store.ts';
import type { Ledger } from '../../functions/ports.ts';
import { at, obligationOf } from '../conformance/ports/samples.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { scheduledStore } from './race-world.ts';

const store = openStore(scratchFolder('races'));
afterAll(store.close);
let races = 0;
/** Whatever was written before, a race is for a name of its own. */
const ownName = (): string => {
  races += 1;
  return `race-${races}`;
};

describe('the ledger, with several writers at once', () => {
  /** Reads, counts one up, writes: again while somebody was quicker. */
  const countUp = async (ledger: Ledger, id: string): Promise<number> => {
    for (let refusals = 0; ; refusals += 1) {
      const { record, revision } = await ledger.read(credentialId(id));
      if (await ledger.replace({ ...record, epoch: record.epoch + 1 }, revision)) return refusals;
    }
  };

  it('loses no update', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, writers) => {
        const id = ownName();
        const ledger = localLedger(scheduledStore(scheduler, store));
        await scheduler.waitFor(Promise.all(Array.from({ length: writers }, () => countUp(ledger, id))));
        const { record, revision } = await localLedger(store).read(credentialId(id));
        expect({ epoch: record.epoch, revision }).toEqual({ epoch: writers, revision: writers });
      }),
    );
  });

  it('lets exactly one of those who read the same revision write', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isFirst) => {
        const id = ownName();
        const plain = localLedger(store);
        if (!isFirst) await countUp(plain, id);
        const { record, revision } = await plain.read(credentialId(id));
        const ledger = localLedger(scheduledStore(scheduler, store));
        const writers = [10, 11, 12];
        const written = await scheduler.waitFor(
          Promise.all(writers.map((epoch) => ledger.replace({ ...record, epoch }, revision))),
        );
        const winners = writers.filter((_, place) => written[place]);
        expect(winners).toHaveLength(1);
        expect(await plain.read(credentialId(id))).toEqual({
          record: { ...record, epoch: winners[0] },
          revision: revision + 1,
        });
      }),
    );
  });

  it('keeps what each of several reports of one key knows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const key = ownName();
        const ledger = localLedger(scheduledStore(scheduler, store));
        const reports = [{ acceptedAt: at(2) }, { acceptedAt: at(3), containedAt: at(4) }, { refusedAt: at(5) }];
        await scheduler.waitFor(Promise.all(reports.map((report) => ledger.putObligation(obligationOf(key, report)))));
        const kept = (await localLedger(store).obligations('all')).filter(({ keyId: id }) => id === keyId(key));
        expect(kept).toHaveLength(1);
        expect(kept[0]).toMatchObject({ containedAt: at(4), refusedAt: at(5) });
        const open = await localLedger(store).obligations('open');
        expect(open.map(({ keyId: id }) => id)).not.toContain(keyId(key));
      }),
    );
  });
});
