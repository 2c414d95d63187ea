import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Credential } from '../../domain/credential.ts';
import { keyId, rotationId, versionId } from '../../domain/identifiers.ts';
import { current, holderOf } from '../../domain/labels.ts';
import type { RotationRequest } from '../../domain/rotation.ts';
import { SecretValue } from '../../domain/secret-value.ts';
import { strategyOf } from '../../providers/connect.ts';
import { providerOf, providers } from '../../providers/index.ts';
import { loadRegister } from '../../register/load.ts';
import { fetchHttp } from '../../shell/fetch-http.ts';
import { guardOutput } from '../../shell/guard-output.ts';
import { systemClock } from '../../shell/system-clock.ts';
import { rotationRequest } from '../../triggers/request.ts';
import { startDue } from '../../triggers/start-due.ts';
import { acquireEngineLock } from '../engine-lock.ts';
import { type Local, openLocal } from '../ports.ts';
import { startAll } from '../simulated/all.ts';
import { type Consumer, startConsumer } from './consumer.ts';
import { canariesOf, canaryHits, orphanKeys } from './judge.ts';
import { activationLagSeconds, cacheTtlSeconds, registerText, worlds } from './register.ts';
import { type Row, rowOf, table } from './report.ts';
import { Timeline } from './timeline.ts';

/**
 * The main job, shown: four credentials are rotated on schedule, one of them then as an emergency, against simulated
 * providers on loopback. The clock is real. Everything is in a folder of its own.
 */
const demonstrate = async (json: boolean): Promise<0 | 1> => {
  const written: string[] = [];
  const write = (line: string): void => {
    written.push(line);
    (json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const unguessable = (): string => randomBytes(24).toString('hex');
  const clientId = randomUUID();
  const pinecone = { clientId, clientSecret: unguessable() };
  const azure = { tenantId: randomUUID(), clientId, clientSecret: unguessable() };
  const admins = {
    openai: `sk-admin-${unguessable()}`,
    pinecone: JSON.stringify(pinecone),
    anthropic: `sk-ant-admin01-${unguessable()}`,
    'azure-openai': JSON.stringify(azure),
  };
  const { simulators, origins, close } = await startAll({
    openai: { ...worlds.openai, adminKey: admins.openai },
    pinecone: { ...worlds.pinecone, ...pinecone },
    anthropic: { ...worlds.anthropic, adminKey: admins.anthropic },
    'azure-openai': { ...worlds['azure-openai'], ...azure },
  });

  const folder = mkdtempSync(join(tmpdir(), 'keyturn-demo-'));
  const registerFile = join(folder, 'credentials.yaml');
  writeFileSync(registerFile, registerText);
  writeFileSync(join(folder, 'local.json'), JSON.stringify({ origins }));
  const { accounts, credentials } = loadRegister(registerText, registerFile, { providers });
  const local = openLocal({ folder, credentials, origins });
  const lock = acquireEngineLock(folder);
  if (lock === null) throw new Error(`Another process drives the engine of ${folder}.`);
  const { ports } = local;

  for (const { provider, adminSecret } of accounts) {
    const text = Object.entries(admins).find(([id]) => id === provider)?.[1] ?? '';
    await ports.vault.writeAdmin(adminSecret, new SecretValue(text));
  }
  const handMade = (provider: string): { readonly keyId: string; readonly value: string } => {
    const simulator = simulators[provider];
    const [slot] = provider === 'azure-openai' ? (simulator?.keys() ?? []) : [];
    const key = slot === undefined ? simulator?.mint({ name: 'by hand' }) : { keyId: slot.id, value: slot.value };
    if (key === undefined) throw new Error(`There is no simulated ${provider}.`);
    return key;
  };
  // As an operator finds them: secrets that people filled. Pinecone shows nothing of a key's value, so its id is there.
  for (const { secret, target } of credentials) {
    const made = handMade(target.provider);
    const apiKey = new SecretValue(made.value);
    const known = target.provider === 'pinecone' ? keyId(made.keyId) : null;
    await ports.vault.create(secret, {});
    await ports.vault.store(secret, versionId(randomUUID()), 'by-hand', { apiKey, keyId: known, rotationId: null });
  }

  // The keys made by hand are young as well: the vendors refuse them for a moment.
  await systemClock.sleep(activationLagSeconds);

  const startedAt = ports.clock.now();
  const terminal = json ? process.stderr : process.stdout;
  const timeline = new Timeline(local, startedAt, write, terminal.isTTY ? terminal.columns : null);
  write('Keyturn rotates four credentials at simulated providers on this machine. Time is real; what is hours or');
  write(`days in earnest is seconds here: overlaps of 7 to 12 s, consumers that cache a key for ${cacheTtlSeconds} s.`);
  write(`Everything is kept in ${folder}\n`);

  const http = fetchHttp(origins);
  const consumers = credentials.map((credential) =>
    startConsumer(credential, { vault: ports.vault, http, clock: systemClock }),
  );
  const stop = new AbortController();
  const engine = local.engine.run(stop.signal);
  const ticking = tickUntil(stop.signal, timeline);

  const requests = await startScheduled(local, credentials, timeline);
  const claude = theOne(credentials, 'anthropic');
  const pasted = handMade('anthropic').value;
  const submitted = submit(claude, folder, registerFile, pasted, timeline, written).then((output) =>
    adoptedBy(local, claude, output, timeline),
  );
  const openai = theOne(credentials, 'openai');
  await ended(
    local,
    requests.filter((request) => request.credentialId === openai.id),
  );
  requests.push(await startEmergency(local, openai, timeline));
  requests.push(await submitted);
  await ended(local, requests);

  // A consumer may still hold its cached key: what it does with it counts.
  await systemClock.sleep(cacheTtlSeconds + 0.5);
  for (const consumer of consumers) await consumer.stop();
  stop.abort();
  await Promise.all([engine, ticking]);
  await timeline.tick();

  const rows = await Promise.all(
    requests.map((request) => rowOf(local.journal, request, strategyOf(providerOf(request.target.provider)))),
  );
  const failures = consumerFailures(rows, consumers);
  const orphans = await orphanKeys(simulators, credentials, ports.vault);
  lock.release();
  local.close();
  await close();
  const byStart = [...rows].sort((left, right) => ((left.startedAt ?? '') < (right.startedAt ?? '') ? -1 : 1));
  write(`\n${table(byStart, failures.ofRow)}\n`);
  write('Times are counted from the start of each rotation.');
  write('(+n): calls that failed because the leaked key was contained first, as declared.');
  const canaries = canariesOf(simulators, Object.values(admins));
  const result = {
    rotations: rows,
    consumerFailures: failures.total,
    orphanKeys: orphans.length,
    canaryHits: canaryHits(canaries, [written.join('\n'), JSON.stringify(rows)], folder),
  };
  const calls = consumers.reduce((sum, consumer) => sum + consumer.calls(), 0);
  write(`Consumers made ${calls} calls; ${result.consumerFailures} failed outside the declared containment.`);
  write(
    `Orphan keys at the providers: ${result.orphanKeys}. Secrets found in output, logs or files: ${result.canaryHits}.`,
  );
  const good =
    rows.length === 5 &&
    rows.every((row) => row.outcome === 'Done') &&
    result.consumerFailures + result.orphanKeys + result.canaryHits === 0;
  write(
    good ? 'Every old key was seen refused before anything was called done.' : `Not as it should be: look in ${folder}`,
  );
  if (good) rmSync(folder, { recursive: true });
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return good ? 0 : 1;
};

const theOne = (credentials: readonly Credential[], provider: string): Credential => {
  const found = credentials.find(({ target }) => target.provider === provider);
  if (found === undefined) throw new Error(`The register has no credential of ${provider}.`);
  return found;
};

/** What the schedule does: everything that is due, and a reminder for the key that only a person can make. */
const startScheduled = async (
  local: Local,
  credentials: readonly Credential[],
  timeline: Timeline,
): Promise<RotationRequest[]> => {
  const started: RotationRequest[] = [];
  const { executions } = local.ports;
  const watched: Local['ports']['executions'] = {
    ...executions,
    start: (request) => {
      started.push(request);
      timeline.follow(request);
      return executions.start(request);
    },
  };
  const { reminded } = await startDue(
    { ...local.ports, executions: watched },
    { strategyOf: (id) => strategyOf(providerOf(id)), maximumStarts: credentials.length, letCallsLandSeconds },
  );
  timeline.say('schedule', `${started.length} rotations are due and started`);
  for (const credential of reminded) timeline.say(credential, 'its owner is reminded: only a person can make this key');
  return started;
};

const letCallsLandSeconds = 20;

/** A person pastes the key that was made in the provider's console; the command is a process of its own. */
const submit = async (
  { id }: Credential,
  folder: string,
  registerFile: string,
  value: string,
  timeline: Timeline,
  written: string[],
): Promise<string> => {
  timeline.say(id, 'a person submits a new key: keyturn submit, in a second process');
  const bin = fileURLToPath(new URL('../../cli/keyturn.mjs', import.meta.url));
  const command = ['submit', id, '--local', '--detach', '--json', '--store', folder, '--register', registerFile];
  const child = spawn(process.execPath, [bin, ...command], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(`${value}\n`);
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const text = Buffer.concat(output).toString('utf8');
  written.push(text);
  if (code !== 0) throw new Error(`keyturn submit ended with ${String(code)}:\n${text}`);
  return text;
};

/** The rotation that `submit` has started, as the journal has it. */
const adoptedBy = async (
  local: Local,
  credential: Credential,
  output: string,
  timeline: Timeline,
): Promise<RotationRequest> => {
  const [name] = new RegExp(`${credential.id}-[0-9]{8}-[0-9a-f]{8}`).exec(output) ?? [];
  if (name === undefined || (await local.journal.read(name)) === null)
    throw new Error('keyturn submit started nothing.');
  const at = local.ports.clock.now();
  const like = rotationRequest({
    credential,
    urgency: 'scheduled',
    requestKey: '',
    at,
    reason: '',
    letCallsLandSeconds,
  });
  const request = { ...like, rotationId: rotationId(name) };
  timeline.follow(request);
  return request;
};

/** "This key leaked": contain first, replace, and see it refused. */
const startEmergency = async (local: Local, credential: Credential, timeline: Timeline): Promise<RotationRequest> => {
  const { vault, executions, clock } = local.ports;
  const version = holderOf((await vault.describe(credential.secret)) ?? [], current);
  const leaked = version && (await vault.read(credential.secret, version, current))?.keyId;
  const request = rotationRequest({
    credential,
    urgency: 'emergency',
    requestKey: `leaked/${String(leaked)}`,
    at: clock.now(),
    reason: 'reported as leaked',
    containFirst: true,
    leakedKeyId: leaked || null,
    letCallsLandSeconds,
  });
  timeline.say(credential.id, `EMERGENCY: ${String(leaked)} is reported as leaked: contain first, then replace`);
  timeline.follow(request);
  await executions.start(request);
  return request;
};

const ended = async (local: Local, requests: readonly RotationRequest[]): Promise<void> => {
  for (const { rotationId } of requests) {
    while ((await local.journal.read(rotationId))?.status === 'running') await systemClock.sleep(0.1);
  }
};

const tickUntil = async (signal: AbortSignal, timeline: Timeline): Promise<void> => {
  while (!signal.aborted) {
    await timeline.tick();
    await systemClock.sleep(0.1);
  }
};

/** Refusals between a containment and the moment that caches have run out after the cut-over are declared. */
const consumerFailures = (rows: readonly Row[], consumers: readonly Consumer[]) => {
  const declared = rows
    .filter((row) => row.containedAt !== null)
    .map((row) => ({
      credential: row.credential,
      // The key may die a little before its containment is on record.
      from: Date.parse(row.startedAt ?? ''),
      to: Date.parse(row.cutOverAt ?? '') + (cacheTtlSeconds + 1) * 1000,
    }));
  const isDeclared = (credential: string, at: number): boolean =>
    declared.some((window) => window.credential === credential && at >= window.from && at <= window.to);
  const count = (credential: string, wanted: boolean): number =>
    consumers
      .filter((consumer) => consumer.credentialId === credential)
      .flatMap((consumer) => consumer.refusals)
      .filter((at) => isDeclared(credential, at) === wanted).length;
  return {
    total: consumers.reduce((sum, { credentialId }) => sum + count(credentialId, false), 0),
    ofRow: (row: Row): string =>
      row.containedAt === null
        ? String(count(row.credential, false))
        : `${count(row.credential, false)} (+${count(row.credential, true)})`,
  };
};

guardOutput();
process.exitCode = await demonstrate(process.argv.includes('--json'));
