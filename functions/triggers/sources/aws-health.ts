import * as z from 'zod/mini';
import type { CompromiseReport } from '../../domain/incident.ts';
import { exposedCode } from '../../domain/report-events.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { principalLeak } from './principal.ts';
import { reportedTime } from './reported-time.ts';

// https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html and
// https://github.com/aws-samples/notify-and-remediate-exposed-access-key (3473461c), read 2026-11.

const accessKeyId = z.string().check(z.regex(/^A[A-Z0-9]{15,127}$/));
const name = z.string().check(z.maxLength(128), z.regex(/^[\w+=,.@<>-]+$/));

const anyEvent = z.object({ detail: z.object({ eventTypeCode: z.string(), statusCode: z.nullish(z.string()) }) });
const exposedEvent = z.object({
  account: z.string(),
  region: z.string(),
  time: reportedTime,
  detail: z.object({
    eventArn: z.string().check(z.maxLength(300)),
    affectedAccount: z.nullish(z.string()),
    affectedEntities: z.array(z.object({ entityValue: accessKeyId })).check(z.maxLength(1000)),
    eventMetadata: z.nullish(z.object({ userName: z.nullish(name), accountId: z.nullish(z.string()) })),
  }),
});

/**
 * AWS found an access key in public. It comes page by page, to two regions, and an event's ARN is the same for all
 * accounts: what makes a report the same is event, account and access key.
 */
export const hearAwsHealth = (event: unknown): Heard<CompromiseReport> => {
  const any = anyEvent.safeParse(event);
  if (!any.success) return malformed(any.error);
  const { eventTypeCode, statusCode } = any.data.detail;
  if (eventTypeCode !== exposedCode) return ignored(`not ${exposedCode}`);
  if (statusCode === 'closed') return ignored('AWS has closed the event');
  const parsed = exposedEvent.safeParse(event);
  if (!parsed.success) return malformed(parsed.error);
  const { detail, region, time } = parsed.data;
  const account = detail.affectedAccount ?? detail.eventMetadata?.accountId ?? parsed.data.account;
  const exposed = detail.affectedEntities.map(({ entityValue }) => entityValue);
  // The user's name is told once; of several keys nobody knows whose it is.
  const user = exposed.length === 1 ? detail.eventMetadata?.userName : null;
  const [first, ...rest] = exposed.map(
    (key): CompromiseReport => ({
      source: 'aws-health',
      dedupeKey: `${detail.eventArn} ${account} ${key}`,
      reference: detail.eventArn,
      reason: `AWS found access key ${key} in public`,
      reportedAt: time,
      leak: principalLeak({ account, region, kind: 'user', name: user, accessKeyId: key }),
    }),
  );
  return first === undefined ? ignored('a page without access keys') : heard(first, ...rest);
};
