import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CredentialId, credentialId, keyId, rotationId } from '../../../functions/domain/identifiers.ts';
import { emptyRecord } from '../../../functions/domain/rotation.ts';
import type { Ledger } from '../../../functions/ports.ts';
import { at, entryOf, obligationOf } from './samples.ts';

/** What every ledger does. */
export const ledgerSuite = (name: string, open: () => Ledger): void => {
  describe(`ledger: ${name}`, () => {
    let ledger: Ledger;
    let credential: CredentialId;
    let run: string;

    beforeEach(() => {
      ledger = open();
      credential = credentialId(`c-${randomUUID()}`);
      run = `r-${randomUUID()}`;
    });

    const recordAt = (epoch: number) => ({ ...emptyRecord(credential), epoch });

    it('answers with the empty record, of revision 0, before the first write', async () => {
      expect(await ledger.read(credential)).toEqual({ record: emptyRecord(credential), revision: 0 });
    });

    it('keeps what was written and counts revisions', async () => {
      const record = {
        ...emptyRecord(credential),
        epoch: 7,
        lease: { rotationId: rotationId(run), epoch: 7, takenAt: at(3) },
        lastRotatedAt: at(1),
      };
      expect(await ledger.replace(record, 0)).toBe(true);
      expect(await ledger.read(credential)).toEqual({ record, revision: 1 });
      expect(await ledger.replace(recordAt(8), 1)).toBe(true);
      expect(await ledger.read(credential)).toEqual({ record: recordAt(8), revision: 2 });
    });

    it('refuses a write on a revision that is over or not yet, and changes nothing', async () => {
      expect(await ledger.replace(recordAt(1), 1)).toBe(false);
      await ledger.replace(recordAt(1), 0);
      expect(await ledger.replace(recordAt(2), 0)).toBe(false);
      expect(await ledger.replace(recordAt(2), 2)).toBe(false);
      expect(await ledger.read(credential)).toEqual({ record: recordAt(1), revision: 1 });
    });

    it('lets one of many writers win, also when they write the same', async () => {
      const first = await Promise.all(Array.from({ length: 8 }, () => ledger.replace(recordAt(1), 0)));
      expect(first.filter(Boolean)).toHaveLength(1);
      const then = await Promise.all(Array.from({ length: 8 }, () => ledger.replace(recordAt(2), 1)));
      expect(then.filter(Boolean)).toHaveLength(1);
      expect((await ledger.read(credential)).revision).toBe(2);
    });

    it('loses no count among many who read and write', async () => {
      const count = async (): Promise<void> => {
        for (let won = false; !won; ) {
          const { record, revision } = await ledger.read(credential);
          won = await ledger.replace({ ...record, epoch: record.epoch + 1 }, revision);
        }
      };
      await Promise.all(Array.from({ length: 6 }, count));
      expect((await ledger.read(credential)).record.epoch).toBe(6);
    });

    it('lists every credential', async () => {
      const ids = Array.from({ length: 40 }, (_, index) => credentialId(`list-${index}-${run}`));
      await Promise.all(ids.map((id) => ledger.replace(emptyRecord(id), 0)));
      const listed = (await ledger.all()).map((record) => record.credentialId);
      expect(listed.filter((id) => id.endsWith(run)).sort()).toEqual(ids.toSorted());
    });

    it("keeps a rotation's entries in order, also those of one instant", async () => {
      const entries = [
        entryOf(run, credential, 1, 'begin'),
        entryOf(run, credential, 2, 'create-key', 'OutcomeUnknown'),
        entryOf(run, credential, 2, 'create-key'),
        entryOf(run, credential, 2, 'stage'),
        entryOf(run, credential, 3, 'validate'),
      ];
      for (const entry of entries) await ledger.append(entry);
      await ledger.append(entryOf(`${run}-other`, credential, 2, 'begin'));
      expect(await ledger.entries(rotationId(run))).toEqual(entries);
      expect(await ledger.entries(rotationId(`${run}-none`))).toEqual([]);
    });

    it('keeps every entry of writers at the same instant', async () => {
      const steps = ['begin', 'stage', 'validate', 'confirm', 'finish'];
      await Promise.all(steps.map((step) => ledger.append(entryOf(run, credential, 1, step))));
      const kept = await ledger.entries(rotationId(run));
      expect(kept.map(({ step }) => step).sort()).toEqual(steps.toSorted());
    });

    it("lists the ends of a credential's rotations, newest first, and nothing else", async () => {
      for (const second of [1, 2, 3, 4]) {
        await ledger.append(entryOf(`${run}-${second}`, credential, second * 10, 'begin'));
        await ledger.append(entryOf(`${run}-${second}`, credential, second * 10 + 5, 'end', 'Done'));
      }
      await ledger.append(entryOf(run, credentialId(`${credential}-2`), 99, 'end', 'RolledBack'));
      const ends = await ledger.ends(credential, 3);
      expect(ends.map((end) => end.rotationId)).toEqual([`${run}-4`, `${run}-3`, `${run}-2`]);
      expect(ends.every(({ step, event }) => step === 'end' && event === 'Done')).toBe(true);
      expect(await ledger.entries(rotationId(`${run}-4`))).toHaveLength(2);
    });

    const obligations = async (filter: 'open' | 'all', key = keyId(run)) =>
      (await ledger.obligations(filter)).filter((obligation) => obligation.keyId === key);

    it('opens an obligation on a key, and closes it only when the key was refused', async () => {
      await ledger.putObligation(obligationOf(run));
      expect(await obligations('open')).toEqual([obligationOf(run)]);
      await ledger.putObligation(obligationOf(run, { containedAt: at(2) }));
      expect(await obligations('open')).toEqual([obligationOf(run, { containedAt: at(2) })]);
      const refused = obligationOf(run, { containedAt: at(2), refusedAt: at(3) });
      await ledger.putObligation(refused);
      expect(await obligations('open')).toEqual([]);
      expect(await obligations('all')).toEqual([refused]);
    });

    it('adds what is new to an obligation and takes nothing back', async () => {
      await ledger.putObligation(obligationOf(run, { acceptedAt: at(1), containedAt: at(2) }));
      await ledger.putObligation(
        obligationOf(run, { acceptedAt: at(5), containedAt: null, rotationId: rotationId('r-2'), reason: 'again' }),
      );
      expect(await obligations('all')).toEqual([
        obligationOf(run, { acceptedAt: at(1), containedAt: at(2), rotationId: rotationId('r-2') }),
      ]);
    });

    it('is not reopened by a late report of the run that closed it, but by a later run', async () => {
      await ledger.putObligation(obligationOf(run, { refusedAt: at(3) }));
      await ledger.putObligation(obligationOf(run, { acceptedAt: at(4) }));
      expect(await obligations('open')).toEqual([]);
      const anew = obligationOf(run, { acceptedAt: at(9), rotationId: rotationId('r-2') });
      await ledger.putObligation(anew);
      expect(await obligations('open')).toEqual([anew]);
    });

    it('loses nothing of reports at the same time', async () => {
      await Promise.all([
        ledger.putObligation(obligationOf(run, { containedAt: at(2) })),
        ledger.putObligation(obligationOf(run, { refusedAt: at(3) })),
        ledger.putObligation(obligationOf(run)),
      ]);
      const [kept] = await obligations('all');
      expect(kept).toMatchObject({ containedAt: at(2), refusedAt: at(3) });
    });

    it('tells the same key id of two accounts apart', async () => {
      const there = obligationOf(run);
      const elsewhere = { ...there, target: { ...there.target, provider: 'pinecone' } };
      await ledger.putObligation(there);
      await ledger.putObligation(elsewhere);
      expect(await obligations('all')).toHaveLength(2);
    });
  });
};
