import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import type { RotationId } from '../domain/identifiers.ts';
import { type Outcome, outcomes } from '../domain/rotation.ts';
import type { ExecutionState, Executions } from '../ports.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf, isAnswer } from './fault-of.ts';

/**
 * Executions on Step Functions.
 *
 * @param machineArnOf the ARN of a provider's state machine
 */
export const awsExecutions = (
  machineArnOf: (provider: string) => string,
  client: SFNClient = new SFNClient(clientSettings),
): Executions => {
  const look = async (provider: string, rotationId: RotationId): Promise<ExecutionState> => {
    const executionArn = `${machineArnOf(provider).replace(':stateMachine:', ':execution:')}:${rotationId}`;
    try {
      const { status, error, output } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return { status: 'running', outcome: null };
      return { status: 'ended', outcome: status === 'SUCCEEDED' ? outcomeOf(output) : named(error) };
    } catch (error) {
      if (isAnswer(error, 'ExecutionDoesNotExist')) return { status: 'unknown', outcome: null };
      throw faultOf(error, `describe execution ${rotationId}`, 'read');
    }
  };

  return {
    async start(request) {
      const { rotationId, target } = request;
      try {
        // A running one of the same name and input is answered like a new one, so it is looked for first. That look may
        // fail or be stale without harm: the name keeps a second start from being a second run.
        const before = await look(target.provider, rotationId).catch(() => null);
        if (before !== null && before.status !== 'unknown') return 'already-started';
        await client.send(
          new StartExecutionCommand({
            stateMachineArn: machineArnOf(target.provider),
            name: rotationId,
            input: JSON.stringify(request),
          }),
        );
        return 'started';
      } catch (error) {
        if (isAnswer(error, 'ExecutionAlreadyExists')) return 'already-started';
        throw faultOf(error, `start rotation ${rotationId}`, 'write');
      }
    },

    look: ({ rotationId, provider }) => look(provider, rotationId),
  };
};

const named = (name: string | undefined): Outcome | null => outcomes.find((outcome) => outcome === name) ?? null;

const outputForm = z.object({ outcome: z.optional(z.string()), start: z.optional(z.string()) });

/** Three states succeed, and which of them it was stands in the state that it ended with. */
const outcomeOf = (output: string | undefined): Outcome | null => {
  const { data } = outputForm.safeParse(JSON.parse(output ?? '{}'));
  return data?.start === 'busy' ? 'SkippedBusy' : named(data?.outcome);
};
