import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { account, region } from './deploy.ts';
import { operatorOf, type Said } from './operator.ts';

const deployed = inject('deployed');
const idsOf = (keys: readonly { readonly id: string }[]): readonly string[] => keys.map(({ id }) => id);
type Operator = (command: string, stdin?: string) => Promise<Said>;

describe.skipIf(deployed === null)('deployed by cdk deploy, with every call held to its policies', () => {
  let keyturn: Operator;
  let machines: SFNClient;
  let endpoint = '';

  beforeAll(() => {
    if (deployed === null) return;
    keyturn = operatorOf(deployed);
    ({ endpoint } = deployed);
    machines = new SFNClient(clientOf(endpoint));
  });

  /** The first run of a provider's machine, when it has ended. */
  const firstRun = async (provider: string) => {
    const stateMachineArn = `arn:aws:states:${region}:${account}:stateMachine:keyturn-${provider}`;
    for (;;) {
      const { executions = [] } = await machines.send(new ListExecutionsCommand({ stateMachineArn }));
      const [first] = executions.filter(({ status }) => status !== 'RUNNING');
      if (first !== undefined) {
        return machines.send(new DescribeExecutionCommand({ executionArn: first.executionArn }));
      }
      await setTimeout(500);
    }
  };
  const controlOf = async (provider: string, path = '', method = 'GET'): Promise<Record<string, unknown>> => {
    const response = await fetch(`${deployed?.control ?? ''}/${provider}${path}`, { method, body: null });
    return (await response.json()) as Record<string, unknown>;
  };
  const liveKeys = async (provider: string): Promise<readonly { readonly id: string }[]> => {
    const { keys } = (await controlOf(provider)) as { keys: { id: string; refusedAt: string | null }[] };
    return keys.filter((key) => key.refusedAt === null);
  };

  it.each(['openai', 'pinecone', 'azure-openai'])('the schedule issues the first key of %s', async (provider) => {
    const { status, output } = await firstRun(provider);
    expect({ status, outcome: JSON.parse(output ?? '{}').outcome }).toEqual({ status: 'SUCCEEDED', outcome: 'Done' });
  });

  it('a key that a person made is handed in', async () => {
    const { value } = await controlOf('anthropic', '/keys', 'POST');
    const { exitCode, text } = await keyturn('submit support-anthropic', String(value));
    expect(exitCode, text).toBe(0);
    expect(text).not.toContain(value);
  });

  it.each([
    ['assistant-openai', 'openai', 1],
    ['search-pinecone', 'pinecone', 1],
    ['documents-azure-openai', 'azure-openai', 2],
  ])('%s is rotated to its end, and the old key is seen refused', async (credential, provider, alive) => {
    const before = await liveKeys(provider);
    const { exitCode, text, json } = await keyturn(`rotate ${credential}`);
    expect(exitCode, text).toBe(0);
    expect(json).toMatchObject({ outcome: 'Done' });
    const after = await liveKeys(provider);
    expect(after).toHaveLength(alive);
    expect(idsOf(after)).not.toEqual(idsOf(before));
  });

  it('a leaked key is contained first, and replaced', async () => {
    const [leaked] = await liveKeys('openai');
    const { exitCode, text, json } = await keyturn('rotate assistant-openai --emergency --contain-first --yes');
    expect(exitCode, text).toBe(0);
    expect(json).toMatchObject({ outcome: 'Done' });
    const alive = await liveKeys('openai');
    expect(alive).toHaveLength(1);
    expect(alive[0]?.id).not.toBe(leaked?.id);
  });

  it('a provider that makes no key leaves the old one in use', async () => {
    await fetch(`${deployed?.control ?? ''}/pinecone/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'status', status: 400, method: 'POST', path: '/api-keys', times: 1000 }),
    });
    const before = await liveKeys('pinecone');
    const { exitCode, json, text } = await keyturn('rotate search-pinecone');
    await fetch(`${deployed?.control ?? ''}/pinecone/faults`, { method: 'DELETE' });
    expect(exitCode, text).toBe(1);
    expect(json).toMatchObject({ outcome: 'RolledBack' });
    expect(idsOf(await liveKeys('pinecone'))).toEqual(idsOf(before));
  });

  it('no call was denied to any function', () => {
    const calls = readFileSync(deployed?.callsFile ?? '', 'utf8')
      .trim()
      .split('\n');
    const denied = calls.map((line) => JSON.parse(line)).filter(({ allowed }) => allowed === false);
    expect(denied).toEqual([]);
    expect(calls.length).toBeGreaterThan(100);
  });
});
