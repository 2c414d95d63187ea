import type { Credential } from '../../../functions/domain/credential.ts';
import type { RotationRequest } from '../../../functions/domain/rotation.ts';

export type SimulatorsQuestion = {
  /** The clock file of the world. */
  readonly clock: string;
  readonly provider: string;
  /** What differs from its defaults. */
  readonly options: Readonly<Record<string, unknown>>;
};

export type SimulatorsAnswer = {
  /** Where the provider listens. */
  readonly origin: string;
  /** From the vendor's origins to it, for `fetchHttp`. */
  readonly origins: Readonly<Record<string, string>>;
  /** Where its world is read and altered. */
  readonly control: string;
};

export type EngineQuestion = {
  readonly clock: string;
  /** The store's. */
  readonly folder: string;
  readonly origins: Readonly<Record<string, string>>;
  readonly credential: Credential;
  readonly request: RotationRequest;
  /** The write to the store, from 1, before or after which the process kills itself. */
  readonly killAtWrite: { readonly at: number; readonly when: 'before' | 'after' } | null;
  /** The request, from 1, that will get no answer, and how long to wait for it in seconds of this machine. */
  readonly stall: { readonly at: number; readonly timeoutSeconds: number } | null;
};

export type EngineAnswer = {
  /** The state that the rotation ended in. */
  readonly state: string;
  /** How often it wrote to the store. */
  readonly writes: number;
  /** How many strays the sweep after it has revoked; null when it never saw a complete listing. */
  readonly strays: number | null;
};
