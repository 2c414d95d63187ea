import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { keyId, secretName, versionId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { engineClock } from '../../functions/local/clock.ts';
import { openLocal } from '../../functions/local/ports.ts';
import { type AllSimulators, startAll } from '../../functions/local/simulated/all.ts';
import { providers } from '../../functions/providers/index.ts';
import { parseRegister } from '../../functions/register/load.ts';
import { systemClock } from '../../functions/shell/system-clock.ts';
import { bundled } from '../rotation/kill/line-process.ts';
import { type Plan, type Proxy as ProviderProxy, startProxy } from '../rotation/kill/proxy.ts';
import { adminKeys } from './world.ts';

// `keyturn compromised --provider openai`, ten keys, as a process of its own that is killed with -9 at one request to
// the provider. Then either the same command again, or reconcile and resume alone: every key must end refused.

const count = 10;
const ids = Array.from({ length: count }, (_, index) => `assistant-${index}`);
const register = [
  'accounts:',
  '  - { id: openai-test, provider: openai, environment: test, settings: { projectId: proj_test } }',
  'credentials:',
  ...ids.flatMap((id) => [
    `  - { id: ${id}, account: openai-test, settings: { serviceAccountId: svc_acct_test }, service: ${id},`,
    '      purpose: chat, environment: test, owner: { name: Test team, contact: test-team@example.com },',
    '      tier: service, overlap: 10s, consumers: [{ name: api, cacheTtl: 2s }], expects: { models: [gpt-5.5] } }',
  ]),
].join('\n');

let program: string;
beforeAll(async () => {
  program = await bundled(new URL('../../functions/cli/main.ts', import.meta.url));
});

let folder: string;
let simulators: AllSimulators;
let proxy: ProviderProxy | undefined;
afterEach(async () => {
  await proxy?.close();
  await simulators.close();
  rmSync(folder, { recursive: true });
});

const keyturn = (line: string) => {
  const child = spawn(process.execPath, [program, ...line.split(' '), '--local'], { cwd: folder, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const ended = new Promise<{ readonly code: number | null; readonly said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, said })),
  );
  return { ended, kill: () => child.kill('SIGKILL') };
};

const withPorts = async <T>(work: (local: ReturnType<typeof openLocal>) => Promise<T>): Promise<T> => {
  const { credentials } = parseRegister(register, 'credentials.yaml', { providers });
  const { origins } = simulators;
  const local = openLocal({ folder: join(folder, '.keyturn'), credentials, origins, clock: systemClock, engineClock });
  try {
    return await work(local);
  } finally {
    local.close();
  }
};

/** Ten credentials, each with a key made by hand. */
const makeWorld = async (): Promise<readonly string[]> => {
  folder = mkdtempSync(join(tmpdir(), 'keyturn-kill-'));
  simulators = await startAll({
    openai: { adminKey: adminKeys.openai, projectId: 'proj_test', serviceAccountId: 'svc_acct_test' },
  });
  writeFileSync(join(folder, 'credentials.yaml'), register);
  mkdirSync(join(folder, '.keyturn'));
  const { openai } = simulators.simulators;
  if (openai === undefined) throw new Error('There is no simulated OpenAI.');
  return withPorts(async ({ ports: { vault } }) => {
    await vault.writeAdmin(secretName('keyturn/admin/openai/openai-test'), new SecretValue(adminKeys.openai));
    const made: string[] = [];
    for (const id of ids) {
      const key = openai.mint({ name: id });
      const secret = secretName(`keyturn/openai/${id}`);
      await vault.create(secret, {});
      const payload = { apiKey: new SecretValue(key.value), keyId: keyId(key.keyId), rotationId: null };
      await vault.store(secret, versionId('11111111-aaaa-4aaa-8aaa-111111111111'), 'AWSCURRENT', payload);
      made.push(key.keyId);
    }
    return made;
  });
};

const originsThrough = (origin: string): void =>
  writeFileSync(
    join(folder, '.keyturn', 'local.json'),
    JSON.stringify({ origins: { 'https://api.openai.com': origin } }),
  );

test.each<[Plan, readonly string[]]>([
  [{ fault: 'kill-before', at: 1 }, ['reconcile', 'resume']],
  [{ fault: 'kill-before', at: 25 }, ['compromised --provider openai --yes']],
  [{ fault: 'kill-after', at: 60 }, ['resume', 'reconcile', 'resume']],
])('killed at %j, then %j: every key of it is refused, and each credential has another', async (plan, recovery) => {
  const leaked = await makeWorld();
  const upstream = simulators.origins['https://api.openai.com'] ?? '';
  const look = () => Promise.resolve();
  let run: ReturnType<typeof keyturn> | null = null;
  proxy = await startProxy({
    upstream,
    plan,
    kill: async () => {
      run?.kill();
      await run?.ended;
    },
    look,
  });
  originsThrough(proxy.origin);
  run = keyturn('compromised --provider openai --yes');
  expect((await run.ended).code).toBeNull();
  const told: string[] = [];
  for (const command of recovery) told.push((await keyturn(command).ended).said);

  const keys = simulators.simulators['openai']?.keys() ?? [];
  const live = keys.filter(({ refusedAt }) => refusedAt === null).map(({ id }) => id);
  expect(
    live.filter((id) => leaked.includes(id)),
    told.join('\n'),
  ).toEqual([]);
  await withPorts(async ({ ports: { ledger } }) => {
    expect(
      (await ledger.obligations('open')).map((one) => one.credentialId),
      told.join('\n'),
    ).toEqual([]);
    expect((await ledger.obligations('all')).map((one) => one.keyId).toSorted()).toEqual([...leaked].toSorted());
    const serving = (await ledger.all()).map((record) => record.serving?.keyId);
    expect(serving).toHaveLength(count);
    expect(serving.filter((id) => id === undefined || !live.includes(id))).toEqual([]);
  });
});
