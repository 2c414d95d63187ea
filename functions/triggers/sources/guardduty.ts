import * as z from 'zod/mini';
import type { CompromiseReport } from '../../domain/incident.ts';
import { findingTypes } from '../../domain/report-events.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { principalLeak } from './principal.ts';
import { reportedTime } from './reported-time.ts';

const text = z.string().check(z.maxLength(200));
const anyEvent = z.object({ detail: z.object({ type: z.string() }) });
const finding = z.object({
  region: z.string(),
  time: reportedTime,
  detail: z.object({
    id: text,
    accountId: text,
    type: text,
    service: z.nullish(z.object({ archived: z.nullish(z.boolean()), eventFirstSeen: z.nullish(reportedTime) })),
    resource: z.object({
      accessKeyDetails: z.object({
        accessKeyId: z.nullish(text),
        userType: z.nullish(text),
        userName: z.nullish(text),
      }),
    }),
  }),
});

/** GuardDuty sends a finding again when it grows: its id stays, and so does the report. */
export const hearGuardduty = (event: unknown): Heard<CompromiseReport> => {
  const any = anyEvent.safeParse(event);
  if (!any.success) return malformed(any.error);
  if (!findingTypes.includes(any.data.detail.type)) return ignored('a finding that is not about harvested secrets');
  const parsed = finding.safeParse(event);
  if (!parsed.success) return malformed(parsed.error);
  const { detail, region, time } = parsed.data;
  if (detail.service?.archived === true) return ignored('the finding is archived');
  const { accessKeyId, userType, userName } = detail.resource.accessKeyDetails;
  return heard({
    source: 'guardduty',
    dedupeKey: `${detail.accountId} ${region} ${detail.id}`,
    reference: `GuardDuty finding ${detail.id} in ${region}`,
    reason: `GuardDuty: ${detail.type}`,
    reportedAt: detail.service?.eventFirstSeen ?? time,
    leak: principalLeak({
      account: detail.accountId,
      region,
      kind: userType === 'IAMUser' ? 'user' : 'role',
      name: userName,
      accessKeyId,
    }),
  });
};
