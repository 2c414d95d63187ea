import type { JsonObject } from '../domain/json.ts';
import type { Arguments } from './arguments.ts';
import type { Io } from './io.ts';

/** One command, being run. */
export interface Call {
  readonly io: Io;
  readonly arguments: Arguments;
  /** A line for the person: to stdout, or to stderr when stdout is for JSON. */
  readonly say: (line: string) => void;
  /** Whether a question can be asked. */
  readonly isInteractive: boolean;
  /** What to tell the person who presses Ctrl-C from now on. */
  readonly ifInterrupted: (explanation: { readonly what: string; readonly next: string }) => void;
}

export interface Answer {
  readonly exitCode: 0 | 1;
  /** What `--json` prints. */
  readonly json: JsonObject;
}

export type Run = (call: Call) => Promise<Answer>;
