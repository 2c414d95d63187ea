import type { Instant } from '../domain/identifiers.ts';
import { incidentIdOf } from '../triggers/incident-id.ts';
import { dedupeIdOf, type IntakeMessage } from '../triggers/intake.ts';
import { gitguardianOrigin, listGitguardianIncidents } from '../triggers/sources/gitguardian-api.ts';
import { throttled } from '../triggers/sources/source-call.ts';
import { readSourceToken } from '../triggers/sources/source-secret.ts';
import type { PollPorts, PollReport } from './poll-github.ts';

/**
 * Finds what GitGuardian told and nobody heard: it sends a webhook once. Each open incident of which Keyturn has none
 * yet goes the same way as a webhook's.
 *
 * @param options.since incidents first seen before are not looked at; null: all. Of an older one that became valid again
 *   only a poll of all tells.
 * @throws Fault when the token is absent or turned down, or GitGuardian, ledger or queue do not answer; what was queued
 *   stays
 */
export const pollGitguardian = async (
  { since }: { readonly since: Instant | null },
  { vault, ledger, http, intake }: PollPorts,
): Promise<PollReport> => {
  const call = { http, token: await readSourceToken('gitguardian', { vault }), origin: gitguardianOrigin };
  let seen = 0;
  let queued = 0;
  let unread = 0;
  let page: string | null = null;
  do {
    const listed = await listGitguardianIncidents(since, page, call);
    if (listed === throttled) return { seen, queued, unread, complete: false };
    for (const told of listed.told) {
      if (told.kind === 'malformed') unread += 1;
      if (told.kind !== 'heard') continue;
      for (const report of told.items) {
        seen += 1;
        if ((await ledger.incident(incidentIdOf(report))) !== null) continue;
        const message: IntakeMessage = { kind: 'report', report };
        await intake.put(message, dedupeIdOf(message));
        queued += 1;
      }
    }
    page = listed.next;
  } while (page !== null);
  return { seen, queued, unread, complete: true };
};
