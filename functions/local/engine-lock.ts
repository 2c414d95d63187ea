import { join } from 'node:path';
import Database from 'libsql';
import { StoreError } from './store-error.ts';

export interface EngineLock {
  readonly release: () => void;
}

/**
 * Only one process may drive the engine of a folder. The kernel frees the lock when the process ends, however it ends.
 * Keep the answer: a lock that nothing refers to is collected, and free.
 *
 * @returns null while another process has it
 * @throws StoreError when the lock's file cannot be used
 */
export const acquireEngineLock = (folder: string): EngineLock | null => {
  const path = join(folder, 'engine.lock');
  let database: Database.Database | undefined;
  try {
    database = new Database(path);
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return null;
    throw new StoreError(
      `The lock ${path} cannot be taken.`,
      'It cannot be written, or it is not a lock of Keyturn.',
      'Look at the permissions of its folder; a file that is not a lock can be deleted.',
    );
  }
  const held = database;
  return {
    release: () => {
      held.close();
    },
  };
};
