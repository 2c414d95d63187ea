import { expect, test } from 'vitest';
import type { AccessLog } from '../../functions/aws/access-log.ts';
import { accessLines } from '../../functions/cli/access-lines.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { instant, keyId } from '../../functions/domain/identifiers.ts';
import type { Leak } from '../../functions/domain/incident.ts';
import { providers } from '../../functions/providers/index.ts';
import { parseRegister } from '../../functions/register/load.ts';
import { makeIo, makeWorld, registerText } from './world.ts';

const principal: Leak = { kind: 'principal', principal: 'AKIAIOSFODNN7EXAMPLE' };
const { credentials } = parseRegister(registerText, 'credentials.yaml', { providers });
const keys = [
  ...credentials.map((credential) => ({ keyId: keyId('key_a'), credentialId: credential.id, credential })),
  { keyId: keyId('key_b'), credentialId: 'gone', credential: null },
];
const now = Date.UTC(2026, 10, 21, 9);

const linesOf = async (accessLog: AccessLog | null, leak: Leak = principal): Promise<string> => {
  const world = await makeWorld(now);
  try {
    const { io } = makeIo({}, world.folder, world.clock, () => 'id');
    const lines = await world.ports((ports) => accessLines(leak, keys, { accessLog, ports }, io.stdout));
    return lines.join('\n');
  } finally {
    await world.close();
  }
};

test('says of each credential whether the principal read it', async () => {
  const lines = await linesOf({
    readsOf: async (given) => ({
      since: instant(now - 90 * 86_400_000),
      lastRead: (secret) =>
        given === 'AKIAIOSFODNN7EXAMPLE' && secret === credentials[0]?.secret ? instant(now - 3_600_000) : null,
    }),
  });
  expect(lines).toMatch(/assistant-openai +read it last on 2026-11-21 08:00:00Z/);
  expect(lines).toMatch(/support-anthropic +could read it, and did not in 90 days/);
  expect(lines).toMatch(/gone +not known: it is not in the register any more/);
  expect(lines).toContain('All of them stay in the plan.');
});

test('of a look that did not reach back that far it claims no more', async () => {
  const lines = await linesOf({
    readsOf: async () => ({ since: instant(now - 3 * 86_400_000), lastRead: () => null }),
  });
  expect(lines).toMatch(/assistant-openai +could read it, and did not in 3 days/);
});

test('who had no right to look says so, and that all of it counts as read', async () => {
  const lines = await linesOf({ readsOf: () => Promise.reject(new Fault('NeedsPerson', 'AWS denied it.')) });
  expect(lines).toBe(
    'What AKIAIOSFODNN7EXAMPLE did read, nobody could look at: AWS denied it. Take all of it as read.',
  );
});

test('nothing is asked of a leak that is no principal', async () => {
  expect(await linesOf(null, { kind: 'person', person: 'alice' })).toBe('');
});

test('on one machine the plan says that nobody could look, reported and approved alike', async () => {
  const world = await makeWorld();
  try {
    await world.setUp();
    const line = 'What app did read, nobody could look at: on one machine there is no CloudTrail.';
    const asked = await world.run('compromised --principal app');
    expect(asked.stdout + asked.stderr).toContain(line);
    const { stdout } = await world.run('compromised --principal app --yes --detach');
    expect(stdout).toContain(line);
    expect(stdout).toMatch(/assistant-openai +service +stopped/);
  } finally {
    await world.close();
  }
});
