import * as z from 'zod/mini';
import type { Instant } from '../../domain/identifiers.ts';
import { type Heard, heard, ignored, malformed } from './heard.ts';
import { reportedTime } from './reported-time.ts';

// https://docs.github.com/en/webhooks/webhook-events-and-payloads#secret_scanning_alert, read 2026-11.

/** Where an alert is read. The webhook tells neither the value nor a hash of it. */
export type GithubAlert = {
  /** `owner/name`. */
  readonly repository: string;
  readonly number: number;
  /** What was told of it: a webhook's action, or that a poll has listed it. */
  readonly seen: GithubAction | 'listed';
  /** When it came to be so, as GitHub says. */
  readonly at: Instant;
};

/** The name goes into a URL: GitHub's own characters and nothing else. */
export const repositoryName = z.string().check(z.maxLength(140), z.regex(/^[A-Za-z0-9][\w-]*\/(?!\.{1,2}$)[\w.-]+$/));
export const alertNumber = z.int().check(z.positive());

/** The actions that tell of a leak, new or found to be worse. */
export const githubActions = ['created', 'publicly_leaked', 'reopened', 'validated'] as const;
type GithubAction = (typeof githubActions)[number];

const anyAction = z.object({ action: z.string() });
const action = z.enum(githubActions);
const alertEvent = z.object({
  action,
  alert: z.object({ number: alertNumber, created_at: reportedTime, updated_at: z.nullish(reportedTime) }),
  repository: z.object({ full_name: repositoryName }),
});

/**
 * What GitHub tells by webhook: only a hint, to be read again by REST.
 *
 * @param event the header `X-GitHub-Event`, which is not signed: it chooses the words, the body decides
 */
export const hearGithub = (event: string, body: unknown): Heard<GithubAlert> => {
  if (event === 'ping') return ignored('a ping: the webhook is in place');
  if (event !== 'secret_scanning_alert') return ignored('not the event secret_scanning_alert');
  const any = anyAction.safeParse(body);
  if (!any.success) return malformed(any.error);
  if (!action.safeParse(any.data.action).success) return ignored('an action that tells of no new leak');
  const parsed = alertEvent.safeParse(body);
  if (!parsed.success) return malformed(parsed.error);
  const { alert, repository } = parsed.data;
  return heard({
    repository: repository.full_name,
    number: alert.number,
    seen: parsed.data.action,
    at: alert.updated_at ?? alert.created_at,
  });
};
