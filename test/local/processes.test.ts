import { execFile, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { credentialId, rotationId, secretName } from '../../functions/domain/identifiers.ts';
import { acquireEngineLock } from '../../functions/local/engine-lock.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { openStore } from '../../functions/local/store.ts';
import { localVault } from '../../functions/local/vault.ts';
import { systemClock } from '../../functions/shell/system-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const writer = new URL('write-until-killed.ts', import.meta.url);
const counter = new URL('count.ts', import.meta.url);
const holder = new URL('hold-engine-lock.ts', import.meta.url);

/** Runs a program until it has said so many lines, and kills it as hard as can be. Answers with the last line. */
const killAfter = (program: URL, folder: string, lines: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(program), folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    let last = '';
    let seen = 0;
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      seen += 1;
      if (seen <= lines) last = line;
      if (seen === lines) child.kill('SIGKILL');
    });
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(last);
      else reject(new Error(`It ended by itself: ${errors}`));
    });
  });

it('what was kept survives kill -9 at any point, and what was not is not there by half', async () => {
  const folder = temporaryFolder();
  const credential = credentialId('chat');
  const secret = secretName('keyturn/openai/chat');
  for (const lines of [1, 4, 9, 17, 30]) {
    const told = Number(await killAfter(writer, folder, lines));
    const store = openStore(folder);
    const ledger = localLedger(store);
    const vault = localVault(store, systemClock);

    const { record, revision } = await ledger.read(credential);
    expect(record.epoch).toBe(revision);
    expect(record.epoch).toBeGreaterThanOrEqual(told);

    const turns = (await ledger.entries(rotationId('r-1'))).map(({ event }) => Number(event));
    expect(turns.filter((turn) => turn <= told).at(-1)).toBe(told);
    expect(turns).toEqual(turns.toSorted((one, other) => one - other));

    const versions = (await vault.describe(secret)) ?? [];
    const holders = versions.filter(({ labels }) => labels.includes('AWSCURRENT'));
    expect(holders).toHaveLength(1);
    const payload = await vault.read(secret, holders[0]!.versionId, 'AWSCURRENT');
    expect(payload?.apiKey.expose().replace('value', 'v')).toBe(holders[0]?.versionId);
    store.close();
  }
}, 120_000);

it('several processes make a store at once and lose nothing of each other', async () => {
  const folder = join(temporaryFolder(), 'store');
  const run = promisify(execFile);
  const processes = Array.from({ length: 4 }, () =>
    run(process.execPath, ['--import', 'tsx', fileURLToPath(counter), folder]),
  );
  await Promise.all(processes);
  const store = openStore(folder);
  const { record } = await localLedger(store).read(credentialId('chat'));
  store.close();
  expect(record.epoch).toBe(4 * 20);
  expect(readdirSync(folder).filter((name) => name.includes('.new-'))).toEqual([]);
}, 120_000);

it('only one process drives the engine of a folder, until it ends, however it ends', async () => {
  const folder = temporaryFolder();
  const first = acquireEngineLock(folder);
  expect(first).not.toBeNull();
  expect(acquireEngineLock(folder)).toBeNull();
  first?.release();
  const second = acquireEngineLock(folder);
  expect(second).not.toBeNull();
  second?.release();

  expect(await killAfter(holder, folder, 1)).toBe('held');
  const after = acquireEngineLock(folder);
  expect(after).not.toBeNull();
  after?.release();
}, 60_000);

it('the lock of another process is seen', async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(holder), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(acquireEngineLock(folder)).toBeNull();
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  const lock = acquireEngineLock(folder);
  expect(lock).not.toBeNull();
  lock?.release();
}, 60_000);
