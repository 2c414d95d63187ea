import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import * as z from 'zod/mini';
import { Fault } from '../domain/fault.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import { applicationId, migrations, schemaVersion } from './schema.ts';
import { fingerprintOf, keyBytes, macUnder, seal, unseal } from './sealing.ts';
import { StoreError } from './store-error.ts';

const databaseName = 'keyturn.db';
const keyName = 'vault.key';

/** Checking a file takes about 2 ms per megabyte; a larger one is checked by SQLite as its pages are read. */
const checkUpToBytes = 64 * 1024 * 1024;

type Value = string | number | null;

/** One folder's records. Several processes may have it open at once. */
export interface Store {
  /** Runs the statements in one transaction that may write. @throws Fault when the store does not answer */
  readonly write: <T>(work: (sql: Sql) => T) => Promise<T>;
  /** Runs the statements on one unchanging view. @throws Fault when the store does not answer */
  readonly read: <T>(work: (sql: Sql) => T) => Promise<T>;
  /** For a value at rest at that place. */
  readonly seal: (place: string, value: SecretValue) => string;
  readonly unseal: (place: string, sealed: string) => SecretValue;
  /** HMAC-SHA-256, in hex, under a key that this folder keeps. */
  readonly mac: (message: Buffer) => string;
  readonly close: () => void;
}

export interface Sql {
  /** Answers with the number of rows that were changed. */
  readonly run: (statement: string, ...values: readonly Value[]) => number;
  readonly all: <T>(row: z.ZodMiniType<T>, statement: string, ...values: readonly Value[]) => readonly T[];
  readonly first: <T>(row: z.ZodMiniType<T>, statement: string, ...values: readonly Value[]) => T | null;
}

/**
 * Opens the store in a folder, and makes both when there is none yet. A file of an earlier version is brought to this
 * one. A file that is damaged, foreign or of a newer version is reported and left as it is.
 *
 * @param busyTimeoutMilliseconds how long to wait for another process's write
 * @throws StoreError
 */
export const openStore = (folder: string, busyTimeoutMilliseconds = 5_000): Store => {
  const databasePath = join(folder, databaseName);
  const keyPath = join(folder, keyName);
  inFolder(folder, () => {
    makeFolder(folder);
    // The key is made after the database, so a key that stands alone means that the database was taken away.
    const keyIsThere = existsSync(keyPath);
    if (!existsSync(databasePath)) {
      if (keyIsThere) throw databaseIsMissing(databasePath, keyPath);
      createDatabase(databasePath);
    }
    refuseTruncated(databasePath);
  });
  const database = openDatabase(databasePath, busyTimeoutMilliseconds);
  try {
    check(database, databasePath);
    // Kept in the file from the first time on. While another process holds the file it stays as it is: slower, as safe.
    ignoringBusy(() => database.exec('PRAGMA journal_mode = WAL'));
    const key = readKey(database, databasePath, keyPath);
    migrate(database, databasePath);
    return storeOf(database, key);
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Where nothing can be made, as in /proc, Node 20 never returns from a recursive mkdir: one folder is made without it. */
const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: !existsSync(dirname(folder)), mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
};

/** Made aside and linked into place: the file is whole from the moment it is there, whoever is first, whenever killed. */
const createDatabase = (path: string): void => {
  const aside = `${path}.new-${randomBytes(6).toString('hex')}`;
  writeFileSync(aside, '', { mode: 0o600, flag: 'wx' });
  const database = new Database(aside);
  const marks = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`;
  database.exec(`BEGIN; ${marks} ${migrations.join('')} COMMIT;`);
  database.close();
  linkUnlessThere(aside, path);
};

const createKey = (path: string): void => {
  const aside = `${path}.new-${randomBytes(6).toString('hex')}`;
  const file = openSync(aside, 'wx', 0o600);
  writeSync(file, `${randomBytes(keyBytes).toString('hex')}\n`);
  fsyncSync(file);
  closeSync(file);
  linkUnlessThere(aside, path);
};

const linkUnlessThere = (aside: string, path: string): void => {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside);
  }
};

const openDatabase = (path: string, timeout: number): Database.Database => {
  try {
    const database = new Database(path, { timeout });
    database.exec('PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL');
    return database;
  } catch (error) {
    throw unusable(path, error);
  }
};

/** SQLite fills a last page that was cut short with zeros, and would delete the log of a file without bytes. */
const refuseTruncated = (path: string): void => {
  const { size } = statSync(path);
  const header = Buffer.alloc(18);
  const file = openSync(path, 'r');
  const length = readSync(file, header, 0, header.length, 0);
  closeSync(file);
  if (length < header.length) throw damaged(path, `It has ${size} bytes, fewer than any database.`);
  if (!header.toString('latin1').startsWith('SQLite format 3')) throw foreign(path, 'It is not a SQLite database.');
  const stated = header.readUInt16BE(16);
  const pageSize = stated === 1 ? 65_536 : stated;
  if (size % pageSize !== 0) throw damaged(path, 'It was cut short in the middle of a page.');
};

const pragmaRow = z.record(z.string(), z.unknown());

const pragma = (database: Database.Database, name: string): unknown =>
  sqlOf(database).first(pragmaRow, `PRAGMA ${name}`)?.[name];

const check = (database: Database.Database, path: string): void => {
  try {
    if (pragma(database, 'application_id') !== applicationId) throw foreign(path, 'Another program made it.');
    const version = Number(pragma(database, 'user_version'));
    if (version < 1 || version > schemaVersion) throw otherVersion(path, version);
    if (statSync(path).size > checkUpToBytes) return;
    const answer = pragma(database, 'quick_check');
    if (answer !== 'ok') throw damaged(path, `SQLite's check says: ${String(answer).slice(0, 200)}`);
  } catch (error) {
    throw error instanceof StoreError ? error : unusable(path, error);
  }
};

/** In one transaction: whoever is stopped leaves the earlier version, and of many who open the file one changes it. */
const migrate = (database: Database.Database, path: string): void => {
  const missing = (): readonly string[] => migrations.slice(Number(pragma(database, 'user_version')));
  try {
    if (missing().length === 0) return;
    database.exec('BEGIN IMMEDIATE');
    const steps = missing();
    if (steps.length > 0) database.exec(`${steps.join('')} PRAGMA user_version = ${schemaVersion};`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw unusable(path, error);
  }
};

const fingerprintRow = z.object({ fingerprint: z.string() });

const readKey = (database: Database.Database, databasePath: string, keyPath: string): Buffer => {
  const sql = sqlOf(database);
  const known = (): string | undefined => sql.first(fingerprintRow, 'SELECT fingerprint FROM vault_key')?.fingerprint;
  try {
    if (!existsSync(keyPath)) {
      if (known() !== undefined) throw keyIsMissing(databasePath, keyPath);
      createKey(keyPath);
    }
    const text = readFileSync(keyPath, 'utf8').trim();
    if (!/^[0-9a-f]{64}$/.test(text)) throw keyIsWrong(databasePath, keyPath);
    const key = Buffer.from(text, 'hex');
    sql.run('INSERT OR IGNORE INTO vault_key (id, fingerprint) VALUES (1, ?)', fingerprintOf(key));
    if (known() !== fingerprintOf(key)) throw keyIsWrong(databasePath, keyPath);
    return key;
  } catch (error) {
    throw error instanceof StoreError ? error : unusable(databasePath, error);
  }
};

const storeOf = (database: Database.Database, key: Buffer): Store => {
  const sql = sqlOf(database);
  return {
    write: (work) => transaction(database, 'IMMEDIATE', () => work(sql)),
    read: (work) => transaction(database, 'DEFERRED', () => work(sql)),
    seal: (place, value) => seal(key, place, value),
    unseal: (place, sealed) => unseal(key, place, sealed),
    mac: macUnder(key),
    close: () => {
      // The library's own close leaves the log beside the file, and somebody may copy the file alone.
      ignoringBusy(() => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
      database.close();
    },
  };
};

const sqlOf = (database: Database.Database): Sql => {
  const statements = new Map<string, Database.Statement>();
  const prepare = (text: string): Database.Statement => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const prepared = database.prepare(text);
    statements.set(text, prepared);
    return prepared;
  };
  return {
    run: (statement, ...values) => prepare(statement).run(...values).changes,
    all: (row, statement, ...values) =>
      prepare(statement)
        .all(...values)
        .map((found) => z.parse(row, found)),
    first: (row, statement, ...values) => {
      const found = prepare(statement).get(...values);
      return found === undefined ? null : z.parse(row, found);
    },
  };
};

/** The work is synchronous, so nothing of this process can come between; other processes are kept out by SQLite. */
const transaction = <T>(database: Database.Database, mode: 'IMMEDIATE' | 'DEFERRED', work: () => T): Promise<T> =>
  new Promise((resolve) => {
    let committing = false;
    try {
      database.exec(`BEGIN ${mode}`);
      const answer = work();
      committing = true;
      database.exec('COMMIT');
      resolve(answer);
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
      throw faultOf(error, committing && mode === 'IMMEDIATE');
    }
  });

/** Result codes of SQLite: https://www.sqlite.org/rescode.html, 2026-11. */
const faultOf = (error: unknown, committing: boolean): unknown => {
  const code = codeOf(error);
  if (code === undefined || !code.startsWith('SQLITE_')) return error;
  if (/^SQLITE_(BUSY|LOCKED|INTERRUPT|NOMEM)/.test(code)) {
    return new Fault('NothingChanged', `Another process held the store for too long (${code}); nothing was changed.`);
  }
  if (/^SQLITE_IOERR/.test(code) && committing) {
    return new Fault('OutcomeUnknown', `The disk failed while the store was written (${code}).`);
  }
  return new Fault(
    'NeedsPerson',
    `The store cannot be used (${code}): the disk is full, failing or read-only, or the file is damaged. Nothing was ` +
      'changed. Mend the disk, or restore the folder from a backup.',
  );
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const ignoringBusy = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (!codeOf(error)?.startsWith('SQLITE_BUSY')) throw error;
  }
};

const inFolder = (folder: string, work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `The folder ${folder} cannot be used for the store.`,
      `The system says: ${codeOf(error) ?? 'unknown'}.`,
      'Give a folder that can be written, or change its permissions.',
    );
  }
};

const moveAway = (path: string): string =>
  `Restore ${path} from a backup; or move its folder away and start anew, which forgets what was recorded.`;

const damaged = (path: string, why: string): StoreError =>
  new StoreError(`The store ${path} is damaged.`, why, moveAway(path));

const foreign = (path: string, why: string): StoreError =>
  new StoreError(`${path} is not a store of Keyturn.`, why, 'Move it away, or give another folder.');

const otherVersion = (path: string, version: number): StoreError =>
  new StoreError(
    `The store ${path} is of version ${version}, and this Keyturn reads versions up to ${schemaVersion}.`,
    'Another version of Keyturn made it.',
    'Use the version of Keyturn that made it, or a newer one.',
  );

const databaseIsMissing = (path: string, keyPath: string): StoreError =>
  new StoreError(
    `The store ${path} is missing.`,
    `${keyPath} is there, so there was one, and it may know of live keys.`,
    `Restore ${path} from a backup; or move ${keyPath} away and start anew.`,
  );

const keyIsMissing = (path: string, keyPath: string): StoreError =>
  new StoreError(
    `The key ${keyPath} is missing.`,
    `The values in ${path} are sealed with it and cannot be read without it.`,
    `Restore ${keyPath} from a backup; or move ${path} away as well and start anew.`,
  );

const keyIsWrong = (path: string, keyPath: string): StoreError =>
  new StoreError(
    `The key ${keyPath} does not belong to ${path}.`,
    'The values are sealed with another key.',
    `Restore both from the same backup; or move both away and start anew.`,
  );

const unusable = (path: string, error: unknown): StoreError => {
  const code = codeOf(error);
  if (code === 'SQLITE_NOTADB') return foreign(path, 'It is not a SQLite database.');
  if (code?.startsWith('SQLITE_CORRUPT')) return damaged(path, 'SQLite cannot read it.');
  if (code?.startsWith('SQLITE_BUSY')) {
    return new StoreError(`The store ${path} is busy.`, 'Another process holds it.', 'Try again, or end that process.');
  }
  return new StoreError(
    `The store ${path} cannot be opened.`,
    `The system says: ${code ?? 'no reason'}.`,
    'Look at the permissions of the file and its folder, and whether the disk is full.',
  );
};
