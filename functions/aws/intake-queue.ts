import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Intake } from '../triggers/intake.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf } from './fault-of.ts';

/**
 * The intake on an SQS FIFO queue. Each message is a group of its own: one that cannot be taken in holds up no other,
 * and none waits for another, because reports may be taken in in any order. SQS drops the same id for five minutes;
 * after that `acceptReport` knows the report.
 */
export const awsIntake = (queueUrl: string, client: SQSClient = new SQSClient(clientSettings)): Intake => ({
  async put(message, dedupeId) {
    try {
      await client.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          MessageGroupId: dedupeId,
          MessageDeduplicationId: dedupeId,
        }),
      );
    } catch (error) {
      throw faultOf(error, 'put a message into the intake queue', 'write');
    }
  },
});
