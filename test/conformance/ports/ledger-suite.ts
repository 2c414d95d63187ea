import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type CredentialId,
  credentialId,
  fingerprint,
  incidentId,
  keyId,
  leakHash,
  rotationId,
} from '../../../functions/domain/identifiers.ts';
import { emptyRecord } from '../../../functions/domain/rotation.ts';
import type { Ledger } from '../../../functions/ports.ts';
import { at, entryOf, incidentOf, obligationOf, printOf } from './samples.ts';

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

    it('lets one of many take a lease from an owner that has ended', async () => {
      const leaseOf = (owner: string) => ({ rotationId: rotationId(owner), epoch: 2, takenAt: at(9) });
      await ledger.replace({ ...recordAt(1), lease: leaseOf(run) }, 0);
      const thieves = Array.from({ length: 8 }, (_, index) => `${run}-${index}`);
      const answers = await Promise.all(
        thieves.map((thief) => ledger.replace({ ...recordAt(2), lease: leaseOf(thief) }, 1)),
      );
      const winners = thieves.filter((_, index) => answers[index]);
      expect(winners).toHaveLength(1);
      const { record, revision } = await ledger.read(credential);
      expect(record.lease?.rotationId).toBe(winners[0]);
      // The owner comes back, and writes at the revision that it knew.
      expect(await ledger.replace({ ...record, lease: leaseOf(run) }, 1)).toBe(false);
      expect(await ledger.read(credential)).toEqual({ record, revision });
    });

    // A page ends at 1 MB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html, 2026-11.
    it('lists to the last page what fits on no single one', async () => {
      const entries = Array.from({ length: 8 }, (_, index) => ({
        ...entryOf(run, credential, index, 'stage'),
        detail: String(index).repeat(300_000),
      }));
      for (const entry of entries) await ledger.append(entry);
      expect(await ledger.entries(rotationId(run))).toEqual(entries);
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

    it('is not reopened by another run of its incident, but by one that no incident started', async () => {
      await ledger.putObligation(obligationOf(run, { refusedAt: at(3) }));
      await ledger.putObligation(obligationOf(run, { acceptedAt: at(4) }));
      await ledger.putObligation(obligationOf(run, { acceptedAt: at(5), rotationId: rotationId('r-2') }));
      expect(await obligations('open')).toEqual([]);
      const anew = obligationOf(run, { acceptedAt: at(9), rotationId: rotationId('r-3'), incidentId: null });
      await ledger.putObligation(anew);
      expect(await obligations('open')).toEqual([anew]);
    });

    it('that another incident opens anew stays on record as it was proven', async () => {
      const proven = obligationOf(run, { refusedAt: at(3), evidence: 'was refused 3 times' });
      const incident = { incidentId: incidentId('inc-20261101-00000002') };
      const anew = obligationOf(run, { ...incident, acceptedAt: at(9), rotationId: rotationId('r-2') });
      for (const obligation of [proven, anew]) await ledger.putObligation(obligation);
      expect(await obligations('open')).toEqual([anew]);
      expect(await obligations('all')).toEqual(expect.arrayContaining([proven, anew]));
      const closed = { ...anew, refusedAt: at(12), evidence: 'absent' };
      for (const obligation of [closed, closed]) await ledger.putObligation(obligation);
      expect(await obligations('all')).toHaveLength(2);
      expect(await obligations('all')).toEqual(expect.arrayContaining([proven, closed]));
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

    it('keeps the first report and the first time of everything that was seen', async () => {
      const observed = {
        containedAt: at(2),
        firstRefusedAt: at(3),
        replacedAt: at(4),
        consumersMovedAt: at(5),
        evidence: 'refused 3 times',
      };
      const first = obligationOf(run, { rotationId: null, ...observed, replacedAt: null });
      await ledger.putObligation(first);
      const later = { containedAt: at(20), firstRefusedAt: at(30), consumersMovedAt: at(50), evidence: 'again' };
      await ledger.putObligation(
        obligationOf(run, {
          incidentId: incidentId('inc-20261102-00000002'),
          reportedAt: at(9),
          acceptedAt: at(10),
          ...later,
          replacedAt: at(4),
        }),
      );
      await ledger.putObligation(obligationOf(run, { rotationId: null }));
      expect(await obligations('all')).toEqual([obligationOf(run, observed)]);
    });

    it('takes the incident of a later report when the first one had none', async () => {
      await ledger.putObligation(obligationOf(run, { incidentId: null }));
      await ledger.putObligation(obligationOf(run));
      expect(await obligations('all')).toEqual([obligationOf(run)]);
    });

    it('tells the same key id of two accounts apart', async () => {
      const there = obligationOf(run);
      const elsewhere = { ...there, target: { ...there.target, provider: 'pinecone' } };
      await ledger.putObligation(there);
      await ledger.putObligation(elsewhere);
      expect(await obligations('all')).toHaveLength(2);
    });

    it('finds a print by fingerprint, by leak hash and by hint', async () => {
      const print = printOf(run);
      await ledger.putPrint(print);
      await ledger.putPrint(printOf(`${run}-other`));
      expect(await ledger.findPrints({ fingerprint: print.fingerprint })).toEqual([print]);
      expect(await ledger.findPrints({ leakHash: print.leakHash })).toEqual([print]);
      expect(await ledger.findPrints({ hint: run.slice(-4) })).toEqual([print]);
    });

    it('finds no print by what it was not asked for, nor by another hash, nor where there is no hint', async () => {
      const print = printOf(run, { hint: null });
      await ledger.putPrint(print);
      expect(await ledger.findPrints({ fingerprint: fingerprint(print.leakHash.toUpperCase()) })).toEqual([]);
      expect(await ledger.findPrints({ leakHash: leakHash(`${print.leakHash}0`) })).toEqual([]);
      expect(await ledger.findPrints({ hint: run.slice(-4) })).toEqual([]);
      expect(await ledger.findPrints({ hint: 'null' })).toEqual([]);
    });

    it('keeps the first of the same print, also of many at once', async () => {
      const print = printOf(run);
      await ledger.putPrint(print);
      await Promise.all([2, 3, 4].map((second) => ledger.putPrint({ ...print, recordedAt: at(second) })));
      for (const question of [
        { fingerprint: print.fingerprint },
        { leakHash: print.leakHash },
        { hint: run.slice(-4) },
      ]) {
        expect(await ledger.findPrints(question)).toEqual([print]);
      }
    });

    it('gives every key that fits a hint, and each of them once', async () => {
      const hint = `#${run.slice(-3)}`;
      const one = printOf(`${run}-1`, { hint });
      const other = printOf(`${run}-2`, { hint });
      const sameIdElsewhere = printOf(`${run}-3`, {
        hint,
        keyId: one.keyId,
        target: { ...one.target, provider: 'pinecone' },
      });
      // The fingerprint key was made anew, so the key's value has another fingerprint.
      const again = printOf(`${run}-1`, { hint, fingerprint: fingerprint(`anew-${run}`), recordedAt: at(9) });
      for (const print of [one, other, sameIdElsewhere, again]) await ledger.putPrint(print);
      const found = await ledger.findPrints({ hint });
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining([one, other, sameIdElsewhere]));
      expect(await ledger.findPrints({ leakHash: one.leakHash })).toEqual([one]);
      expect(await ledger.findPrints({ fingerprint: again.fingerprint })).toEqual([again]);
    });

    it('knows no incident before it was written', async () => {
      expect(await ledger.incident(incidentId(run))).toBeNull();
      expect(await ledger.replaceIncident(incidentOf(run, 1), 1)).toBe(false);
      expect(await ledger.incident(incidentId(run))).toBeNull();
    });

    it('replaces an incident at the revision that was read, and at no other', async () => {
      const incident = incidentOf(run, 1, { state: 'awaiting-approval' });
      expect(await ledger.replaceIncident(incident, 0)).toBe(true);
      expect(await ledger.replaceIncident(incidentOf(run, 2), 0)).toBe(false);
      expect(await ledger.incident(incidentId(run))).toEqual({ incident, revision: 1 });
      const sinceTheLoser = await ledger.incidents(at(2));
      expect(sinceTheLoser.filter((one) => one.incidentId === run)).toEqual([]);
      const approved = { ...incident, state: 'accepted', decidedBy: 'a person', decidedAt: at(3) } as const;
      expect(await ledger.replaceIncident(approved, 1)).toBe(true);
      expect(await ledger.replaceIncident({ ...incident, state: 'dismissed' }, 1)).toBe(false);
      expect(await ledger.incident(incidentId(run))).toEqual({ incident: approved, revision: 2 });
    });

    it('lets one of many accept the same report, and lists it once', async () => {
      const tries = Array.from({ length: 8 }, (_, index) => ledger.replaceIncident(incidentOf(run, 100 + index), 0));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      const known = await ledger.incident(incidentId(run));
      const listed = (await ledger.incidents(at(100))).filter((one) => one.incidentId === run);
      expect(listed).toEqual([known?.incident]);
    });

    it('lists the incidents accepted since a time, oldest first, whatever they were reported as', async () => {
      const ids = [`z-${run}`, `a-${run}`, `m-${run}`, `b-${run}`];
      for (const [index, id] of ids.entries()) await ledger.replaceIncident(incidentOf(id, index + 1), 0);
      await ledger.replaceIncident(incidentOf(ids[3] ?? '', 4, { state: 'dismissed' }), 1);
      const listedSince = async (second: number | null) =>
        (await ledger.incidents(second === null ? null : at(second)))
          .map((one) => one.incidentId)
          .filter((id) => id.endsWith(run));
      expect(await listedSince(null)).toEqual(ids);
      expect(await listedSince(3)).toEqual(ids.slice(2));
      expect(await listedSince(5)).toEqual([]);
      const [last] = await ledger.incidents(at(4));
      expect(last).toEqual(incidentOf(ids[3] ?? '', 4, { state: 'dismissed' }));
    });
  });
};
