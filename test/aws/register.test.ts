import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { awsPorts } from '../../functions/aws/ports.ts';
import { awsRegister } from '../../functions/aws/register.ts';
import { credentialId } from '../../functions/domain/identifiers.ts';

const fileWith = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'register.json'), text);
  return join(folder, 'register.json');
};

it('reads what was compiled at synthesis', async () => {
  const chat = { id: 'chat', target: { provider: 'openai' } };
  const register = awsRegister(fileWith(JSON.stringify({ accounts: [], credentials: [chat] })));
  expect(await register.credential(credentialId('chat'))).toEqual(chat);
  expect(await register.credential(credentialId('other'))).toBeNull();
  expect(await register.credentials()).toEqual([chat]);
});

it.each(['', '{', '{}', '{"credentials":[{}]}'])('asks for a person when the file holds %j', async (text) => {
  const reading = awsRegister(fileWith(text)).credentials();
  await expect(reading).rejects.toMatchObject({ name: 'NeedsPerson' });
});

it('asks for a person when the file is absent', async () => {
  await expect(awsRegister('/nowhere/register.json').credentials()).rejects.toMatchObject({ name: 'NeedsPerson' });
});

it('names the environment variables that a function lacks', () => {
  expect(() => awsPorts({ KEYTURN_PROVIDER: 'openai' })).toThrow(/KEYTURN_LEDGER_TABLE.*KEYTURN_STATE_MACHINE_ARN/);
});
