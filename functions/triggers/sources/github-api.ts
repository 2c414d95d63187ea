import * as z from 'zod/mini';
import { Fault } from '../../domain/fault.ts';
import { instant } from '../../domain/identifiers.ts';
import type { CompromiseReport } from '../../domain/incident.ts';
import { SecretValue } from '../../domain/secret-value.ts';
import type { Ports } from '../../ports.ts';
import { type Answer, ask, type Vendor } from '../../providers/http.ts';
import { leakOfValue } from '../leaked-value.ts';
import type { GithubAlert } from './github.ts';
import { harmless } from './harmless.ts';
import { type Heard, heard, ignored } from './heard.ts';
import { knownAnswer, nextPage, type SourceCall, throttled } from './source-call.ts';

// https://docs.github.com/en/rest/secret-scanning/secret-scanning (2022-11-28) and npm @octokit/openapi-types 29.0.1,
// read 2026-11. The token must read secret scanning alerts, and nothing else.

export const githubOrigin = 'https://api.github.com';

const vendor: Vendor = { title: 'GitHub', code: () => null, requestIdHeader: null, personMust: {} };
const tokenName = 'keyturn/sources/github/token';

const time = z.pipe(
  z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)))),
  z.transform((text) => instant(Date.parse(text))),
);

const alertSchema = z.object({
  number: z.int(),
  html_url: z.string(),
  created_at: time,
  updated_at: z.nullish(time),
  state: z.string(),
  secret_type: z.string(),
  validity: z.nullish(z.string()),
  publicly_leaked: z.nullish(z.boolean()),
});
type Alert = z.infer<typeof alertSchema>;

const headersOf = ({ token }: SourceCall): Readonly<Record<string, string>> => ({
  accept: 'application/vnd.github+json',
  authorization: `Bearer ${token.expose()}`,
  'user-agent': 'keyturn',
  'x-github-api-version': '2022-11-28',
});

/** The state of an alert that is worth a report of its own. The same from a webhook and from a poll. */
const stateOf = ({ validity, publicly_leaked }: Alert): string =>
  ['open', ...(validity === 'active' ? ['active'] : []), ...(publicly_leaked === true ? ['public'] : [])].join(' ');

/** All of a report but its leak: what a listing, which does not show the value, can tell too. */
type Outline = Omit<CompromiseReport, 'leak'>;

const outlineOf = (hint: GithubAlert, alert: Alert): Outline => {
  const reopened = hint.seen === 'reopened';
  const state = reopened ? `reopened ${hint.at}` : stateOf(alert);
  return {
    source: 'github',
    dedupeKey: `${nameOf(hint)} ${state}`,
    reference: harmless(alert.html_url),
    reason: `GitHub found a secret (${harmless(alert.secret_type)}) in ${hint.repository}; ${state}`,
    reportedAt: reopened ? hint.at : alert.created_at,
  };
};

/** GitHub does not tell upper from lower case in a name. */
const nameOf = ({ repository, number }: GithubAlert): string => `${repository.toLowerCase()}#${number}`;

/** GitHub says 404 also of what the token may not see: that must not pass unseen. */
const hiddenAlert = (hint: GithubAlert): CompromiseReport => ({
  source: 'github',
  dedupeKey: `${nameOf(hint)} hidden`,
  reference: nameOf(hint),
  reason: `GitHub told of a secret in ${hint.repository}, and does not show the alert to our token`,
  reportedAt: hint.at,
  leak: { kind: 'unknown', why: `The alert is gone, or the token in ${tokenName} may not see it.` },
});

/**
 * Reads the alert again, turns its value into what it is known by, and drops it. A webhook is only a hint: what the
 * report says, GitHub's API said.
 *
 * An alert that a person has closed still counts when the value is a key of ours: closing it makes nothing secret again.
 *
 * @throws Fault `NothingChanged` when GitHub, the key service or the ledger does not answer, or GitHub throttles;
 *   `NeedsPerson` when the token is turned down
 */
export const readGithubAlert = async (
  hint: GithubAlert,
  call: SourceCall,
  ports: Pick<Ports, 'fingerprints' | 'ledger'>,
): Promise<Heard<CompromiseReport>> => {
  const { repository, number } = hint;
  const alert = await ask(call.http, vendor, {
    what: `GitHub: read alert ${number} of ${repository}`,
    method: 'GET',
    url: `${call.origin}/repos/${repository}/secret-scanning/alerts/${number}`,
    headers: headersOf(call),
    repeatable: true,
    read: z.extend(alertSchema, {
      secret: z.nullish(
        z.pipe(
          z.string(),
          z.transform((text) => new SecretValue(text)),
        ),
      ),
      is_base64_encoded: z.nullish(z.boolean()),
    }),
    known: (answer) => (answer.status === 404 ? 'hidden' : knownAnswer(answer, tokenName)),
  });
  if (alert === 'hidden') return heard(hiddenAlert(hint));
  if (alert === throttled) {
    throw new Fault('NothingChanged', `GitHub throttles: alert ${number} of ${repository} was not read yet.`);
  }
  const { secret, is_base64_encoded } = alert;
  const values = secret ? [...(is_base64_encoded === true ? [decoded(secret)] : []), secret] : [];
  const leak = await leakOfValue(values, ports);
  if (leak.kind === 'unknown' && alert.state !== 'open') return ignored('closed, and no key of ours');
  return heard({ ...outlineOf(hint, alert), leak });
};

const decoded = (secret: SecretValue): SecretValue =>
  new SecretValue(Buffer.from(secret.expose(), 'base64').toString('utf8'));

/** An alert of a listing, and what its report will be known by. */
export type ListedAlert = {
  readonly alert: GithubAlert;
  readonly outline: Outline;
};

/**
 * One page of the open alerts, those that changed last first. It asks GitHub to leave the values out.
 *
 * @param page what an earlier page named as the next; null: the first of `scope`, which is `orgs/acme` or `repos/acme/app`
 * @throws Fault as `readGithubAlert`
 */
export const listGithubAlerts = async (
  scope: string,
  page: string | null,
  call: SourceCall,
): Promise<{ readonly alerts: readonly ListedAlert[]; readonly next: string | null } | typeof throttled> => {
  let next: string | null = null;
  const look = (answer: Answer) => {
    next = nextPage(answer, call.origin);
    return knownAnswer(answer, tokenName);
  };
  const listed = await ask(call.http, vendor, {
    what: `GitHub: list the alerts of ${scope}`,
    method: 'GET',
    url:
      page ??
      `${call.origin}/${scope}/secret-scanning/alerts?state=open&hide_secret=true&sort=updated&direction=desc&per_page=100`,
    headers: headersOf(call),
    repeatable: true,
    read: z.array(z.extend(alertSchema, { repository: z.optional(z.object({ full_name: z.string() })) })),
    known: look,
  });
  if (listed === throttled) return throttled;
  const alerts = listed.map((listing): ListedAlert => {
    // A repository's own listing does not name it.
    const repository = listing.repository?.full_name ?? scope.replace(/^repos\//, '');
    const at = listing.updated_at ?? listing.created_at;
    const alert: GithubAlert = { repository, number: listing.number, seen: 'listed', at };
    return { alert, outline: outlineOf(alert, listing) };
  });
  return { alerts, next };
};
