import * as z from 'zod/mini';
import type { CompromiseReport } from '../../domain/incident.ts';
import { accountEndings } from '../../domain/report-events.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { reportedTime } from './reported-time.ts';

// Names of events and fields as in https://developer.okta.com/docs/reference/api/event-types/; no live event was seen.
// Connectors that read them know different detail-types, so the source and `detail.eventType` decide.

const anyEvent = z.object({ detail: z.object({ eventType: z.string() }) });
const lifecycleEvent = z.object({
  detail: z.object({
    uuid: z.string().check(z.maxLength(100)),
    published: reportedTime,
    outcome: z.object({ result: z.string() }),
    target: z.array(z.object({ type: z.string(), alternateId: z.nullish(z.string()) })).check(z.maxLength(100)),
  }),
});

/** A person's account was closed or locked: what hangs off that person must be looked at. */
export const hearOkta = (event: unknown): Heard<CompromiseReport> => {
  const any = anyEvent.safeParse(event);
  if (!any.success) return malformed(any.error);
  const ending = Object.hasOwn(accountEndings, any.data.detail.eventType)
    ? accountEndings[any.data.detail.eventType]
    : undefined;
  if (ending === undefined) return ignored('not the end of a user account');
  const parsed = lifecycleEvent.safeParse(event);
  if (!parsed.success) return malformed(parsed.error);
  const { uuid, published, outcome, target } = parsed.data.detail;
  if (outcome.result !== 'SUCCESS') return ignored('it did not succeed');
  const people = target
    .filter(({ type }) => type === 'User')
    .map(({ alternateId }) => alternateId?.toLowerCase() ?? '')
    .filter((person) => /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(person));
  const [first, ...rest] = [...new Set(people)].map(
    (person): CompromiseReport => ({
      source: 'okta',
      dedupeKey: `${uuid} ${person}`,
      reference: `Okta event ${uuid}`,
      reason: `Okta: the account of ${person} was ${ending}`,
      reportedAt: published,
      leak: { kind: 'person', person },
    }),
  );
  return first === undefined ? ignored('it names no user by e-mail address') : heard(first, ...rest);
};
