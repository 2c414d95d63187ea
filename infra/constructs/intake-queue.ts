import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { intakeFailedQueueName, intakeQueueName } from './names.ts';

/**
 * Where reports wait until they are taken in, and where those go that cannot be.
 *
 * What a webhook or a poll puts there brings its own identity, and is a group of its own. EventBridge can only use the
 * content as the identity, which a FIFO target must be told, and has one group for each rule:
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html, 2026-11
 */
export class IntakeQueue extends Construct {
  readonly queue: Queue;
  /** Of a FIFO queue it must be one too: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html, 2026-11 */
  readonly failed: Queue;

  constructor(scope: Construct, id: string, { key, retrySeconds }: { key: IKey; retrySeconds: number }) {
    super(scope, id);
    const shared = {
      fifo: true,
      contentBasedDeduplication: true,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    this.failed = new Queue(this, 'Failed', { ...shared, queueName: intakeFailedQueueName });
    acknowledge(
      this.failed,
      'Serverless-SQSRedrivePolicy',
      'It is itself the dead-letter queue; its depth has an alarm.',
    );

    this.queue = new Queue(this, 'Queue', {
      ...shared,
      queueName: intakeQueueName,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      // Tried again after so long. Half an hour of tries outlasts most outages; a message that nobody can take in does
      // not hold up its rule's group for longer.
      visibilityTimeout: Duration.seconds(retrySeconds),
      deadLetterQueue: { queue: this.failed, maxReceiveCount: Math.ceil(1800 / retrySeconds) },
    });
  }
}
