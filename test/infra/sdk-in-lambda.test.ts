import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../infra/constructs/bundle.ts';
import { failure, type Reply, stubService } from '../aws/stub-service.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { asked as askedOfSources } from './asked-of-aws.ts';

type Question = keyof typeof askedOfSources;

const folder = scratchFolder('sdk-in-lambda');
let askedOfBundle: typeof askedOfSources;

beforeAll(async () => {
  await bundle([{ name: 'asked', source: `export { asked } from './test/infra/asked-of-aws.ts';` }], folder);
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'asked', 'index.mjs')).href)) as {
    asked: typeof askedOfSources;
  };
  askedOfBundle = loaded.asked;
});

/** What comes of a question: the answer, or the fault in its words. */
const outcomeOf = async (
  asked: typeof askedOfSources,
  question: Question,
  replies: readonly Reply[],
  maxAttempts?: number,
) => {
  const { client, received } = await stubService(replies, maxAttempts);
  const outcome = await asked[question](client).catch((error: unknown) => String(error));
  return { outcome, asked: received.map(({ operation }) => operation) };
};

/** In SNS's protocol an error without a class of its own is named as it was sent, which is without this ending. */
const withoutEnding = (outcome: object): unknown => JSON.parse(JSON.stringify(outcome).replaceAll('Exception', ''));

const refusedBySns: Reply = {
  status: 403,
  body: '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>No</Message></Error></ErrorResponse>',
};
const published: Reply = {
  status: 200,
  body: '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
};
/** People and machines are told at once: whoever asks is answered as is its own. */
const toEach =
  (publish: Reply, putEvents: Reply): Reply =>
  (received) => {
    const reply = received.at(-1)?.operation === 'Publish' ? publish : putEvents;
    return typeof reply === 'object' ? reply : { status: 500, body: '' };
  };

describe('what is left of the SDK in a bundle', () => {
  const none: Reply = { status: 200, body: {} };
  const cases: [question: Question, what: string, said: string, ...replies: Reply[]][] = [
    ['ledger.read', 'nothing there', '"revision":0', none],
    [
      'ledger.read',
      'no table',
      'NeedsPerson: AWS answered ResourceNotFound',
      failure(400, 'ResourceNotFoundException'),
    ],
    ['ledger.replace', 'another wrote', 'false', failure(400, 'ConditionalCheckFailedException'), none],
    ['vault.describe', 'no secret', 'null', failure(400, 'ResourceNotFoundException')],
    ['vault.describe', 'no right', 'NeedsPerson: AWS answered AccessDenied', failure(400, 'AccessDeniedException')],
    ['vault.store', 'another is stored', 'another-is-stored', failure(400, 'ResourceExistsException')],
    ['fingerprints.of', 'a key that is off', 'NeedsPerson: AWS answered Disabled', failure(400, 'DisabledException')],
    ['executions.look', 'no such run', '"unknown"', failure(400, 'ExecutionDoesNotExist')],
    ['notices.send', 'no right for SNS', 'NeedsPerson: AWS answered AuthorizationError', toEach(refusedBySns, none)],
    ['notices.send', 'no bus', 'ResourceNotFound', toEach(published, failure(400, 'ResourceNotFoundException'))],
    ['notices.send', 'all well', '{"asked"', toEach(published, none)],
    ['intake.put', 'no queue', 'NeedsPerson: AWS answered QueueDoesNotExist', failure(400, 'QueueDoesNotExist')],
  ];
  it.each(cases)('%s says what the whole SDK says: %s', async (question, _what, said, ...replies) => {
    const lean = withoutEnding(await outcomeOf(askedOfBundle, question, replies));
    expect(lean).toEqual(withoutEnding(await outcomeOf(askedOfSources, question, replies)));
    expect(JSON.stringify(lean)).toContain(said);
  });

  it.each([
    ['ledger.read', failure(400, 'ProvisionedThroughputExceededException')],
    ['vault.describe', failure(500, 'InternalServiceError')],
  ] as const)('%s is asked again after an error that passes', async (question, passing) => {
    const { asked } = await outcomeOf(askedOfBundle, question, [passing, { status: 200, body: {} }], 2);
    expect(asked).toHaveLength(2);
  });
});
