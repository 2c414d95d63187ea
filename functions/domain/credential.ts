import type { AccountId, CredentialId, SecretName } from './identifiers.ts';
import type { JsonObject } from './json.ts';

export const strategies = ['overlap', 'two-slot', 'human-created'] as const;
/** The shape of the protocol that a provider allows. */
export type Strategy = (typeof strategies)[number];

export const tiers = ['infrastructure', 'service', 'user'] as const;
export type Tier = (typeof tiers)[number];

export const sensitivities = ['standard', 'high'] as const;
export type Sensitivity = (typeof sensitivities)[number];

/** Where the keys of a credential live: everything that a call to the provider needs. */
export type Target = {
  readonly provider: string;
  readonly account: AccountId;
  /** The secret that holds the account's admin key. */
  readonly adminSecret: SecretName;
  /** The account's and the credential's provider settings in one object; the adapter parses it. */
  readonly settings: JsonObject;
};

/** What a new key must be able to do, beyond authenticating. */
export type Expectations = {
  readonly models: readonly string[];
  readonly permissions: readonly string[];
};

export type Consumer = {
  readonly name: string;
  /** How long the consumer may serve a value from its cache after the vault has changed, in seconds. */
  readonly cacheTtlSeconds: number;
};

/** When scheduled rotations may start, in the time zone's local time. */
export type RotationWindow = {
  readonly days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** `HH:MM`; a window whose end is not after its start goes over midnight. */
  readonly from: string;
  readonly to: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
};

/** One entry of the register, with every default filled in. A rotation works on the copy it took at its start. */
export type Credential = {
  readonly id: CredentialId;
  readonly target: Target;
  readonly secret: SecretName;
  /** The workload that uses the key. One credential per service, environment and purpose. */
  readonly service: string;
  readonly purpose: string;
  readonly environment: string;
  readonly owner: { readonly name: string; readonly contact: string };
  readonly tier: Tier;
  readonly sensitivity: Sensitivity;
  /** The longest time between two rotations, in seconds. */
  readonly cadenceSeconds: number;
  readonly window: RotationWindow | null;
  /** How long both keys live after the cut-over of a scheduled rotation, in seconds. */
  readonly overlapSeconds: number;
  /** How long an old key that is still used is waited for, from the cut-over, in seconds. */
  readonly maximumOverlapSeconds: number;
  readonly consumers: readonly Consumer[];
  readonly expects: Expectations;
  /** US dollars a month at which the owner is told; null: no alert. */
  readonly spendAlertUsd: number | null;
  /** What an emergency does first when the request does not say. */
  readonly emergency: 'contain-first' | 'replace-first';
};
