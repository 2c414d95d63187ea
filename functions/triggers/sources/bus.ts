import * as z from 'zod/mini';
import type { CompromiseReport } from '../../domain/incident.ts';
import { harmless } from './harmless.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { leakForm } from './report-form.ts';
import { reportedTime } from './reported-time.ts';

const busEvent = z.object({
  /** Who put it there, as EventBridge's own field tells: `acme.deploy`. */
  source: z.string().check(z.minLength(1), z.maxLength(256)),
  time: reportedTime,
  detail: z.strictObject({
    id: z.string().check(z.regex(/^[\w.:/-]{1,100}$/)),
    reason: z.string().check(z.minLength(1), z.maxLength(500)),
    reference: z.optional(z.string().check(z.minLength(1), z.maxLength(500))),
    reportedAt: z.optional(reportedTime),
    leak: leakForm,
  }),
});

/**
 * The event by which a deploy or an incident system reports a compromise. Who may put it on the bus is for IAM to say
 * (`events:PutEvents` on this bus, with the condition `events:source`). A field that is not here is refused, so that a
 * misspelt one is not passed over:
 *
 * ```json
 * {
 *   "Source": "acme.deploy",
 *   "DetailType": "Keyturn compromise",
 *   "Detail": {
 *     "id": "deploy-4711",                   // the same id is the same report, however often it is put
 *     "reason": "the key was printed in a build log",
 *     "reference": "https://ci.example/4711", // optional: where a person reads more
 *     "reportedAt": "2026-11-20T10:00:00Z",   // optional: when it happened; else the event's time
 *     "leak": { "kind": "credential", "credentialId": "chat-prod" }
 *   }
 * }
 * ```
 *
 * `leak` is one of: `{kind: "credential", credentialId}`, `{kind: "key", provider, account, keyId}`,
 * `{kind: "leak-hash", leakHash}` (HasMySecretLeaked's hash of the value), `{kind: "fingerprint", fingerprint}`,
 * `{kind: "hint", provider, hint}` (the last characters; provider or null), `{kind: "provider", provider}`,
 * `{kind: "account", account}`, `{kind: "owner", owner}`, `{kind: "person", person}`, `{kind: "principal", principal}`,
 * `{kind: "admin-key", account}`. Never the value itself.
 */
export const hearBus = (event: unknown): Heard<CompromiseReport> => {
  const parsed = busEvent.safeParse(event);
  if (!parsed.success) return malformed(parsed.error);
  const { source, time, detail } = parsed.data;
  if (detail.leak.kind === 'unknown') return ignored('it names nothing');
  const from = harmless(source);
  return heard({
    source: 'bus',
    dedupeKey: `${source} ${detail.id}`,
    reference: harmless(detail.reference ?? `event ${detail.id} of ${from}`),
    reason: `${from}: ${harmless(detail.reason)}`,
    reportedAt: detail.reportedAt ?? time,
    leak: detail.leak,
  });
};
