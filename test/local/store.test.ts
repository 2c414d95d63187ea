import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { secretName, versionId } from '../../functions/domain/identifiers.ts';
import { localFingerprints } from '../../functions/local/fingerprints.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { migrations, schemaVersion } from '../../functions/local/schema.ts';
import { openStore, type Store } from '../../functions/local/store.ts';
import { StoreError } from '../../functions/local/store-error.ts';
import { localVault } from '../../functions/local/vault.ts';
import { systemClock } from '../../functions/shell/system-clock.ts';
import { entryOf, obligationOf, payloadOf, printOf } from '../conformance/ports/samples.ts';
import { temporaryFolder } from './temporary-folder.ts';

const secret = secretName('keyturn/openai/chat');
const version = versionId('v-1');
const canary = 'sk-proj-canary-0123456789abcdef';

const opened = (folder: string): Store => {
  const store = openStore(folder);
  onTestFinished(store.close);
  return store;
};

/** A folder with one sealed value in it, and nobody who has it open. */
const usedFolder = async (): Promise<string> => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  const vault = localVault(store, systemClock);
  await vault.create(secret, {});
  await vault.store(secret, version, 'AWSCURRENT', payloadOf(canary));
  for (let entry = 0; entry < 20; entry += 1) {
    const detail = 'seen '.repeat(800);
    await localLedger(store).append({ ...entryOf('r-1', 'chat' as never, entry, 'begin'), detail });
  }
  store.close();
  return folder;
};

/** The folder's two files by their hashes; SQLite's own two beside them come and go. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !/-(wal|shm)$/.test(name) && statSync(join(folder, name)).isFile())
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

const refusal = (folder: string): StoreError => {
  const before = filesOf(folder);
  try {
    openStore(folder).close();
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    expect(filesOf(folder)).toEqual(before);
    return error as StoreError;
  }
  throw new Error('The store was opened.');
};

describe('a folder', () => {
  // Node 20 never returned from the recursive mkdir there.
  it('that cannot be made is refused', () => {
    expect(() => openStore('/proc/nope')).toThrow(StoreError);
  });

  it('that is a file is refused, and stays what it is', () => {
    const path = join(temporaryFolder(), 'notes.txt');
    writeFileSync(path, 'mine');
    expect(() => openStore(path)).toThrow(StoreError);
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('below others that are missing is made with them', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    opened(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});

describe('the store of one machine', () => {
  it('is made where there is none, for its owner only', () => {
    const folder = join(temporaryFolder(), 'deep', 'store');
    opened(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of ['keyturn.db', 'vault.key']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('keeps no secret in the clear, in none of its files', async () => {
    const folder = await usedFolder();
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1'));
    expect(files.join('\n')).not.toContain(canary.slice(0, 16));
    expect(files.join('\n')).toContain('keyturn/openai/chat');
    const read = await localVault(opened(folder), systemClock).read(secret, version, 'AWSCURRENT');
    expect(read?.apiKey.expose()).toBe(canary);
  });

  it('may be opened many times at once', async () => {
    const folder = temporaryFolder();
    const ledgers = Array.from({ length: 5 }, () => localLedger(opened(folder)));
    await Promise.all(ledgers.map((ledger, index) => ledger.append(entryOf('r-1', 'chat' as never, index, 'begin'))));
    expect(await ledgers[0]!.entries('r-1' as never)).toHaveLength(5);
  });

  it('undoes what a failed piece of work has written', async () => {
    const store = opened(temporaryFolder());
    const failing = store.write((sql) => {
      sql.run('INSERT INTO secrets (name, tags) VALUES (?, ?)', 'half', '{}');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await localVault(store, systemClock).describe(secretName('half'))).toBeNull();
  });

  it('says that nothing was changed when another process holds it for too long', async () => {
    const folder = temporaryFolder();
    const store = openStore(folder, 50);
    onTestFinished(store.close);
    const other = new Database(join(folder, 'keyturn.db'));
    other.exec('BEGIN IMMEDIATE');
    await expect(store.write(() => undefined)).rejects.toMatchObject({ name: 'NothingChanged' });
    other.exec('ROLLBACK');
    other.close();
    await store.write(() => undefined);
  });
});

describe('a store that cannot be used is reported and left as it is:', () => {
  const database = 'keyturn.db';

  it.each([
    ['a file without bytes', () => Buffer.alloc(0), 'damaged'],
    ['a few bytes', () => Buffer.from('SQLite'), 'damaged'],
    ['another kind of file', () => Buffer.from('accounts:\n'.repeat(2000)), 'not a store of Keyturn'],
    ['a file cut in the middle of a page', (bytes: Buffer) => bytes.subarray(0, bytes.length - 10), 'damaged'],
    ['a file cut between pages', (bytes: Buffer) => bytes.subarray(0, 3 * 4096), 'damaged'],
    ['a header only', (bytes: Buffer) => bytes.subarray(0, 4096), 'damaged'],
    [
      'pages that were overwritten',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(bytes.length - 4096, 0xa5)]),
      'damaged',
    ],
  ])('%s', async (_, change, what) => {
    const folder = await usedFolder();
    const path = join(folder, database);
    writeFileSync(path, change(readFileSync(path)));
    const { message } = refusal(folder);
    expect(message).toContain(what);
    expect(message).toContain(path);
    expect(message).toContain('Nothing was changed.');
  });

  it("another program's database", () => {
    const folder = temporaryFolder();
    const other = new Database(join(folder, database));
    other.exec('CREATE TABLE songs (title TEXT)');
    other.close();
    expect(refusal(folder).message).toContain('not a store of Keyturn');
  });

  it('one of a newer version', async () => {
    const folder = await usedFolder();
    const newer = new Database(join(folder, database));
    newer.exec('PRAGMA user_version = 3');
    newer.close();
    expect(refusal(folder).message).toMatch(/version 3, and this Keyturn reads versions up to 2[\s\S]*newer/);
  });

  it('a database whose key is missing', async () => {
    const folder = await usedFolder();
    rmSync(join(folder, 'vault.key'));
    expect(refusal(folder).message).toMatch(/vault\.key is missing/);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, 20)],
    ['of another store', (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1)],
    ['emptied', () => ''],
  ])('a database whose key is %s', async (_, change) => {
    const folder = await usedFolder();
    const path = join(folder, 'vault.key');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    expect(refusal(folder).message).toContain('does not belong to');
  });

  it('a key whose database is missing', async () => {
    const folder = await usedFolder();
    for (const name of readdirSync(folder)) if (name.startsWith(database)) rmSync(join(folder, name));
    expect(refusal(folder).message).toMatch(/keyturn\.db is missing/);
  });

  it('a folder that is a file', () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    expect(() => openStore(path)).toThrow(StoreError);
  });

  it('a database that is a folder', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, database));
    expect(() => openStore(folder)).toThrow(StoreError);
  });
});

describe('a store of version 1', () => {
  /** As Keyturn 0.1.0 left it, with what `usedFolder` has in it. */
  const olderFolder = async (change = ''): Promise<string> => {
    const folder = await usedFolder();
    const database = new Database(join(folder, 'keyturn.db'));
    database.exec(`DROP TABLE prints; DROP TABLE incidents; PRAGMA user_version = 1; ${change}`);
    const later = ['incidentId', 'reportedAt', 'firstRefusedAt', 'replacedAt', 'consumersMovedAt'];
    const is = Object.fromEntries(Object.entries(obligationOf('key-1')).filter(([name]) => !later.includes(name)));
    database
      .prepare("INSERT INTO obligations VALUES ('openai', 'openai-production', 'key-1', 1, ?)")
      .run(JSON.stringify({ form: 1, is }));
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    return folder;
  };
  const look = (folder: string): { readonly version: unknown; readonly tables: readonly unknown[] } => {
    const database = new Database(join(folder, 'keyturn.db'));
    try {
      const tables = 'SELECT type, name, sql FROM sqlite_master ORDER BY name';
      return { version: database.pragma('user_version'), tables: database.prepare(tables).all() };
    } finally {
      database.close();
    }
  };

  it('is what the first migration makes', async () => {
    const folder = temporaryFolder();
    const database = new Database(join(folder, 'keyturn.db'));
    database.exec(migrations[0] ?? '');
    database.close();
    expect(look(await olderFolder()).tables).toEqual(look(folder).tables);
  });

  it('is brought to this version, with everything that was in it', async () => {
    const folder = await olderFolder();
    const store = opened(folder);
    expect(look(folder)).toEqual({ ...look(await usedFolder()), version: [{ user_version: schemaVersion }] });
    const read = await localVault(store, systemClock).read(secret, version, 'AWSCURRENT');
    expect(read?.apiKey.expose()).toBe(canary);
    const ledger = localLedger(store);
    expect(await ledger.entries('r-1' as never)).toHaveLength(20);
    const known = { incidentId: null, reportedAt: obligationOf('key-1').acceptedAt };
    expect(await ledger.obligations('open')).toEqual([obligationOf('key-1', known)]);
    const print = printOf('key-1');
    await ledger.putPrint(print);
    expect(await ledger.findPrints({ leakHash: print.leakHash })).toEqual([print]);
  });

  it('is brought to it while an earlier Keyturn has it open, which goes on with it', async () => {
    const folder = await olderFolder();
    const earlier = new Database(join(folder, 'keyturn.db'));
    const count = earlier.prepare('SELECT count(*) AS entries FROM entries');
    expect(count.get()).toMatchObject({ entries: 20 });
    await localLedger(opened(folder)).append(entryOf('r-1', 'chat' as never, 21, 'begin'));
    expect(count.get()).toMatchObject({ entries: 21 });
    earlier.close();
  });

  it('stays what it is when it cannot be brought to it', async () => {
    const folder = await olderFolder('CREATE TABLE incidents (id TEXT);');
    const before = look(folder);
    expect(refusal(folder).message).toContain('Nothing was changed.');
    expect(look(folder)).toEqual(before);
  });

  it('stays what it is when its key is missing', async () => {
    const folder = await olderFolder();
    rmSync(join(folder, 'vault.key'));
    expect(refusal(folder).message).toMatch(/vault\.key is missing/);
    expect(look(folder).version).toEqual([{ user_version: 1 }]);
  });

  it('stays what it is while another process holds it', async () => {
    const folder = await olderFolder();
    const other = new Database(join(folder, 'keyturn.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(() => openStore(folder, 50)).toThrow('is busy');
    other.exec('ROLLBACK');
    expect(look(folder).version).toEqual([{ user_version: 1 }]);
    other.close();
    opened(folder);
    expect(look(folder).version).toEqual([{ user_version: schemaVersion }]);
  });
});

describe('a fingerprint', () => {
  const printIn = (folder: string) => localFingerprints(opened(folder)).of(payloadOf(canary).apiKey);

  it('is the same after the folder was closed, opened and copied, and another in another folder', async () => {
    const folder = await usedFolder();
    const copy = temporaryFolder();
    for (const name of ['keyturn.db', 'vault.key']) copyFileSync(join(folder, name), join(copy, name));
    const print = await printIn(folder);
    expect(await printIn(folder)).toEqual(print);
    expect(await printIn(copy)).toEqual(print);
    expect((await printIn(await usedFolder())).fingerprint).not.toBe(print.fingerprint);
  });
});

describe('a sealed value', () => {
  it('does not open at another place', async () => {
    const folder = await usedFolder();
    const store = opened(folder);
    await store.write(
      (sql) =>
        sql.run('PRAGMA defer_foreign_keys = ON') +
        sql.run("UPDATE versions SET id = 'v-2'") +
        sql.run("UPDATE labels SET version = 'v-2'"),
    );
    const reading = localVault(store, systemClock).read(secret, versionId('v-2'), 'AWSCURRENT');
    await expect(reading).rejects.toMatchObject({ name: 'NeedsPerson' });
  });

  it('is sealed differently each time', async () => {
    const store = opened(temporaryFolder());
    const value = payloadOf(canary).apiKey;
    expect(store.seal('a', value)).not.toBe(store.seal('a', value));
  });

  it('opens after the folder was copied', async () => {
    const folder = await usedFolder();
    const copy = temporaryFolder();
    for (const name of ['keyturn.db', 'vault.key']) copyFileSync(join(folder, name), join(copy, name));
    const read = await localVault(opened(copy), systemClock).read(secret, version, 'AWSCURRENT');
    expect(read?.apiKey.expose()).toBe(canary);
  });
});
