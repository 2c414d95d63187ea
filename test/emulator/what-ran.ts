import { readFileSync } from 'node:fs';
import { DescribeExecutionCommand, paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { countsOf } from './counts-of.ts';
import { account, region } from './deploy.ts';

/** A line of the emulator's record: a call that was held to the policies of who made it. */
type Call = { readonly who: string; readonly action: string; readonly allowed: boolean };

/** What really ran in the deployed world: the operations of each service, and how the executions of each machine ended. */
export const whatRan = async (callsFile: string, endpoint: string, providers: readonly string[]): Promise<string> => {
  const calls = readFileSync(callsFile, 'utf8')
    .trim()
    .split('\n')
    .map((line): Call => JSON.parse(line));
  const machines = new SFNClient(clientOf(endpoint));
  const ends = await Promise.all(providers.map((provider) => endsOf(provider, machines)));
  machines.destroy();
  return [
    `What ran on the emulator, each call held to the policies of who made it: ${calls.length} calls.`,
    ...countsOf(
      calls.map(({ action, allowed }) => `${action}${allowed ? '' : ' denied'}`),
      ':',
    ),
    'How the executions ended:',
    ...countsOf(ends.flat(), ' '),
  ].join('\n');
};

const endsOf = async (provider: string, client: SFNClient): Promise<readonly string[]> => {
  const stateMachineArn = `arn:aws:states:${region}:${account}:stateMachine:keyturn-${provider}`;
  const ends: string[] = [];
  for await (const { executions = [] } of paginateListExecutions({ client }, { stateMachineArn })) {
    for (const { executionArn } of executions) {
      const { status = '', error, output = '{}' } = await client.send(new DescribeExecutionCommand({ executionArn }));
      const { outcome, start } = JSON.parse(output);
      const ending: string = start === 'busy' ? 'SkippedBusy' : (outcome ?? status);
      ends.push(`${provider} ${status === 'SUCCEEDED' ? ending : (error ?? status)}`);
    }
  }
  return ends;
};
