import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { registerText, worlds } from '../../functions/local/demo/register.ts';
import { startAll } from '../../functions/local/simulated/all.ts';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { admins } from './admins.ts';
import { deploy, synthesise } from './deploy.ts';
import { installEmulator, startEmulator } from './emulator.ts';
import { operatorOf, type Said } from './operator.ts';

export interface CountedWorld {
  readonly endpoint: string;
  /** A line of JSON for each call that was held to a policy. */
  readonly callsFile: string;
  /** Of the simulated providers. */
  readonly control: string;
  readonly keyturn: (command: string, stdin?: string) => Promise<Said>;
  readonly machines: SFNClient;
  readonly table: DynamoDBClient;
  readonly stop: () => Promise<void>;
}

/**
 * Pinecone has three credentials, each in a project of its own, and the others one: so what a sweep asks for each can be
 * told from what it asks for once.
 */
const projects = ['11111111-2222-4333-8444-555555555555', randomUUID(), randomUUID()];
const register = registerText.replace(/ {2}- id: search-pinecone\n(?: {4}.*\n)*/, (entry) =>
  ['search', 'find', 'rank']
    .map((name, index) => `${entry.replaceAll('search', name)}    settings: { projectId: ${projects[index] ?? ''} }\n`)
    .join(''),
);
/** An emulator of its own, in which no schedule wakes anything, no vendor lags and waits take their time. */
export const startCountedWorld = async (): Promise<CountedWorld> => {
  const python = installEmulator();
  if (python === null) throw new Error('The emulator was there a moment ago.');
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-counted-'));
  const registerFile = join(folder, 'credentials.yaml');
  const templates = join(folder, 'cdk.out');
  writeFileSync(registerFile, register);
  const promptly = { activationLagSeconds: 0, revocationLagSeconds: 0, projectIds: projects };
  const { origins, control, close } = await startAll(
    Object.fromEntries(Object.entries(worlds).map(([id, options]) => [id, { ...options, ...promptly }])),
  );
  const emulator = await startEmulator(python, { folder, origins, waitScale: 1 });
  synthesise(registerFile, templates);
  withoutSchedules(templates);
  deploy(templates, emulator.endpoint);
  emulator.enforcePolicies();
  const { endpoint, callsFile } = emulator;
  const client = clientOf(endpoint);
  const keyturn = operatorOf({ endpoint, registerFile, origins });
  for (const [accountId, admin] of Object.entries(admins)) await keyturn(`admin set ${accountId}`, admin);
  return {
    endpoint,
    callsFile,
    control,
    keyturn,
    machines: new SFNClient(client),
    table: new DynamoDBClient(client),
    stop: async () => {
      await Promise.all([emulator.stop(), close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Nothing runs that is not asked for. */
const withoutSchedules = (templates: string): void => {
  for (const file of readdirSync(templates).filter((name) => name.endsWith('.template.json'))) {
    const path = join(templates, file);
    const template = JSON.parse(readFileSync(path, 'utf8')) as { Resources: Record<string, { Type: string }> };
    const kept = Object.entries(template.Resources).filter(([, { Type }]) => Type !== 'AWS::Scheduler::Schedule');
    writeFileSync(path, JSON.stringify({ ...template, Resources: Object.fromEntries(kept) }));
  }
};
