import type { Instant } from '../domain/identifiers.ts';
import type { Http, Ports } from '../ports.ts';
import { incidentIdOf } from '../triggers/incident-id.ts';
import { dedupeIdOf, type Intake, type IntakeMessage } from '../triggers/intake.ts';
import { githubOrigin, listGithubAlerts } from '../triggers/sources/github-api.ts';
import { throttled } from '../triggers/sources/source-call.ts';
import { readSourceToken } from '../triggers/sources/source-secret.ts';

export type PollPorts = Pick<Ports, 'vault' | 'ledger'> & { readonly http: Http; readonly intake: Intake };

export type PollReport = {
  /** How many open alerts or incidents were looked at. */
  readonly seen: number;
  /** How many of them nobody had told of, and are in the queue now. */
  readonly queued: number;
  /** How many were not in the documented form, and were passed over. */
  readonly unread: number;
  /** False: the vendor throttled. The next poll begins anew, and passes over what is known by then. */
  readonly complete: boolean;
};

/**
 * Finds what GitHub told and nobody heard: it delivers a webhook once, and never again. Each open alert that is no
 * incident yet goes the same way as a webhook's. An alert that was opened again looks as before in a listing: of that
 * only the webhook tells.
 *
 * @param options.scopes what to list: `orgs/acme`, `repos/acme/app`
 * @param options.since alerts that changed before are not looked at; null: all that are open
 * @throws Fault when the token is absent or turned down, or GitHub, ledger or queue do not answer; what was queued stays
 */
export const pollGithub = async (
  { scopes, since }: { readonly scopes: readonly string[]; readonly since: Instant | null },
  { vault, ledger, http, intake }: PollPorts,
): Promise<PollReport> => {
  const call = { http, token: await readSourceToken('github', { vault }), origin: githubOrigin };
  let seen = 0;
  let queued = 0;
  for (const scope of scopes) {
    let page: string | null = null;
    do {
      const listed = await listGithubAlerts(scope, page, call);
      if (listed === throttled) return { seen, queued, unread: 0, complete: false };
      const recent = listed.alerts.filter(({ alert }) => since === null || alert.at >= since);
      for (const { alert, outline } of recent) {
        seen += 1;
        if ((await ledger.incident(incidentIdOf(outline))) !== null) continue;
        const message: IntakeMessage = { kind: 'github-alert', alert };
        await intake.put(message, dedupeIdOf(message));
        queued += 1;
      }
      // Those that changed last come first: behind the first old one there are only older ones.
      page = recent.length === listed.alerts.length ? listed.next : null;
    } while (page !== null);
  }
  return { seen, queued, unread: 0, complete: true };
};
