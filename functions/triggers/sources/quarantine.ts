import * as z from 'zod/mini';
import type { CompromiseReport } from '../../domain/incident.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { principalLeak } from './principal.ts';
import { reportedTime } from './reported-time.ts';

// AWS attaches the policy to a user whose key it found in public. It denies neither secretsmanager:* nor kms:Decrypt:
// the user reads on. https://github.com/zoph-io/MAMIP/blob/0387244e/policies/AWSCompromisedKeyQuarantineV3, read 2026-11.
const policy = /:policy\/AWSCompromisedKeyQuarantine(?:V[1-9])?$/;

const text = z.string().check(z.maxLength(200));
const anyCall = z.object({ detail: z.object({ eventName: z.string() }) });
const attachCall = z.object({
  account: text,
  region: z.string(),
  time: reportedTime,
  detail: z.object({
    eventID: text,
    eventTime: z.nullish(reportedTime),
    errorCode: z.nullish(z.string()),
    recipientAccountId: z.nullish(text),
    requestParameters: z.nullish(z.object({ userName: text, policyArn: text })),
  }),
});

/** The quarantine policy was attached to a user, as CloudTrail tells it (IAM's calls: in us-east-1). */
export const hearQuarantine = (event: unknown): Heard<CompromiseReport> => {
  const any = anyCall.safeParse(event);
  if (!any.success) return malformed(any.error);
  if (any.data.detail.eventName !== 'AttachUserPolicy') return ignored('not AttachUserPolicy');
  const parsed = attachCall.safeParse(event);
  if (!parsed.success) return malformed(parsed.error);
  const { detail, region, time } = parsed.data;
  const { requestParameters } = detail;
  if (detail.errorCode || !requestParameters) return ignored('the call was turned down');
  if (!policy.test(requestParameters.policyArn)) return ignored('another policy than the quarantine');
  const account = detail.recipientAccountId ?? parsed.data.account;
  return heard({
    source: 'quarantine',
    dedupeKey: detail.eventID,
    reference: `CloudTrail event ${detail.eventID}`,
    reason: `AWS put user ${requestParameters.userName} of account ${account} under quarantine`,
    reportedAt: detail.eventTime ?? time,
    leak: principalLeak({ account, region, kind: 'user', name: requestParameters.userName, accessKeyId: null }),
  });
};
