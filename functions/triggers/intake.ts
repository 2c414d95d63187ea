import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { CompromiseReport } from '../domain/incident.ts';
import { alertNumber, type GithubAlert, githubActions, repositoryName } from './sources/github.ts';
import { reportForm } from './sources/report-form.ts';
import { reportedTime } from './sources/reported-time.ts';

/** What waits in the intake queue: a report, or where one is to be read. Small, and never a value. */
export type IntakeMessage =
  | { readonly kind: 'report'; readonly report: CompromiseReport }
  | { readonly kind: 'github-alert'; readonly alert: GithubAlert };

/** Where verified tidings wait until they are taken in. */
export interface Intake {
  /**
   * Keeps the message durably; the same `dedupeId` again within minutes is a no-op.
   * @throws Fault when it is not known to be kept; the sender must hear of it
   */
  readonly put: (message: IntakeMessage, dedupeId: string) => Promise<void>;
}

export const messageForm: z.ZodMiniType<IntakeMessage> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('report'), report: reportForm }),
  z.strictObject({
    kind: z.literal('github-alert'),
    alert: z.strictObject({
      repository: repositoryName,
      number: alertNumber,
      seen: z.enum([...githubActions, 'listed']),
      at: reportedTime,
    }),
  }),
]);

/**
 * 64 characters of hex, made of the message alone, and so of what was signed. Not of `X-GitHub-Delivery`, which is not
 * signed: whoever replays a delivery may write there what he likes.
 */
export const dedupeIdOf = (message: IntakeMessage): string => {
  return createHash('sha256')
    .update(JSON.stringify(identityOf(message)))
    .digest('hex');
};

const identityOf = (message: IntakeMessage): readonly (string | number)[] => {
  if (message.kind === 'report') return [message.kind, message.report.source, message.report.dedupeKey];
  const { repository, number, seen, at } = message.alert;
  return [message.kind, repository.toLowerCase(), number, seen, at];
};
