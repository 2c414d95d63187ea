import type { JsonObject } from '../domain/json.ts';
import type { Notice } from '../ports.ts';

/**
 * A notice in the one form that Amazon Q Developer in chat applications (before: AWS Chatbot) renders of what is not an
 * AWS service's own: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html, 2026-11. Notices with the
 * same `threadId` are one thread.
 */
export const chatNotification = (notice: Notice): JsonObject => {
  const { credentialId, rotationId, incident, severity, contact, subject, text, next } = notice;
  const threadId = incident?.incidentId ?? rotationId;
  return {
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: `${marks[severity]} ${escaped(oneLine(subject))}`,
      description: cut(escaped(text)),
      ...(next === undefined ? {} : { nextSteps: [`\`${escaped(next)}\``] }),
      keywords: [severity, contact, credentialId].filter((word) => word !== null && word !== ''),
    },
    metadata: {
      ...(threadId === null ? {} : { threadId }),
      summary: escaped(oneLine(subject)),
      eventType: incident === undefined ? 'keyturn-rotation' : 'keyturn-incident',
      enableCustomActions: false,
    },
  };
};

const marks: Readonly<Record<Notice['severity'], string>> = {
  information: ':information_source:',
  'action-needed': ':warning:',
  page: ':rotating_light:',
};

/** What Slack wants escaped, so that a report's own words make no mention and no link: https://docs.slack.dev/messaging/formatting-message-text, 2026-11. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', "'");

/** A section of a Slack message holds so many characters: https://docs.slack.dev/reference/block-kit/blocks/section-block, 2026-11. */
const longestText = 3000;

const cut = (text: string): string => (text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`);

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
