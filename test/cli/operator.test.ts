import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Answer, Call } from '../../functions/cli/call.ts';
import { leadReport } from '../../functions/cli/compromised.ts';
import { reportLeak } from '../../functions/cli/report-leak.ts';
import type { Session } from '../../functions/cli/session.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { accountId, credentialId, keyId } from '../../functions/domain/identifiers.ts';
import type { Leak } from '../../functions/domain/incident.ts';
import { providers } from '../../functions/providers/index.ts';
import { parseRegister } from '../../functions/register/load.ts';
import { manualClock } from '../support/manual-clock.ts';
import { makeIo, makeWorld, registerText, type World } from './world.ts';

// On AWS a person may start executions, and read neither admin secrets nor the workloads' values.

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.setUp();
});
afterEach(() => world.close());

const denied = () => Promise.reject(new Fault('NeedsPerson', 'AWS answered AccessDeniedException.'));

/** What an operator on AWS reports and confirms; the executions are then driven by somebody who may do more. */
const report = async (leak: Leak): Promise<{ readonly answer: Answer; readonly said: string }> => {
  const said: string[] = [];
  const { io } = makeIo({}, world.folder, manualClock(world.clock.now()), () => 'id-of-operator');
  const call: Call = {
    io,
    arguments: { positionals: [], switches: new Set(['yes', 'detach']), values: new Map() },
    say: (line) => said.push(line),
    isInteractive: false,
    ifInterrupted: () => undefined,
  };
  const answer = await world.ports(({ ...ports }) => {
    const session: Session = {
      ports: { ...ports, connect: denied, vault: { ...ports.vault, read: denied, readAdmin: denied } },
      register: parseRegister(registerText, 'credentials.yaml', { providers }),
      registerFile: 'credentials.yaml',
      http: { send: denied },
      adminVault: ports.vault,
      accessLog: null,
      deployment: null,
      flags: '',
      letCallsLandSeconds: 30,
      advance: () => Promise.resolve(),
      waitOf: () => Promise.resolve(null),
      running: null,
      close: () => Promise.resolve(),
    };
    return reportLeak(call, session, leadReport(call, session, leak), ({ keyId: key }) => `Stop ${key}?`);
  });
  return { answer, said: said.join('\n') };
};

const live = (): readonly string[] =>
  world.openai
    .keys()
    .filter(({ refusedAt }) => refusedAt === null)
    .map(({ id }) => id);
const leakOf = (key: string): Leak => ({
  kind: 'key',
  provider: 'openai',
  account: accountId('openai-test'),
  keyId: keyId(key),
});

test('a key that the ledger does not know is contained by its id, and it is said that nobody could look', async () => {
  const serving = live();
  const { keyId: stray } = world.openai.mint({ name: 'by hand' });
  const { answer, said } = await report(leakOf(stray));
  expect(answer).toMatchObject({ exitCode: 0, json: { started: true } });
  expect(said).toContain('Nothing here can tell whether that key exists: AWS answered AccessDeniedException.');
  expect((await world.run('resume')).code).toBe(0);
  expect(live()).toEqual(serving);
  const [incident] = await world.ports(({ ledger }) => ledger.incidents(null));
  expect(incident?.reason).toContain('its id was not checked');
  expect(await world.ports(({ ledger }) => ledger.obligations('all'))).toMatchObject([
    {
      keyId: stray,
      refusedAt: expect.any(String),
      evidence: expect.stringContaining('; its id was not checked against a listing before'),
    },
  ]);
  const { stdout } = await world.run(`incident ${incident?.incidentId ?? ''}`);
  expect(stdout).toContain('so a mistyped one would look the same');
});

test('where nobody can say what serves, a key that serves after all is replaced', async () => {
  const [old] = live();
  await world.ports(async ({ ledger }) => {
    const { record, revision } = await ledger.read(credentialId('assistant-openai'));
    await ledger.replace({ ...record, serving: null }, revision);
  });
  const { said } = await report(leakOf(old ?? ''));
  expect(said).toContain('Contain first');
  expect((await world.run('resume')).code).toBe(0);
  expect(live()).toHaveLength(1);
  expect(live()).not.toContain(old);
});

test('what a credential serves is known from the record of its version, without reading its value', async () => {
  const [old] = live();
  const { said } = await report({ kind: 'credential', credentialId: credentialId('assistant-openai') });
  expect(said).toContain(String(old));
  expect(said).not.toContain('Nothing here can tell');
});
