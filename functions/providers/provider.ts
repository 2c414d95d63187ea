import type { Expectations } from '../domain/credential.ts';
import type { Instant, KeyId, KeyName } from '../domain/identifiers.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Finding, Usage, Verdict } from '../domain/verdict.ts';
import type { Clock, Http } from '../ports.ts';

export type { Finding, Usage, Verdict };

/** What an operation may use. It is made for one account and one credential, and lives as long as one step. */
export interface Call<S> {
  readonly settings: S;
  /** The text of the account's admin secret; the adapter knows its form. */
  readonly admin: SecretValue;
  readonly http: Http;
  readonly clock: Clock;
  /** Access tokens that this connection has fetched, by what they are for. It dies with the connection. */
  readonly tokens: Map<string, AccessToken>;
}

export interface AccessToken {
  readonly value: SecretValue;
  readonly expiresAt: Instant;
}

export interface CreatedKey {
  readonly keyId: KeyId;
  readonly value: SecretValue;
}

export interface KeyRecord {
  readonly keyId: KeyId;
  /** The name as the provider has it; null where it has none. */
  readonly name: string | null;
  /** The provider's creation time; null where it does not tell. */
  readonly createdAt: Instant | null;
  /** False for a key that the provider lists and refuses: disabled, archived, expired. */
  readonly active: boolean;
  /** Last characters of the value that the provider shows; null where it shows none. */
  readonly hint: string | null;
}

export interface ValidateQuestion {
  readonly value: SecretValue;
  /** The key's id: with it, the admin side is asked as well (workspace, scope). Null: only "is it accepted". */
  readonly keyId: KeyId | null;
  readonly expects: Expectations;
}

export interface UsageQuestion {
  readonly keyId: KeyId;
  /** Use before this instant does not count. */
  readonly since: Instant;
}

export interface Slot {
  readonly name: string;
  readonly keyId: KeyId;
  readonly value: SecretValue;
}

/**
 * What a step can ask of a provider. An operation that is absent is a thing that the vendor cannot do.
 *
 * Each sends at most one mutation; reads, paging and token exchange around it are its own affair. None of them
 * orders, waits, retries, logs, or reads the environment.
 *
 * @throws Fault as `http.ts` maps the provider's answer
 */
export interface Connection {
  readonly facts: Facts;
  readonly validate: (question: ValidateQuestion) => Promise<Verdict>;
  /** Asks for a key of exactly this name. No vendor has an idempotency key: never repeated with the same name. */
  readonly createKey?: (name: KeyName) => Promise<CreatedKey>;
  /** To the last page, or it throws: "could not look" is never "not there". */
  readonly listKeys?: () => Promise<readonly KeyRecord[]>;
  /** Which key is this value; null when the account has no such key. */
  readonly identifyKey?: (value: SecretValue) => Promise<KeyId | null>;
  readonly readUsage?: (question: UsageQuestion) => Promise<Usage>;
  /** The strongest thing the vendor has that stops a key at once. An absent key is a contained key. */
  readonly containKey?: (keyId: KeyId) => Promise<void>;
  /** A key can come back from this. */
  readonly disableKey?: (keyId: KeyId) => Promise<void>;
  readonly enableKey?: (keyId: KeyId) => Promise<void>;
  /** And never from this. An absent key is a revoked key. */
  readonly revokeKey?: (keyId: KeyId) => Promise<void>;
  /** Whether the admin secret itself is still accepted: `refused` only where the vendor says so of the key. */
  readonly validateAdmin?: () => Promise<Verdict>;
  /** Two-slot vendors: every slot with the value in it. */
  readonly listSlots?: () => Promise<readonly Slot[]>;
  /** Gives the slot a new value; the value it had dies. Answers with all slots. */
  readonly regenerateSlot?: (name: string) => Promise<readonly Slot[]>;
}

/** The same operations as an adapter writes them: each is handed the call it is made for. */
export type Operations<S> = {
  readonly [Name in keyof Omit<Connection, 'facts'>]: (
    call: Call<S>,
    ...question: Parameters<NonNullable<Connection[Name]>>
  ) => ReturnType<NonNullable<Connection[Name]>>;
};

export interface Facts {
  /** How many keys may live side by side; creating beyond it is not tried. */
  readonly maximumLiveKeys: number;
  /** How long a revoked key may still be accepted, in seconds. */
  readonly revocationTakesSeconds: number;
  /** Where the facts were read. */
  readonly sources: readonly [string, ...string[]];
}

/** Reads settings of unknown shape; throws a `SettingsError` that names what does not fit. */
export type Parser<S> = (settings: unknown) => S;

/** What settings say of where keys live and whom they speak for; null where they do not say. */
export interface Identity {
  /** The project, workspace or resource: production and the rest must not share one. */
  readonly scope: string | null;
  /** The service account, or the resource with its two slots: no two credentials may share one. */
  readonly holder: string | null;
}

export interface Provider<S> {
  readonly id: string;
  readonly title: string;
  readonly settings: Parser<S>;
  /** Reads an admin secret's text; throws a `SettingsError` that names the form it must have, never the text. */
  readonly admin: (text: SecretValue) => void;
  readonly facts: Facts;
  /** For the register's policy. A method, so that providers with different settings fit into one list. */
  identity?(settings: S): Identity;
  readonly operations: Operations<S>;
}

/** Settings, or an admin secret's form, that an adapter cannot use. The message never quotes a secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}
