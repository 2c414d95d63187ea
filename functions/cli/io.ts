import type { EngineClock } from '../../workflows/engine/clock.ts';
import type { Clock } from '../ports.ts';

/** What a run of the command touches besides the ports; a test gives its own. */
export interface Io {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Paths of arguments are relative to it. */
  readonly workingDirectory: string;
  readonly clock: Clock;
  /** The same time, for the embedded engine. */
  readonly engineClock: EngineClock;
  /** A fresh unique id each time; a UUID in practice. */
  readonly newId: () => string;
  /** Evenly from 0 up to, not including, 1. */
  readonly random: () => number;
  /** Aborted when the person presses Ctrl-C, or the process is asked to end. */
  readonly interrupted: AbortSignal;
}

export interface Input extends AsyncIterable<unknown> {
  readonly isTTY?: boolean | undefined;
  readonly setRawMode?: ((mode: boolean) => unknown) | undefined;
  readonly on: (event: 'data' | 'end', listener: (chunk: Buffer | string) => void) => unknown;
  readonly off: (event: 'data' | 'end', listener: (chunk: Buffer | string) => void) => unknown;
  readonly pause: () => unknown;
  readonly resume: () => unknown;
}

export interface Output {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean | undefined;
  /** The terminal's width in characters. */
  readonly columns?: number | undefined;
}
