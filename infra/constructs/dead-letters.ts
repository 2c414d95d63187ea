import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** Where a call goes that could not be delivered or has failed for good. An alarm looks at it. */
export class DeadLetters extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { queueName, key }: { queueName: string; key: IKey }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      queueName,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const itIsTheEnd = 'It is itself the dead-letter queue; its depth has an alarm.';
    acknowledge(this.queue, 'AwsSolutions-SQS3', itIsTheEnd);
  }
}
