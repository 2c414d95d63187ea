import * as z from 'zod/mini';
import type { Instant } from '../../domain/identifiers.ts';
import type { CompromiseReport } from '../../domain/incident.ts';
import { type Answer, ask, type Vendor } from '../../providers/http.ts';
import { hearListedIncident } from './gitguardian.ts';
import type { Heard } from './heard.ts';
import { knownAnswer, nextPage, type SourceCall, throttled } from './source-call.ts';

// https://api.gitguardian.com/docs (1.1.0) and https://docs.gitguardian.com/api-docs/pagination, read 2026-11. The token
// needs the scope incidents:read.

/** `https://api.eu1.gitguardian.com` for workspaces of the EU; `https://<host>/exposed` for an instance of one's own. */
export const gitguardianOrigin = 'https://api.gitguardian.com';

const vendor: Vendor = { title: 'GitGuardian', code: () => null, requestIdHeader: null, personMust: {} };

/**
 * One page of the incidents, newest first.
 *
 * @param since when an incident was first seen, at the earliest; null: all
 * @param page what an earlier page named as the next; null: the first
 * @throws Fault `NothingChanged` when GitGuardian does not answer, `NeedsPerson` when the token is turned down
 */
export const listGitguardianIncidents = async (
  since: Instant | null,
  page: string | null,
  call: SourceCall,
): Promise<{ readonly told: readonly Heard<CompromiseReport>[]; readonly next: string | null } | typeof throttled> => {
  let next: string | null = null;
  const look = (answer: Answer) => {
    next = nextPage(answer, call.origin);
    return knownAnswer(answer, 'keyturn/sources/gitguardian/token');
  };
  const query = new URLSearchParams({
    per_page: '100',
    ordering: '-date',
    ...(since !== null && { date_after: since }),
  });
  const listed = await ask(call.http, vendor, {
    what: 'GitGuardian: list the incidents',
    method: 'GET',
    url: page ?? `${call.origin}/v1/incidents/secrets?${query.toString()}`,
    headers: { authorization: `Token ${call.token.expose()}` },
    repeatable: true,
    read: z.array(z.unknown()),
    known: look,
  });
  return listed === throttled ? throttled : { told: listed.map(hearListedIncident), next };
};
