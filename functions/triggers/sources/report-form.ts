import * as z from 'zod/mini';
import { accountId, credentialId, fingerprint, keyId, leakHash } from '../../domain/identifiers.ts';
import { type CompromiseReport, type Leak, reportSources } from '../../domain/incident.ts';
import { reportedTime } from './reported-time.ts';

const text = (longest: number) => z.string().check(z.minLength(1), z.maxLength(longest));
const named = <T>(longest: number, as: (text: string) => T) => z.pipe(text(longest), z.transform(as));
const digest = <T>(as: (text: string) => T) => z.pipe(z.string().check(z.regex(/^[0-9a-f]{64}$/)), z.transform(as));
const id = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,39}$/));
const provider = id;
const account = z.pipe(id, z.transform(accountId));

/** What may be named from outside; the same kinds as `Leak`, but for what only Keyturn itself finds out. */
export const leakForm: z.ZodMiniType<Leak> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fingerprint'), fingerprint: digest(fingerprint) }),
  z.strictObject({ kind: z.literal('leak-hash'), leakHash: digest(leakHash) }),
  z.strictObject({ kind: z.literal('key'), provider, account, keyId: named(200, keyId) }),
  z.strictObject({ kind: z.literal('credential'), credentialId: z.pipe(id, z.transform(credentialId)) }),
  z.strictObject({
    kind: z.literal('hint'),
    provider: z.nullable(provider),
    // Longer is no hint any more, but a good part of the key.
    hint: z.string().check(z.minLength(2), z.maxLength(8)),
  }),
  z.strictObject({ kind: z.literal('provider'), provider }),
  z.strictObject({ kind: z.literal('account'), account }),
  z.strictObject({ kind: z.literal('owner'), owner: text(320) }),
  z.strictObject({ kind: z.literal('person'), person: text(320) }),
  z.strictObject({ kind: z.literal('principal'), principal: text(400) }),
  z.strictObject({ kind: z.literal('admin-key'), account }),
  z.strictObject({ kind: z.literal('unknown'), why: text(400) }),
]);

/** A report that has waited in our own queue. */
export const reportForm: z.ZodMiniType<CompromiseReport> = z.strictObject({
  source: z.enum(reportSources),
  dedupeKey: text(700),
  reference: text(400),
  reason: text(700),
  reportedAt: reportedTime,
  leak: leakForm,
});
