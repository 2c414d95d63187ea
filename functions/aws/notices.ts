import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type MessageAttributeValue, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { Fault } from '../domain/fault.ts';
import type { Notice, Notices } from '../ports.ts';
import { chatNotification } from './chat-notification.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf } from './fault-of.ts';

export interface AwsNoticesOptions {
  readonly topicArn: string;
  readonly busName: string;
}

/**
 * A notice goes to people by SNS, and to machines as an event on the bus. A subscription may filter by `severity`,
 * `credential`, and, for incidents, by `audience` (`owner`, `security lead`, `on call`) and `incident`.
 */
export const awsNotices = (
  { topicArn, busName }: AwsNoticesOptions,
  people: SNSClient = new SNSClient(clientSettings),
  bus: EventBridgeClient = new EventBridgeClient(clientSettings),
): Notices => {
  const tellPeople = async (notice: Notice): Promise<void> => {
    try {
      await people.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subjectOf(notice),
          // Chat applications subscribe by https, and render nothing but their own form; all others get plain text:
          // https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, MessageStructure, 2026-11.
          MessageStructure: 'json',
          Message: JSON.stringify({ default: plainText(notice), https: JSON.stringify(chatNotification(notice)) }),
          MessageAttributes: attributesOf(notice),
        }),
      );
    } catch (error) {
      throw faultOf(error, `publish to ${topicArn}`, 'write');
    }
  };

  const tellMachines = async (notice: Notice): Promise<void> => {
    const entry = {
      EventBusName: busName,
      Source: 'keyturn',
      DetailType: 'Keyturn notice',
      Detail: JSON.stringify(notice),
    };
    let failed: number | undefined;
    try {
      failed = (await bus.send(new PutEventsCommand({ Entries: [entry] }))).FailedEntryCount;
    } catch (error) {
      throw faultOf(error, `put an event on ${busName}`, 'write');
    }
    // A refused entry comes with status 200: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html, 2026-11.
    if (failed) throw new Fault('OutcomeUnknown', `The bus ${busName} did not take the event.`);
  };

  return {
    async send(notice) {
      // People first, and machines also when the first failed: a notice may come twice, and must come once.
      const answers = await Promise.allSettled([tellPeople(notice), tellMachines(notice)]);
      for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
    },
  };
};

const plainText = ({ text, next, contact, credentialId }: Notice): string =>
  [
    text,
    ...(next === undefined ? [] : ['', `Next: ${next}`]),
    '',
    `For: ${contact}`,
    ...(credentialId === null ? [] : [`Credential: ${credentialId}`]),
    '',
  ].join('\n');

/** SNS takes no attribute without a value. */
const attributesOf = ({ severity, credentialId, incident }: Notice): Record<string, MessageAttributeValue> => {
  const attributes = {
    severity,
    credential: credentialId,
    audience: incident?.audience,
    incident: incident?.incidentId,
  };
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value == null ? [] : [[name, { DataType: 'String', StringValue: value }]],
    ),
  );
};

/** SNS takes a line of at most 100 ASCII characters: Publish in its API reference, 2026-11. */
const subjectOf = ({ subject }: Notice): string => subject.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
