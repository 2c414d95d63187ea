import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { intakeQueue } from '../../functions/cli/redrive.ts';
import { runCommand } from '../../functions/cli/run-command.ts';
import * as names from '../../infra/constructs/names.ts';
import { failure, type Received, type Reply, stubService } from '../aws/stub-service.ts';
import { makeIo, makeWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld(Date.parse('2026-11-21T12:00:00Z'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: string;
  readonly targetArn?: string;
  readonly group?: string;
  hidden?: boolean;
}

const arn = (service: string, resource: string): string => `arn:aws:${service}:eu-central-1:123456789012:${resource}`;
const failedQueue = 'keyturn-intake-failed.fifo';
const intakeUndelivered = 'keyturn-intake-undelivered';
const openaiUndelivered = 'keyturn-openai-undelivered';

/** As Lambda writes down an asynchronous call that failed for good. */
const failedCall = (id: string, functionName: string, sentAt = '2026-11-21T11:00:30Z'): Message => ({
  id,
  sentAt,
  body: JSON.stringify({
    version: '1.0',
    requestContext: {
      functionArn: `${arn('lambda', `function:${functionName}`)}:$LATEST`,
      condition: 'RetriesExhausted',
    },
    requestPayload: { note: 'canary-payload' },
  }),
});

/** As EventBridge Scheduler leaves what it could not call. */
const uncalled = (id: string, functionName: string): Message => ({
  id,
  sentAt: '2026-11-21T10:00:00Z',
  body: '{}',
  targetArn: arn('lambda', `function:${functionName}`),
});

/** As a rule leaves what it could not put into the intake queue. */
const event = (id: string): Message => ({
  id,
  sentAt: '2026-11-21T09:00:00Z',
  body: '{"source":"aws.health","detail":{"canary":"canary-event"}}',
  targetArn: arn('sqs', 'keyturn-intake.fifo'),
});

const stranger: Message = { id: 'stranger', sentAt: '2026-11-21T08:00:00Z', body: 'canary-stranger' };

interface Aws {
  /** Where it answers: the client goes where the queue's address says. */
  endpoint?: string;
  readonly queues: Map<string, Message[]>;
  /** When each function last ran without an error. */
  readonly goodRuns: Record<string, string>;
  /** What the move of messages ends with. */
  moveEnds?: 'COMPLETED' | 'FAILED';
  /** How many looks a move takes. */
  moveLooks?: number;
}

/** SQS and CloudWatch, as far as the command asks them. */
const answer =
  (aws: Aws, moves: { status: string; moved: number; looks: number }[]) => (received: readonly Received[]) => {
    const { operation, body } = received.at(-1)!;
    const asked = JSON.parse(body) as Record<string, unknown>;
    const ok = (answered: object = {}) => ({ status: 200, body: answered });
    const nameOf = (url: unknown): string => String(url).split(/[/:]/).at(-1) ?? '';
    const queue = aws.queues.get(nameOf(asked['QueueUrl'] ?? asked['QueueName'] ?? asked['SourceArn']));
    if (operation === 'GetMetricData') {
      const { MetricDataQueries, StartTime } = asked as unknown as {
        MetricDataQueries: { MetricStat?: { Metric: { Dimensions: { Value: string }[] } } }[];
        StartTime: number;
      };
      const [dimension] = MetricDataQueries[0]!.MetricStat!.Metric.Dimensions;
      const at = Date.parse(aws.goodRuns[dimension!.Value] ?? '') / 1000;
      const seen = at >= StartTime;
      // The minute after it failed again: what ran is not what ran well.
      const Timestamps = seen ? [at + 60, at] : [];
      return ok({ MetricDataResults: [{ Id: 'good', Timestamps, Values: seen ? [0, 1] : [] }] });
    }
    if (queue === undefined) return failure(400, 'QueueDoesNotExist') as ReturnType<typeof ok>;
    const visible = queue.filter(({ hidden }) => hidden !== true);
    switch (operation) {
      case 'GetQueueUrl':
        return ok({ QueueUrl: `${aws.endpoint ?? ''}/123456789012/${String(asked['QueueName'])}` });
      case 'GetQueueAttributes':
        return ok({
          Attributes: {
            ApproximateNumberOfMessages: String(visible.length),
            QueueArn: arn('sqs', nameOf(asked['QueueUrl'])),
          },
        });
      case 'ReceiveMessage': {
        const given = visible.slice(0, 10);
        for (const message of given) message.hidden = Number(asked['VisibilityTimeout']) > 0;
        return ok({
          Messages: given.map(({ id, body: Body, sentAt, targetArn }) => ({
            MessageId: id,
            ReceiptHandle: id,
            Body,
            MD5OfBody: createHash('md5').update(Body).digest('hex'),
            Attributes: { SentTimestamp: String(Date.parse(sentAt)) },
            ...(targetArn && { MessageAttributes: { TARGET_ARN: { DataType: 'String', StringValue: targetArn } } }),
          })),
        });
      }
      case 'ChangeMessageVisibility':
        for (const message of queue) if (message.id === asked['ReceiptHandle']) message.hidden = false;
        return ok();
      case 'DeleteMessage':
        queue.splice(0, queue.length, ...queue.filter(({ id }) => id !== asked['ReceiptHandle']));
        return ok();
      case 'SendMessage': {
        const Body = String(asked['MessageBody']);
        queue.push({
          id: `sent-${queue.length}`,
          body: Body,
          sentAt: '2026-11-21T12:00:00Z',
          group: String(asked['MessageGroupId']),
        });
        return ok({ MessageId: '1', MD5OfMessageBody: createHash('md5').update(Body).digest('hex') });
      }
      case 'StartMessageMoveTask': {
        const moved = aws.moveEnds === 'FAILED' ? queue.splice(0, 1) : queue.splice(0);
        aws.queues.get('keyturn-intake.fifo')?.push(...moved);
        moves.push({ status: aws.moveEnds ?? 'COMPLETED', moved: moved.length, looks: aws.moveLooks ?? 0 });
        return ok({ TaskHandle: 'task' });
      }
      case 'ListMessageMoveTasks': {
        const move = moves.at(-1);
        if (move === undefined) return ok({ Results: [] });
        move.looks -= 1;
        const Status = move.looks >= 0 ? 'RUNNING' : move.status;
        return ok({ Results: [{ Status, ApproximateNumberOfMessagesMoved: move.moved }] });
      }
      default:
        throw new TypeError(`Nobody should ask for ${operation}.`);
    }
  };

const awsWith = (queues: Record<string, Message[]>, change: Partial<Aws> = {}): Aws => ({
  queues: new Map(
    Object.entries({
      'keyturn-intake.fifo': [],
      [failedQueue]: [],
      [intakeUndelivered]: [],
      [openaiUndelivered]: [],
      'keyturn-anthropic-undelivered': [],
      ...queues,
    }),
  ),
  goodRuns: {},
  ...change,
});

/** Runs the command against those queues, through the real clients. */
const run = async (line: string, aws: Aws, replies?: readonly Reply[]) => {
  const service = await stubService(replies ?? [answer(aws, [])]);
  aws.endpoint = service.client.endpoint;
  vi.stubEnv('AWS_ENDPOINT_URL', service.client.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const { io, output } = makeIo({}, world.folder, world.clock, () => 'id');
  const code = await runCommand(line.split(' '), io);
  expect(output.stdout + output.stderr).not.toContain('canary');
  return { code, ...output, asked: service.received.map(({ operation }) => operation) };
};

const idsIn = (aws: Aws, name: string): readonly string[] => (aws.queues.get(name) ?? []).map(({ id }) => id);

test('nothing lies there', async () => {
  const aws = awsWith({});
  const { code, stdout, asked } = await run('redrive', aws);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    `${failedQueue}: empty`,
    `${intakeUndelivered}: empty`,
    'keyturn-anthropic-undelivered: empty',
    `${openaiUndelivered}: empty`,
  ]);
  expect(asked).not.toContain('StartMessageMoveTask');
});

describe('reports that could not be taken in', () => {
  const report = (id: string, sentAt: string): Message => ({ id, sentAt, body: '{"canary":"canary-report"}' });
  const two = () => [report('r1', '2026-11-21T11:30:00Z'), report('r2', '2026-11-21T11:10:00Z')];

  test('are put back by SQS itself, and followed to the end', async () => {
    const aws = awsWith({ [failedQueue]: two() }, { moveLooks: 3 });
    const { code, stdout } = await run(`redrive ${failedQueue}`, aws);
    expect(code).toBe(0);
    expect(stdout).toContain(`${failedQueue}: 2 reports, the oldest since 2026-11-21 11:10:00Z`);
    expect(stdout).toContain('2 sent back');
    expect(idsIn(aws, failedQueue)).toEqual([]);
    expect(idsIn(aws, 'keyturn-intake.fifo')).toEqual(['r1', 'r2']);
  });

  test('are left where they are by --dry-run', async () => {
    const aws = awsWith({ [failedQueue]: two() });
    const { code, stdout, asked } = await run('redrive --dry-run --json', aws);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      queues: [
        { queue: failedQueue, found: 2, oldestAt: '2026-11-21T11:10:00.000Z', sentBack: 0, kept: 2 },
        { queue: intakeUndelivered, found: 0 },
        { found: 0 },
        { queue: openaiUndelivered, found: 0, oldestAt: null },
      ],
    });
    expect(asked).not.toContain('StartMessageMoveTask');
    expect(idsIn(aws, failedQueue)).toEqual(['r1', 'r2']);
    expect(aws.queues.get(failedQueue)?.some(({ hidden }) => hidden)).toBe(false);
  });

  test('whose move fails are told of, with exit code 1', async () => {
    const aws = awsWith({ [failedQueue]: two() }, { moveEnds: 'FAILED' });
    const { code, stdout } = await run(`redrive ${failedQueue}`, aws);
    expect(code).toBe(1);
    expect(stdout).toContain('1 sent back, and then SQS gave up.');
  });

  test('that are being moved already are not moved twice', async () => {
    const aws = awsWith({ [failedQueue]: two() });
    const moves = [{ status: 'COMPLETED', moved: 2, looks: 2 }];
    const { code, asked } = await run(`redrive ${failedQueue}`, aws, [answer(aws, moves)]);
    expect(code).toBe(0);
    expect(asked).not.toContain('StartMessageMoveTask');
  });
});

describe('what could not be delivered', () => {
  const mixed = () => ({
    [intakeUndelivered]: [event('e1'), failedCall('c1', 'keyturn-intake-escalate'), stranger],
    [openaiUndelivered]: [
      failedCall('c2', 'keyturn-openai-reconcile'),
      uncalled('c3', 'keyturn-openai-reconcile'),
      failedCall('c4', 'keyturn-openai-start-due'),
    ],
  });
  /** Reconcile ran well after its last failure; the others before theirs, or in the same minute, or never. */
  const goodRuns = {
    'keyturn-openai-reconcile': '2026-11-21T11:40:00Z',
    'keyturn-openai-start-due': '2026-11-21T11:00:00Z',
  };

  test('an event goes to the intake, a call whose sweep has run well since is removed, and the rest is kept', async () => {
    const aws = awsWith(mixed(), { goodRuns });
    const { code, stdout } = await run('redrive', aws);
    expect(code).toBe(1);
    expect(idsIn(aws, intakeUndelivered)).toEqual(['c1', 'stranger']);
    expect(idsIn(aws, openaiUndelivered)).toEqual(['c4']);
    expect(aws.queues.get('keyturn-intake.fifo')).toEqual([
      expect.objectContaining({ body: event('e1').body, group: 'e1' }),
    ]);
    expect(stdout).toContain(
      'keyturn-openai-reconcile: 2 calls failed, the last at 2026-11-21 11:00:30Z; it ran well at 2026-11-21 11:40:00Z',
    );
    expect(stdout).toContain(
      'keyturn-openai-start-due: 1 call failed, the last at 2026-11-21 11:00:30Z; it has not run well since: kept.',
    );
    expect(stdout).toContain('1 message that nothing of Keyturn has left there: kept.');
    // What is kept can be looked at again at once.
    for (const queue of aws.queues.values()) expect(queue.filter(({ hidden }) => hidden)).toEqual([]);
  });

  test('--dry-run says the same, and changes nothing', async () => {
    const aws = awsWith(mixed(), { goodRuns });
    const before = structuredClone([...aws.queues]).map(([name, messages]) => [name, messages.map(({ id }) => id)]);
    const { code, stdout, asked } = await run('redrive --dry-run', aws);
    expect(code).toBe(0);
    expect(stdout).toContain('it ran well at 2026-11-21 11:40:00Z');
    expect(stdout).toContain('A dry run: nothing was changed.');
    expect([...aws.queues.keys()].map((name) => [name, idsIn(aws, name)])).toEqual(before);
    for (const changing of ['SendMessage', 'DeleteMessage', 'StartMessageMoveTask'])
      expect(asked).not.toContain(changing);
    for (const queue of aws.queues.values()) expect(queue.filter(({ hidden }) => hidden)).toEqual([]);
  });

  test('more than SQS gives at once', async () => {
    const calls = Array.from({ length: 23 }, (_, index) => failedCall(`c${index}`, 'keyturn-openai-reconcile'));
    const aws = awsWith({ [openaiUndelivered]: calls }, { goodRuns });
    const { code, stdout } = await run(`redrive ${openaiUndelivered} --json`, aws);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      dryRun: false,
      queues: [
        {
          queue: openaiUndelivered,
          found: 23,
          oldestAt: '2026-11-21T11:00:30.000Z',
          sentBack: 0,
          removed: 23,
          kept: 0,
        },
      ],
    });
    expect(idsIn(aws, openaiUndelivered)).toEqual([]);
  });
});

describe('bad input', () => {
  test('--local: there are no such queues', async () => {
    const { code, stderr } = await world.run('redrive');
    expect(code).toBe(2);
    expect(stderr).toContain('There is nothing to redrive on this machine.');
    expect(stderr).toContain('Nothing was changed.');
    expect(stderr.trimEnd().split('\n')).toHaveLength(4);
  });

  test('a queue that is none of ours, near to one that is', async () => {
    const { code, stderr, asked } = await run('redrive keyturn-openai-undeliverd', awsWith({}));
    expect(code).toBe(2);
    expect(stderr).toContain(`Perhaps you meant ${openaiUndelivered}.`);
    expect(asked).toEqual([]);
  });

  test('an option that it has not', async () => {
    expect((await run('redrive --force', awsWith({}))).code).toBe(2);
  });

  test('an account where nothing is deployed', async () => {
    const { code, stderr } = await run('redrive', { queues: new Map(), goodRuns: {} });
    expect(code).toBe(2);
    expect(stderr).toContain('Keyturn is not deployed here.');
  });

  test('a right that is missing is named, and nothing of what AWS said is quoted', async () => {
    const { code, stderr } = await run('redrive', awsWith({}), [failure(403, 'AccessDeniedException', 'canary-arn')]);
    expect(code).toBe(2);
    expect(stderr).toContain('AWS answered AccessDeniedException (403) to find the queue');
  });
});

test('the command looks for what the stacks are called', () => {
  expect(intakeQueue).toBe(names.intakeQueueName);
  expect(failedQueue).toBe(names.intakeFailedQueueName);
  expect(openaiUndelivered).toBe(names.undeliveredQueueName(names.providerStackName('openai')));
});
