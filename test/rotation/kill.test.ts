import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { versionId } from '../../functions/domain/identifiers.ts';
import { current, holderOf } from '../../functions/domain/labels.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { openLocal } from '../../functions/local/ports.ts';
import { simulatedOpenai } from '../../functions/local/simulated/openai.ts';
import { startSimulator } from '../../functions/local/simulated/server.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { sweepStrays } from '../../functions/watch/sweep-strays.ts';
import { lane } from './kill-lane.ts';

const script = fileURLToPath(new URL('drive-until-killed.ts', import.meta.url));

const lanes = 10;
const killsPerLane = 2;
/** A rotation of these lanes takes about five seconds: a kill may hit any part of it. */
const longestLifeMilliseconds = 2_500;

/** Moments that differ from run to run would find more, and could not be run again: these are fixed. */
const momentOf = (number: number, kill: number): number => (((number * killsPerLane + kill) * 7_919) % 97) / 97;

const killedRotation = async (number: number) => {
  const { credential, request } = lane(number);
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-kill-'));
  const simulator = await startSimulator(simulatedOpenai, { options: { revocationLagSeconds: 1 } });
  const open = () => openLocal({ folder, credentials: [credential], http: fetchHttp(simulator.origins) });
  const seeded = open();
  const { vault } = seeded.ports;
  await vault.writeAdmin(credential.target.adminSecret, new SecretValue('sk-admin-simulated-0123456789abcdefghij'));
  const made = simulator.mint({ name: 'by hand' });
  const payload = { apiKey: new SecretValue(made.value), keyId: null, rotationId: null };
  await vault.create(credential.secret, {});
  await vault.store(credential.secret, versionId('11111111-aaaa-4aaa-8aaa-111111111111'), current, payload);
  seeded.close();

  const drive = () => {
    const question = JSON.stringify({ number, folder, origins: simulator.origins });
    return spawn(process.execPath, ['--import', 'tsx', script, question], { stdio: ['ignore', 'pipe', 'inherit'] });
  };
  let killed = 0;
  for (let kill = 0; kill < killsPerLane; kill += 1) {
    const child = drive();
    await lineOf(child);
    await pause(momentOf(number, kill) * longestLifeMilliseconds);
    child.kill('SIGKILL');
    const [, signal] = await closed(child);
    if (signal === 'SIGKILL') killed += 1;
  }
  const last = drive();
  const lines: string[] = [];
  createInterface({ input: last.stdout }).on('line', (line) => lines.push(line));
  await closed(last);

  const judged = open();
  const { ports } = judged;
  const strays = await sweepStrays(ports, { provider: null, graceSeconds: 0, dryRun: false });
  const version = holderOf((await ports.vault.describe(credential.secret)) ?? [], current);
  const serving = version && (await ports.vault.read(credential.secret, version, current));
  const { record } = await ports.ledger.read(credential.id);
  judged.close();
  const live = simulator.keys().filter((key) => key.refusedAt === null);
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
  return {
    outcome: lines.at(-1),
    rotation: request.rotationId,
    killed,
    strays: strays.length,
    lease: record.lease,
    onlyTheServingKeyLives: live.length === 1 && live[0]?.id === serving?.keyId,
    oldIsDead: !live.some((key) => key.id === made.keyId),
  };
};

const closed = (child: ChildProcess): Promise<readonly [number | null, string | null]> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve([child.exitCode, child.signalCode])
    : new Promise((resolve) => child.once('close', (code, signal) => resolve([code, signal])));

const lineOf = ({ stdout }: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    stdout?.once('data', () => resolve());
  });

describe('kill -9 of the process that drives a rotation', () => {
  it(`at ${lanes * killsPerLane} moments, each followed by a restart: it ends as it should, and nothing is left`, async () => {
    const results = [];
    for (let number = 0; number < lanes; number += 5) {
      const batch = Array.from({ length: Math.min(5, lanes - number) }, (_, index) => killedRotation(number + index));
      results.push(...(await Promise.all(batch)));
    }
    for (const result of results) {
      expect(result).toMatchObject({ outcome: 'Done', lease: null, onlyTheServingKeyLives: true, oldIsDead: true });
    }
    // A process that had ended before its moment was not killed: most must have been.
    expect(results.reduce((sum, { killed }) => sum + killed, 0)).toBeGreaterThan(lanes);
  }, 300_000);
});
