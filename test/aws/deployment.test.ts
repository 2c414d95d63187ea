import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { awsDeployment } from '../../functions/aws/deployment.ts';
import { isDenial } from '../../functions/aws/fault-of.ts';
import { Fault } from '../../functions/domain/fault.ts';
import { secretName } from '../../functions/domain/identifiers.ts';
import { failure, type Reply, stubService } from './stub-service.ts';

const topicArn = 'arn:aws:sns:eu-central-1:123456789012:keyturn-people';

const deploymentThat = async (replies: readonly Reply[]) => {
  const { client, received } = await stubService(replies);
  const deployment = awsDeployment(
    { machines: () => Promise.resolve(new Map()), peopleTopicArn: () => Promise.resolve(topicArn) },
    {
      alarms: new CloudWatchClient(client),
      machines: new SFNClient(client),
      topics: new SNSClient(client),
      queues: new SQSClient(client),
      secrets: new SecretsManagerClient(client),
    },
  );
  return { deployment, received };
};

const subscribers = (arns: readonly string[], next = ''): Reply => ({
  status: 200,
  body: `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>${arns
    .map((arn) => `<member><Protocol>https</Protocol><SubscriptionArn>${arn}</SubscriptionArn></member>`)
    .join('')}</Subscriptions>${next}</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
});

it('reads every page of the subscriptions, and asks nothing of what is not confirmed', async () => {
  const { deployment, received } = await deploymentThat([
    subscribers(['PendingConfirmation'], '<NextToken>more</NextToken>'),
    subscribers(['Deleted']),
  ]);
  const nobody = { protocol: 'https', isConfirmed: false, isFiltered: false };
  expect(await deployment.subscriptions()).toEqual([nobody, nobody]);
  expect(received.map(({ operation }) => operation)).toEqual(['ListSubscriptionsByTopic', 'ListSubscriptionsByTopic']);
  expect(new URLSearchParams(received[1]?.body).get('NextToken')).toBe('more');
});

it('tells since when the serving version is there, and not another one', async () => {
  const versions = [
    { VersionId: 'old', VersionStages: ['AWSPREVIOUS'], CreatedDate: 1 },
    { VersionId: 'now', VersionStages: ['AWSCURRENT'], CreatedDate: 1_767_225_600 },
  ];
  const { deployment } = await deploymentThat([{ status: 200, body: { Versions: versions } }]);
  expect(await deployment.storedAt(secretName('s'))).toBe('2026-01-01T00:00:00.000Z');
  const other = await deploymentThat([{ status: 200, body: { Versions: versions.slice(0, 1) } }]);
  expect(await other.deployment.storedAt(secretName('s'))).toBeNull();
});

it.each([
  ['AccessDeniedException', 'NeedsPerson', true],
  ['ExpiredTokenException', 'NeedsPerson', true],
  ['ThrottlingException', 'NothingChanged', false],
  ['StateMachineDoesNotExist', 'NeedsPerson', false],
])('%s is a fault that tells a missing right from a missing thing', async (name, fault, isMissingRight) => {
  const { deployment } = await deploymentThat([failure(400, name)]);
  const error: unknown = await deployment.definitionOf('arn').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: fault });
  expect(error instanceof Fault && isDenial(error)).toBe(isMissingRight);
});
