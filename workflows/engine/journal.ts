import { z } from 'zod';
import type { JsonObject } from '../../functions/domain/json.ts';

/** The durable record of executions. One write per transition, made before the next effect. */
export interface Journal {
  /** Stores a new execution, its definition's text and its first entries in one write, unless the name is taken. */
  readonly start: (
    execution: Execution,
    definitionText: string,
    entries: readonly HistoryEntry[],
  ) => Promise<StartAnswer>;
  /**
   * Replaces the execution and adds to its history, in one atomic write, if the stored revision is still
   * `execution.revision`; it is stored with that revision plus one. False: somebody wrote in between, and nothing
   * changed.
   */
  readonly save: (execution: Execution, entries: readonly HistoryEntry[]) => Promise<boolean>;
  readonly read: (name: string) => Promise<Execution | null>;
  /** Oldest first. */
  readonly history: (name: string) => Promise<readonly HistoryEntry[]>;
  /** What can go on at `now` (milliseconds since 1970), and when the next of the others can. */
  readonly runnable: (now: number, limit: number) => Promise<Runnable>;
  /** The text that `start` was given with this hash. */
  readonly definitionText: (hash: string) => Promise<string | null>;
}

export type StartAnswer =
  | { readonly kind: 'started' }
  /** The one that has the name, running or ended; the caller compares the input. */
  | { readonly kind: 'already-started'; readonly execution: Execution };

export type Runnable = {
  /** Names of running executions whose `wakeAt` is null or not after now, longest due first; at most the limit. */
  readonly due: readonly string[];
  /** The earliest `wakeAt` after now of a running execution. */
  readonly nextWakeAt: number | null;
};

/** One run, as it stands between two transitions. All times are milliseconds since 1970. */
export type Execution = {
  readonly name: string;
  /** The name of its definition: the strategy. */
  readonly definition: string;
  /** SHA-256, in hexadecimal, of the text that it started with and finishes on. */
  readonly definitionHash: string;
  readonly input: JsonObject;
  readonly status: 'running' | 'succeeded' | 'failed';
  /** Why it failed; null otherwise. */
  readonly failure: Failure | null;
  /** The present state, or the one it ended in. */
  readonly state: string;
  readonly stateInput: JsonObject;
  /** How often each entry of the present state's Retry list was used on this visit. */
  readonly retries: readonly number[];
  /** When a wait is over or the next try is due; null when nothing holds it. */
  readonly wakeAt: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** What it succeeded with; null otherwise. */
  readonly output: JsonObject | null;
  /** Grows by one with every save. */
  readonly revision: number;
};

/** Named as Amazon States Language names them: `Error` and `Cause`. */
export type Failure = { readonly error: string; readonly cause: string };

export const historyEvents = ['started', 'entered', 'retried', 'caught', 'succeeded', 'failed'] as const;

export type HistoryEntry = {
  readonly at: number;
  readonly state: string;
  readonly event: (typeof historyEvents)[number];
  /** For a person, at most 500 characters. Never the execution's data. */
  readonly detail: string;
};

/** For a journal that reads its own bytes: what was stored is data from outside by then. */
export const executionSchema: z.ZodType<Execution> = z.strictObject({
  name: z.string(),
  definition: z.string(),
  definitionHash: z.string(),
  input: z.record(z.string(), z.json()),
  status: z.enum(['running', 'succeeded', 'failed']),
  failure: z.strictObject({ error: z.string(), cause: z.string() }).nullable(),
  state: z.string(),
  stateInput: z.record(z.string(), z.json()),
  retries: z.array(z.int().min(0)),
  wakeAt: z.number().nullable(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  output: z.record(z.string(), z.json()).nullable(),
  revision: z.int().min(0),
});

export const historyEntrySchema: z.ZodType<HistoryEntry> = z.strictObject({
  at: z.number(),
  state: z.string(),
  event: z.enum(historyEvents),
  detail: z.string(),
});
