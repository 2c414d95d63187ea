import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ListSecretVersionIdsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetSubscriptionAttributesCommand, ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Instant, instant, type SecretName } from '../domain/identifiers.ts';
import { current } from '../domain/labels.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf, isAnswer } from './fault-of.ts';

/** What stands in the account, for a person who asks whether it is as it should be. Nothing here changes it. */
export interface Deployment {
  /** The ARNs of the rotations' state machines, by name. */
  readonly machines: () => Promise<ReadonlyMap<string, string>>;
  /** The ASL that a state machine runs. */
  readonly definitionOf: (machineArn: string) => Promise<string>;
  /** Every alarm whose name begins so. */
  readonly alarms: (prefix: string) => Promise<readonly DeployedAlarm[]>;
  /** Who hears what is published to people; null when there is no such topic. */
  readonly subscriptions: () => Promise<readonly Subscription[] | null>;
  /** About how many messages lie in the queue; null when there is none of that name. */
  readonly messagesIn: (queueName: string) => Promise<number | null>;
  /** Since when the secret's present value is there; null when nobody can tell. */
  readonly storedAt: (secret: SecretName) => Promise<Instant | null>;
}

export interface DeployedAlarm {
  readonly name: string;
  readonly description: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** When it last came into this state; null when AWS does not say. */
  readonly since: Instant | null;
  /** The ARNs of what is told when it goes off; none while its actions are switched off. */
  readonly actions: readonly string[];
  readonly actionsEnabled: boolean;
}

export interface Subscription {
  readonly protocol: string;
  readonly isConfirmed: boolean;
  /** Gets a part only. Alarms carry no attributes, so whoever filters by them hears of none. */
  readonly isFiltered: boolean;
}

interface Names {
  readonly machines: Deployment['machines'];
  readonly peopleTopicArn: () => Promise<string>;
}

interface Clients {
  readonly alarms: CloudWatchClient;
  readonly machines: SFNClient;
  readonly topics: SNSClient;
  readonly queues: SQSClient;
  readonly secrets: SecretsManagerClient;
}

const ownClients = (): Clients => ({
  alarms: new CloudWatchClient(clientSettings),
  machines: new SFNClient(clientSettings),
  topics: new SNSClient(clientSettings),
  queues: new SQSClient(clientSettings),
  secrets: new SecretsManagerClient(clientSettings),
});

/** Each operation throws a Fault when AWS does not answer, or denies it. */
export const awsDeployment = ({ machines, peopleTopicArn }: Names, clients: Clients = ownClients()): Deployment => {
  const reading = async <T>(doing: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      throw faultOf(error, doing, 'read');
    }
  };

  const isFiltered = async (SubscriptionArn: string): Promise<boolean> => {
    const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
    const { Attributes } = await reading('read a subscription', () => clients.topics.send(command));
    return !['', '{}'].includes(Attributes?.['FilterPolicy'] ?? '');
  };

  return {
    machines,

    async definitionOf(stateMachineArn) {
      const command = new DescribeStateMachineCommand({ stateMachineArn });
      const { definition } = await reading('describe a state machine', () => clients.machines.send(command));
      return definition ?? '';
    },

    async alarms(AlarmNamePrefix) {
      const found: DeployedAlarm[] = [];
      let NextToken: string | undefined;
      do {
        const command = new DescribeAlarmsCommand({
          AlarmNamePrefix,
          MaxRecords: 100,
          ...(NextToken && { NextToken }),
        });
        const page = await reading('describe the alarms', () => clients.alarms.send(command));
        for (const alarm of page.MetricAlarms ?? []) {
          found.push({
            name: alarm.AlarmName ?? '',
            description: alarm.AlarmDescription ?? '',
            state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
            since: alarm.StateUpdatedTimestamp === undefined ? null : instant(alarm.StateUpdatedTimestamp.getTime()),
            actions: alarm.AlarmActions ?? [],
            actionsEnabled: alarm.ActionsEnabled ?? false,
          });
        }
        ({ NextToken } = page);
      } while (NextToken !== undefined);
      return found;
    },

    async subscriptions() {
      const TopicArn = await peopleTopicArn();
      const found: Subscription[] = [];
      let NextToken: string | undefined;
      do {
        const command = new ListSubscriptionsByTopicCommand({ TopicArn, ...(NextToken && { NextToken }) });
        const page = await clients.topics.send(command).catch((error: unknown) => {
          if (isAnswer(error, 'NotFoundException', 'NotFound')) return null;
          throw faultOf(error, 'list the subscriptions', 'read');
        });
        if (page === null) return null;
        for (const { Protocol = '', SubscriptionArn = '' } of page.Subscriptions ?? []) {
          // One that is not confirmed has a word in the place of its ARN:
          // https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html, 2026-11
          const isConfirmed = SubscriptionArn.startsWith('arn:');
          found.push({
            protocol: Protocol,
            isConfirmed,
            isFiltered: isConfirmed && (await isFiltered(SubscriptionArn)),
          });
        }
        ({ NextToken } = page);
      } while (NextToken !== undefined);
      return found;
    },

    async messagesIn(QueueName) {
      try {
        const { QueueUrl } = await clients.queues.send(new GetQueueUrlCommand({ QueueName }));
        const { Attributes } = await clients.queues.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
        );
        return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
      } catch (error) {
        if (isAnswer(error, 'QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue')) return null;
        throw faultOf(error, `look into the queue ${QueueName}`, 'read');
      }
    },

    async storedAt(SecretId) {
      const command = new ListSecretVersionIdsCommand({ SecretId });
      const { Versions } = await reading(`list the versions of ${SecretId}`, () => clients.secrets.send(command));
      const serving = Versions?.find(({ VersionStages }) => VersionStages?.includes(current));
      return serving?.CreatedDate === undefined ? null : instant(serving.CreatedDate.getTime());
    },
  };
};
