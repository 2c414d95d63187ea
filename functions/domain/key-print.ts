import type { Target } from './credential.ts';
import type { CredentialId, Fingerprint, Instant, KeyId, LeakHash } from './identifiers.ts';

/** What a leaked value is turned into, in one place, before it is dropped. */
export type ValuePrint = {
  readonly fingerprint: Fingerprint;
  readonly leakHash: LeakHash;
  /** The last characters of the value, as vendors show them; null for a value too short to show any of. */
  readonly hint: string | null;
};

/** Which key a value is: written when the key is made, and kept after it is dead, so that an old leak is known as one. */
export type KeyPrint = ValuePrint & {
  readonly keyId: KeyId;
  readonly target: Target;
  readonly credentialId: CredentialId;
  readonly recordedAt: Instant;
};

/** By any of these a print is found. Only a hint may fit more than one key. */
export type PrintQuestion =
  | { readonly fingerprint: Fingerprint }
  | { readonly leakHash: LeakHash }
  | { readonly hint: string };
