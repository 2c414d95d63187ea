import * as z from 'zod/mini';
import {
  type Execution,
  executionSchema,
  type HistoryEntry,
  historyEntrySchema,
  type Journal,
} from '../../workflows/engine/journal.ts';
import type { Sql, Store } from './store.ts';

const executionRow = z.object({ execution: z.string() });
const entryRow = z.object({ entry: z.string() });
const nameRow = z.object({ name: z.string() });
const wakeRow = z.object({ wake_at: z.nullable(z.number()) });
const textRow = z.object({ text: z.string() });

/** The engine's journal in the store: what is answered as kept survives `kill -9`. */
export const localJournal = (store: Store): Journal => ({
  start: (execution, definitionText, entries) =>
    store.write((sql) => {
      const present = read(sql, execution.name);
      if (present !== null) return { kind: 'already-started', execution: present };
      sql.run('INSERT OR IGNORE INTO definitions (hash, text) VALUES (?, ?)', execution.definitionHash, definitionText);
      sql.run(
        'INSERT INTO executions (name, revision, status, wake_at, execution) VALUES (?, ?, ?, ?, ?)',
        execution.name,
        execution.revision,
        execution.status,
        execution.wakeAt,
        JSON.stringify(execution),
      );
      append(sql, execution.name, entries);
      return { kind: 'started' };
    }),

  save: (execution, entries) =>
    store.write((sql) => {
      const next = { ...execution, revision: execution.revision + 1 };
      const changed = sql.run(
        'UPDATE executions SET revision = ?, status = ?, wake_at = ?, execution = ? WHERE name = ? AND revision = ?',
        next.revision,
        next.status,
        next.wakeAt,
        JSON.stringify(next),
        execution.name,
        execution.revision,
      );
      if (changed === 0) return false;
      append(sql, execution.name, entries);
      return true;
    }),

  read: (name) => store.read((sql) => read(sql, name)),

  history: (name) =>
    store.read((sql) =>
      sql
        .all(entryRow, 'SELECT entry FROM history WHERE execution = ? ORDER BY sequence', name)
        .map(({ entry }) => historyEntrySchema.parse(JSON.parse(entry))),
    ),

  runnable: (now, limit) =>
    store.read((sql) => ({
      due: sql
        .all(
          nameRow,
          `SELECT name FROM executions WHERE status = 'running' AND (wake_at IS NULL OR wake_at <= ?)
            ORDER BY wake_at, rowid LIMIT ?`,
          now,
          limit,
        )
        .map(({ name }) => name),
      nextWakeAt:
        sql.first(
          wakeRow,
          `SELECT min(wake_at) AS wake_at FROM executions WHERE status = 'running' AND wake_at > ?`,
          now,
        )?.wake_at ?? null,
    })),

  definitionText: (hash) =>
    store.read((sql) => sql.first(textRow, 'SELECT text FROM definitions WHERE hash = ?', hash)?.text ?? null),
});

const read = (sql: Sql, name: string): Execution | null => {
  const row = sql.first(executionRow, 'SELECT execution FROM executions WHERE name = ?', name);
  return row && executionSchema.parse(JSON.parse(row.execution));
};

const append = (sql: Sql, name: string, entries: readonly HistoryEntry[]): void => {
  for (const entry of entries) {
    sql.run('INSERT INTO history (execution, entry) VALUES (?, ?)', name, JSON.stringify(entry));
  }
};
