import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { type Instant, instant, milliseconds } from '../domain/identifiers.ts';
import { parseJson } from '../triggers/parse-json.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf, isAnswer } from './fault-of.ts';

/** What lies in the dead-letter queues, and the ways out of them. Each operation throws a Fault when AWS does not answer. */
export interface DeadLetters {
  /** Null when there is no queue of that name. */
  readonly find: (queueName: string) => Promise<DeadLetterQueue | null>;
  /** Puts an event into the intake queue, as the rule that could not would have. The same letter again is no second one. */
  readonly sendToIntake: (letter: Letter) => Promise<void>;
  /** When the function last ran without an error after that time, to the minute; null when it has not. */
  readonly lastGoodRun: (functionName: string, after: Instant, now: Instant) => Promise<Instant | null>;
}

export interface DeadLetterQueue {
  readonly name: string;
  readonly count: () => Promise<number>;
  /**
   * Some of the letters, ten at most, which nobody else is then given for so long.
   * @param seconds 0: everybody is given them all the same
   */
  readonly take: (seconds: number) => Promise<readonly Letter[]>;
  /** Lets others have it again. */
  readonly giveBack: (letter: Letter) => Promise<void>;
  readonly remove: (letter: Letter) => Promise<void>;
  /** Lets SQS put all of them back where they came from; goes on with the move that is under way. */
  readonly startMove: () => Promise<void>;
  /** The last move. */
  readonly lookAtMove: () => Promise<Move>;
}

export interface Move {
  readonly status: 'running' | 'completed' | 'failed';
  readonly moved: number;
}

export interface Letter {
  readonly id: string;
  /** When it came to lie there. */
  readonly at: Instant;
  readonly holds: /** The call of a function, which failed or was never made. */
    | { readonly kind: 'call'; readonly functionName: string }
    /** What a rule could not put into the intake queue. */
    | { readonly kind: 'event' }
    | { readonly kind: 'unknown' };
  /** Not for people: it may quote anything. */
  readonly body: string;
  readonly receipt: string;
}

/** A function's failure destination gets its ARN in a record: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, 2026-11. */
const lambdaRecord = z.object({ requestContext: z.object({ functionArn: z.string() }) });

/** @param intakeQueueName where the events belong that rules could not deliver */
export const awsDeadLetters = (
  intakeQueueName: string,
  sqs: SQSClient = new SQSClient(clientSettings),
  cloudWatch: CloudWatchClient = new CloudWatchClient(clientSettings),
): DeadLetters => {
  const doing = async <T>(what: string, kind: 'read' | 'write', work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, what, kind);
    }
  };

  const urlOf = async (QueueName: string): Promise<string | null> => {
    try {
      return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? null;
    } catch (error) {
      if (isAnswer(error, 'QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue')) return null;
      throw faultOf(error, `find the queue ${QueueName}`, 'read');
    }
  };

  const queueOf = (name: string, QueueUrl: string): DeadLetterQueue => {
    const attribute = async (AttributeName: 'ApproximateNumberOfMessages' | 'QueueArn'): Promise<string> => {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [AttributeName] });
      const { Attributes } = await doing(`look at the queue ${name}`, 'read', () => sqs.send(command));
      return Attributes?.[AttributeName] ?? '';
    };
    const lookAtMove = async (): Promise<Move> => {
      const command = new ListMessageMoveTasksCommand({ SourceArn: await attribute('QueueArn'), MaxResults: 1 });
      const { Results } = await doing(`look at what leaves ${name}`, 'read', () => sqs.send(command));
      const [{ Status, ApproximateNumberOfMessagesMoved = 0 } = {}] = Results ?? [];
      const moved = ApproximateNumberOfMessagesMoved;
      if (Status === 'RUNNING') return { status: 'running', moved };
      return { status: Status === 'COMPLETED' ? 'completed' : 'failed', moved };
    };
    return {
      name,
      lookAtMove,
      count: async () => Number(await attribute('ApproximateNumberOfMessages')),

      async take(seconds) {
        const command = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: seconds,
          // All servers are asked, so that an empty answer says that the queue is empty.
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['SentTimestamp'],
          MessageAttributeNames: ['TARGET_ARN'],
        });
        const { Messages } = await doing(`read from the queue ${name}`, 'read', () => sqs.send(command));
        return (Messages ?? []).map((message) => letterOf(message, intakeQueueName));
      },

      async giveBack({ receipt }) {
        const command = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 });
        await doing(`give back what was read from ${name}`, 'write', () => sqs.send(command));
      },

      async remove({ receipt }) {
        const command = new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt });
        await doing(`remove a message from ${name}`, 'write', () => sqs.send(command));
      },

      // SQS does this for FIFO queues too, and keeps each message's group; one move at a time:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html,
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html, both 2026-11
      async startMove() {
        if ((await lookAtMove()).status === 'running') return;
        const command = new StartMessageMoveTaskCommand({ SourceArn: await attribute('QueueArn') });
        await doing(`send back what lies in ${name}`, 'write', () => sqs.send(command));
      },
    };
  };

  return {
    async find(queueName) {
      const url = await urlOf(queueName);
      return url === null ? null : queueOf(queueName, url);
    },

    async sendToIntake({ id, body }) {
      const QueueUrl = await urlOf(intakeQueueName);
      const command = new SendMessageCommand({
        QueueUrl: QueueUrl ?? intakeQueueName,
        MessageBody: body,
        // A group of its own holds up no other; within it SQS drops the same content for five minutes.
        MessageGroupId: id,
      });
      await doing(`put an event into ${intakeQueueName}`, 'write', () => sqs.send(command));
    },

    async lastGoodRun(functionName, after, now) {
      const metric = (MetricName: string) => ({
        Metric: {
          Namespace: 'AWS/Lambda',
          MetricName,
          Dimensions: [{ Name: 'FunctionName', Value: functionName }],
        },
        Period: 60,
        Stat: 'Sum',
      });
      const command = new GetMetricDataCommand({
        // An invocation counts in the minute in which it began, so the failed one's own minute is left out.
        StartTime: new Date(Math.floor(milliseconds(after) / 60_000) * 60_000 + 60_000),
        EndTime: new Date(milliseconds(now)),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [
          { Id: 'invocations', MetricStat: metric('Invocations'), ReturnData: false },
          { Id: 'errors', MetricStat: metric('Errors'), ReturnData: false },
          { Id: 'good', Expression: 'invocations - FILL(errors, 0)' },
        ],
      });
      const { MetricDataResults } = await doing(`ask whether ${functionName} runs`, 'read', () =>
        cloudWatch.send(command),
      );
      const [{ Timestamps = [], Values = [] } = {}] = MetricDataResults ?? [];
      const at = Timestamps[Values.findIndex((runs) => runs > 0)];
      return at === undefined ? null : instant(at.getTime());
    },
  };
};

const letterOf = (
  { MessageId, Body = '', ReceiptHandle, Attributes, MessageAttributes }: Message,
  intakeQueueName: string,
): Letter => ({
  id: MessageId ?? '',
  at: instant(Number(Attributes?.SentTimestamp ?? 0)),
  holds: holdsOf(MessageAttributes?.['TARGET_ARN']?.StringValue ?? functionArnIn(Body), intakeQueueName),
  body: Body,
  receipt: ReceiptHandle ?? '',
});

/**
 * Rules and schedules name the target that they could not reach in an attribute:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html,
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html, both 2026-11.
 */
const holdsOf = (targetArn: string, intakeQueueName: string): Letter['holds'] => {
  const [, , service, , , ...resource] = targetArn.split(':');
  const [, functionName] = resource;
  if (service === 'lambda' && functionName !== undefined) return { kind: 'call', functionName };
  return service === 'sqs' && resource[0] === intakeQueueName ? { kind: 'event' } : { kind: 'unknown' };
};

/** Of a function's own failure record; it ends with the version that was called. */
const functionArnIn = (body: string): string =>
  lambdaRecord.safeParse(parseJson(body)).data?.requestContext.functionArn ?? '';
