import { CloudTrailClient, type LookupAttribute, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import * as z from 'zod/mini';
import { type Instant, instant, milliseconds, type SecretName } from '../domain/identifiers.ts';
import type { Clock } from '../ports.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf } from './fault-of.ts';

/** What a principal has read: for the person who decides, and for nothing else. */
export interface AccessLog {
  /**
   * @param principal the ARN or name of a user or role, or an access key's id
   * @throws Fault when it cannot be looked at: then nobody knows what was read
   */
  readonly readsOf: (principal: string) => Promise<Reads>;
}

export interface Reads {
  /** How far back the look went. */
  readonly since: Instant;
  /** Null: not since then. */
  readonly lastRead: (secret: SecretName) => Instant | null;
}

/** CloudTrail's own record, also where no trail is configured, goes back as far. */
const lookBackDays = 90;

/** Per account and region: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html, read 2026-11. */
const requestsPerSecond = 2;

/** A person with a leaked key waits for this: 20 s, and 2,000 events. The latest come first, so the oldest are missed. */
export const maximumPages = 40;

/**
 * Reads of secrets, as CloudTrail shows them in this region: some minutes late, and without what a cache had answered.
 * A BatchGetSecretValue is recorded as one GetSecretValue of each secret
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html, read 2026-11).
 */
export const awsAccessLog = (
  clock: Clock,
  client: CloudTrailClient = new CloudTrailClient(clientSettings),
): AccessLog => ({
  async readsOf(principal) {
    const whole = instant(milliseconds(clock.now()) - lookBackDays * 86_400_000);
    const reads: Read[] = [];
    let since = whole;
    let token: string | undefined;
    for (let pages = 0; pages === 0 || token !== undefined; pages += 1) {
      if (pages === maximumPages) return { since, lastRead: lastOf(reads) };
      if (pages > 0) await clock.sleep(1 / requestsPerSecond);
      const { Events = [], NextToken } = await lookUp(client, principal, whole, token);
      for (const { CloudTrailEvent, EventTime } of Events) {
        if (EventTime !== undefined) since = instant(EventTime.getTime());
        const read = readOf(CloudTrailEvent ?? '', principal);
        if (read !== null) reads.push(read);
      }
      token = NextToken;
    }
    return { since: whole, lastRead: lastOf(reads) };
  },
});

interface Read {
  /** As the caller gave it: a name, an ARN, or an ARN without its last six characters. */
  readonly secretId: string;
  readonly at: Instant;
}

const lookUp = async (client: CloudTrailClient, principal: string, since: Instant, token: string | undefined) => {
  try {
    return await client.send(
      new LookupEventsCommand({
        LookupAttributes: [attributeOf(principal)],
        StartTime: new Date(since),
        MaxResults: 50,
        ...(token !== undefined && { NextToken: token }),
      }),
    );
  } catch (error) {
    throw faultOf(error, 'look into CloudTrail', 'read');
  }
};

/** CloudTrail takes one attribute. Of a role it knows the session's name only, which the role does not tell. */
const attributeOf = (principal: string): LookupAttribute => {
  if (isAccessKey(principal)) return { AttributeKey: 'AccessKeyId', AttributeValue: principal };
  if (/^arn:[^:]+:iam::\d+:user\//.test(principal)) {
    return { AttributeKey: 'Username', AttributeValue: nameOf(principal) };
  }
  return { AttributeKey: 'EventName', AttributeValue: 'GetSecretValue' };
};

const isAccessKey = (principal: string): boolean => /^A(KIA|SIA)[A-Z0-9]{12,}$/.test(principal);

/** `arn:aws:sts::…:assumed-role/app/session` is the role `app`: who holds a role can open any session of it. */
const nameOf = (principal: string): string =>
  /:assumed-role\/([^/]+)\//.exec(principal)?.[1] ?? principal.split(/[/:]/).at(-1) ?? principal;

const eventForm = z.object({
  eventSource: z.literal('secretsmanager.amazonaws.com'),
  eventName: z.literal('GetSecretValue'),
  eventTime: z.string(),
  // One that was refused has read nothing.
  errorCode: z.optional(z.undefined()),
  requestParameters: z.object({ secretId: z.string() }),
  userIdentity: z.object({
    accessKeyId: z.optional(z.string()),
    userName: z.optional(z.string()),
    sessionContext: z.optional(z.object({ sessionIssuer: z.optional(z.object({ userName: z.optional(z.string()) })) })),
  }),
});

/** Null: it is no read of a secret, or not by that principal. */
const readOf = (text: string, principal: string): Read | null => {
  const parsed = eventForm.safeParse(jsonOf(text));
  if (!parsed.success) return null;
  const { eventTime, requestParameters, userIdentity } = parsed.data;
  const { accessKeyId, userName, sessionContext } = userIdentity;
  const by = isAccessKey(principal) ? [accessKeyId] : [userName, sessionContext?.sessionIssuer?.userName];
  const wanted = isAccessKey(principal) ? principal : nameOf(principal);
  if (!by.includes(wanted)) return null;
  return { secretId: requestParameters.secretId, at: instant(Date.parse(eventTime)) };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const lastOf =
  (reads: readonly Read[]): Reads['lastRead'] =>
  (secret) =>
    reads
      .filter(({ secretId }) => isSecret(secretId, secret))
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? null;

/** An ARN ends in a hyphen and six characters of AWS's own, and is understood without them. */
const isSecret = (secretId: string, secret: SecretName): boolean => {
  const arn = /^arn:[^:]+:secretsmanager:[^:]*:\d*:secret:/;
  const [given, wanted] = [secretId.replace(arn, ''), secret.replace(arn, '')];
  if (given === wanted) return true;
  const suffix = /^-[A-Za-z0-9]{6}$/;
  return (
    (arn.test(secretId) && given.startsWith(wanted) && suffix.test(given.slice(wanted.length))) ||
    (arn.test(secret) && wanted.startsWith(given) && suffix.test(wanted.slice(given.length)))
  );
};
