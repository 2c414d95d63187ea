import * as z from 'zod/mini';
import type { PrintQuestion } from '../domain/key-print.ts';
import { type Obligation, outlives, withReport } from '../domain/obligation.ts';
import { emptyRecord } from '../domain/rotation.ts';
import type { Ledger } from '../ports.ts';
import { readEntry, readIncident, readObligation, readPrint, readRecord, writeStored } from '../stored-text.ts';
import type { Sql, Store } from './store.ts';

const recordRow = z.object({ revision: z.number(), record: z.string() });
const entryRow = z.object({ entry: z.string() });
const obligationRow = z.object({ obligation: z.string() });
const printRow = z.object({ print: z.string() });
const incidentRow = z.object({ revision: z.number(), incident: z.string() });

export const localLedger = (store: Store): Ledger => ({
  read: (credentialId) =>
    store.read((sql) => {
      const row = sql.first(recordRow, 'SELECT revision, record FROM credentials WHERE id = ?', credentialId);
      return row === null
        ? { record: emptyRecord(credentialId), revision: 0 }
        : { record: readRecord(row.record), revision: row.revision };
    }),

  replace: (record, revision) =>
    store.write((sql) => {
      const text = writeStored(record);
      const { credentialId } = record;
      const changed =
        revision === 0
          ? sql.run('INSERT OR IGNORE INTO credentials (id, revision, record) VALUES (?, 1, ?)', credentialId, text)
          : sql.run(
              'UPDATE credentials SET revision = revision + 1, record = ? WHERE id = ? AND revision = ?',
              text,
              credentialId,
              revision,
            );
      return changed === 1;
    }),

  all: () =>
    store.read((sql) =>
      sql
        .all(recordRow, 'SELECT revision, record FROM credentials ORDER BY id')
        .map(({ record }) => readRecord(record)),
    ),

  append: (entry) =>
    store.write((sql) => {
      sql.run(
        'INSERT INTO entries (rotation, credential, step, entry) VALUES (?, ?, ?, ?)',
        entry.rotationId,
        entry.credentialId,
        entry.step,
        writeStored(entry),
      );
    }),

  entries: (rotationId) =>
    store.read((sql) =>
      sql
        .all(entryRow, 'SELECT entry FROM entries WHERE rotation = ? ORDER BY sequence', rotationId)
        .map(({ entry }) => readEntry(entry)),
    ),

  ends: (credentialId, limit) =>
    store.read((sql) =>
      sql
        .all(
          entryRow,
          `SELECT entry FROM entries WHERE credential = ? AND step = 'end' ORDER BY sequence DESC LIMIT ?`,
          credentialId,
          limit,
        )
        .map(({ entry }) => readEntry(entry)),
    ),

  putObligation: (report) =>
    store.write((sql) => {
      const key = [report.target.provider, report.target.account, report.keyId] as const;
      const row = sql.first(
        obligationRow,
        'SELECT obligation FROM obligations WHERE provider = ? AND account = ? AND key_id = ?',
        ...key,
      );
      const known = row && readObligation(row.obligation);
      const put = (keyId: string, obligation: Obligation): void => {
        sql.run(
          'INSERT OR REPLACE INTO obligations (provider, account, key_id, open, obligation) VALUES (?, ?, ?, ?, ?)',
          report.target.provider,
          report.target.account,
          keyId,
          obligation.refusedAt === null ? 1 : 0,
          writeStored(obligation),
        );
      };
      if (known !== null && outlives(known, report)) put(`${known.keyId} ${known.acceptedAt}`, known);
      put(report.keyId, withReport(known, report));
    }),

  obligations: (filter) =>
    store.read((sql) =>
      sql
        .all(
          obligationRow,
          'SELECT obligation FROM obligations WHERE open >= ? ORDER BY provider, account, key_id',
          filter === 'open' ? 1 : 0,
        )
        .map(({ obligation }) => readObligation(obligation)),
    ),

  putPrint: (print) =>
    store.write((sql) => {
      const { fingerprint, leakHash, hint, target, keyId } = print;
      sql.run(
        'INSERT OR IGNORE INTO prints (fingerprint, leak_hash, hint, key, print) VALUES (?, ?, ?, ?, ?)',
        fingerprint,
        leakHash,
        hint,
        `${target.provider}#${target.account}#${keyId}`,
        writeStored(print),
      );
    }),

  findPrints: (question) => store.read((sql) => rowsOfPrints(sql, question).map(({ print }) => readPrint(print))),

  incident: (incidentId) =>
    store.read((sql) => {
      const row = sql.first(incidentRow, 'SELECT revision, incident FROM incidents WHERE id = ?', incidentId);
      return row && { incident: readIncident(row.incident), revision: row.revision };
    }),

  replaceIncident: (incident, revision) =>
    store.write((sql) => {
      const text = writeStored(incident);
      const { incidentId, acceptedAt } = incident;
      const changed =
        revision === 0
          ? sql.run(
              'INSERT OR IGNORE INTO incidents (id, revision, accepted_at, incident) VALUES (?, 1, ?, ?)',
              incidentId,
              acceptedAt,
              text,
            )
          : sql.run(
              'UPDATE incidents SET revision = revision + 1, incident = ? WHERE id = ? AND revision = ?',
              text,
              incidentId,
              revision,
            );
      return changed === 1;
    }),

  incidents: (since) =>
    store.read((sql) =>
      sql
        .all(
          incidentRow,
          'SELECT revision, incident FROM incidents WHERE accepted_at >= ? ORDER BY accepted_at, id',
          since ?? '',
        )
        .map(({ incident }) => readIncident(incident)),
    ),
});

const rowsOfPrints = (sql: Sql, question: PrintQuestion): readonly z.infer<typeof printRow>[] => {
  if ('fingerprint' in question)
    return sql.all(printRow, 'SELECT print FROM prints WHERE fingerprint = ?', question.fingerprint);
  // A fingerprint key that was made anew gives a key a second print: the first one answers.
  if ('leakHash' in question)
    return sql.all(printRow, 'SELECT print FROM prints WHERE leak_hash = ? ORDER BY rowid LIMIT 1', question.leakHash);
  return sql.all(printRow, 'SELECT print, min(rowid) FROM prints WHERE hint = ? GROUP BY key', question.hint);
};
