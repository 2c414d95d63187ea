import * as z from 'zod/mini';
import { type Instant, instant, milliseconds } from '../domain/identifiers.ts';
import type { Usage } from './provider.ts';

// Anthropic shows no "last used" on a key. What it has are reports of model calls by key, in buckets of time.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** What a report is asked for. Times in milliseconds since 1970. */
export interface UsageWindow {
  readonly now: number;
  readonly width: number;
  /** The bucket that holds the first instant that counts. */
  readonly start: number;
  /** The first bucket of which every use counts. */
  readonly firstWhole: number;
}

/** Both reports reach back 31 days, and one day in minutes. */
export const usageWindow = (since: Instant, at: Instant): UsageWindow => {
  const now = milliseconds(at);
  const from = Math.max(milliseconds(since), now - 30 * day);
  const width = now - from < 23 * hour ? minute : hour;
  return { now, width, start: Math.floor(from / width) * width, firstWhole: Math.ceil(from / width) * width };
};

/**
 * A bucket that had begun before `since` tells nothing: its use may be older. Quiet is said only of at least one whole
 * bucket that the report must have caught up with; before that, nobody knows.
 *
 * @param used the starts of the buckets in which the key was used
 */
export const judgeUse = (
  { now, width, firstWhole }: UsageWindow,
  used: readonly number[],
  usageDelaySeconds: number,
): Usage => {
  const last = Math.max(...used);
  if (last >= firstWhole) {
    const evidence = `Anthropic reports use in the ${width === minute ? 'minute' : 'hour'} from ${instant(last)}`;
    return { kind: 'busy', lastUsedAt: instant(last), evidence };
  }
  const caughtUp = Math.floor((now - usageDelaySeconds * 1000) / width) * width;
  if (caughtUp <= firstWhole) return { kind: 'unknowable' };
  return { kind: 'quiet', evidence: `Anthropic reports no use from ${instant(firstWhole)} to ${instant(caughtUp)}` };
};

const page = { has_more: z.boolean(), next_page: z.nullish(z.string()) };
/** RFC 3339. What is no time must not pass: a bucket without one would count as unused. */
export const timeText = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time'));
const byKey = z.object({ api_key_id: z.nullish(z.string()) });

export type UsagePage = {
  readonly buckets: readonly { readonly start: number; readonly keyIds: readonly (string | null | undefined)[] }[];
  readonly has_more: boolean;
  readonly next_page?: string | null | undefined;
};

const widthName = ({ width }: UsageWindow): string => (width === minute ? '1m' : '1h');

export const usageReports = {
  /** https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages.md, 2026-11 */
  'usage-report': {
    path: '/v1/organizations/usage_report/messages',
    headers: {},
    query: (window: UsageWindow) => ({ starting_at: instant(window.start), bucket_width: widthName(window) }),
    read: z.pipe(
      z.object({ data: z.array(z.object({ starting_at: timeText, results: z.array(byKey) })), ...page }),
      z.transform(
        ({ data, ...rest }): UsagePage => ({
          ...rest,
          buckets: data.map(({ starting_at, results }) => ({
            start: Date.parse(starting_at),
            keyIds: results.map(({ api_key_id }) => api_key_id),
          })),
        }),
      ),
    ),
  },
  /** https://platform.claude.com/docs/en/manage-claude/usage-cost-analytics-api.md, 2026-11: rows only where there was use. */
  analytics: {
    path: '/v1/organizations/analytics/usage',
    headers: { 'anthropic-beta': 'analytics-usage-cost-2026-08-24' },
    query: (window: UsageWindow) => ({
      starting_at: instant(window.start),
      ending_at: instant(Math.floor(window.now / window.width + 1) * window.width),
      time_bucket_width: widthName(window),
    }),
    read: z.pipe(
      z.object({ data: z.array(z.object({ starting_at: timeText, group: byKey })), ...page }),
      z.transform(
        ({ data, ...rest }): UsagePage => ({
          ...rest,
          buckets: data.map(({ starting_at, group }) => ({
            start: Date.parse(starting_at),
            keyIds: [group.api_key_id],
          })),
        }),
      ),
    ),
  },
};
