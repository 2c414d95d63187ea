import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { awsExecutions } from '../../functions/aws/executions.ts';
import { rotationId } from '../../functions/domain/identifiers.ts';
import { requestOf } from '../conformance/ports/samples.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const arn = (provider: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:keyturn-${provider}`;
const executionsThat = async (replies: readonly Reply[]) => {
  const { client, received } = await stubService(replies);
  return { executions: awsExecutions(arn, new SFNClient(client)), received };
};
const absent = failure(400, 'ExecutionDoesNotExist');
const described = (state: object): Reply => ({ status: 200, body: state });
const started: Reply = { status: 200, body: { executionArn: 'x', startDate: 1 } };

describe('looking at a run', () => {
  it.each([
    [{ status: 'RUNNING' }, 'running', null],
    [{ status: 'PENDING_REDRIVE' }, 'running', null],
    [{ status: 'SUCCEEDED', output: '{"outcome":"Done","start":"create"}' }, 'ended', 'Done'],
    [{ status: 'SUCCEEDED', output: '{"outcome":"Superseded"}' }, 'ended', 'Superseded'],
    [{ status: 'SUCCEEDED', output: '{"start":"busy"}' }, 'ended', 'SkippedBusy'],
    [{ status: 'FAILED', error: 'RolledBack' }, 'ended', 'RolledBack'],
    [{ status: 'FAILED', error: 'States.Runtime' }, 'ended', null],
    [{ status: 'TIMED_OUT' }, 'ended', null],
    [{ status: 'ABORTED' }, 'ended', null],
  ])('%o is %s, %s', async (state, status, outcome) => {
    const { executions, received } = await executionsThat([described(state)]);
    expect(await executions.look({ rotationId: rotationId('r-1'), provider: 'openai' })).toEqual({ status, outcome });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:keyturn-openai:r-1',
    });
  });

  it('does not take an outage for an absent run', async () => {
    const { executions } = await executionsThat([failure(500, 'InternalFailure')]);
    const looking = executions.look({ rotationId: rotationId('r-1'), provider: 'openai' });
    await expect(looking).rejects.toMatchObject({ name: 'NothingChanged' });
  });
});

describe('starting a run', () => {
  it('names it after the rotation and hands over the request', async () => {
    const { executions, received } = await executionsThat([absent, started]);
    expect(await executions.start(requestOf('r-1'))).toBe('started');
    const sent = JSON.parse(received[1]?.body ?? '') as { input: string };
    expect(sent).toMatchObject({ name: 'r-1', stateMachineArn: arn('openai') });
    expect(JSON.parse(sent.input)).toEqual(requestOf('r-1'));
  });

  it('does not depend on the look before it', async () => {
    const { executions } = await executionsThat([failure(500, 'InternalFailure'), started]);
    expect(await executions.start(requestOf('r-1'))).toBe('started');
  });

  it.each([
    ['a name that is taken', failure(400, 'ExecutionAlreadyExists'), 'already-started'],
    ['an outage', failure(500, 'InternalFailure'), 'OutcomeUnknown'],
    ['a machine that is not there', failure(400, 'StateMachineDoesNotExist'), 'NeedsPerson'],
  ])('%s', async (_, reply, answer) => {
    const { executions } = await executionsThat([absent, reply]);
    expect(await executions.start(requestOf('r-1')).catch((error: unknown) => (error as Error).name)).toBe(answer);
  });
});
