import * as z from 'zod/mini';
import { type Instant, instant } from '../domain/identifiers.ts';
import type { Clock, Notice, Notices } from '../ports.ts';
import type { Store } from './store.ts';

const noticeRow = z.object({ at: z.string(), notice: z.string() });
const notice = z.custom<Notice>((value: unknown) => typeof value === 'object' && value !== null && 'subject' in value);

export interface KeptNotice {
  readonly at: Instant;
  readonly notice: Notice;
}

/** On one machine notices are kept in the store, and handed to whoever listens. */
export interface LocalNotices extends Notices {
  /** The latest ones, newest first. */
  readonly latest: (limit: number) => Promise<readonly KeptNotice[]>;
}

export const localNotices = (
  store: Store,
  clock: Clock,
  listener: (notice: Notice) => void = () => undefined,
): LocalNotices => ({
  send: async (sent) => {
    await store.write((sql) =>
      sql.run('INSERT INTO notices (at, notice) VALUES (?, ?)', clock.now(), JSON.stringify(sent)),
    );
    listener(sent);
  },

  latest: (limit) =>
    store.read((sql) =>
      sql
        .all(noticeRow, 'SELECT at, notice FROM notices ORDER BY sequence DESC LIMIT ?', limit)
        .map((row) => ({ at: instant(Date.parse(row.at)), notice: z.parse(notice, JSON.parse(row.notice)) })),
    ),
});
