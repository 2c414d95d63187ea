import type { Credential, Target } from './domain/credential.ts';
import type {
  CredentialId,
  IncidentId,
  Instant,
  KeyId,
  RotationId,
  SecretName,
  VersionId,
} from './domain/identifiers.ts';
import type { Incident } from './domain/incident.ts';
import type { Audience } from './domain/incident-policy.ts';
import type { KeyPrint, PrintQuestion, ValuePrint } from './domain/key-print.ts';
import type { Obligation } from './domain/obligation.ts';
import type { CredentialRecord, Outcome, RotationRequest } from './domain/rotation.ts';
import type { SecretValue } from './domain/secret-value.ts';
import type { Connection } from './providers/provider.ts';

/** Everything that a step may touch. Nothing else reaches the outside world. */
export interface Ports {
  readonly clock: Clock;
  readonly vault: Vault;
  readonly ledger: Ledger;
  readonly notices: Notices;
  readonly executions: Executions;
  readonly fingerprints: Fingerprints;
  readonly register: Register;
  /**
   * Reads the admin secret and binds the provider's operations to it.
   * @param adminLabel of the admin secret's version; AWSCURRENT unless told
   * @throws Fault `NeedsPerson` when the admin secret is absent or has not the provider's form
   */
  readonly connect: (target: Target, adminLabel?: string) => Promise<Connection>;
}

export interface Clock {
  readonly now: () => Instant;
  /** Resolves after that many seconds of this clock. For the few seconds within a step; longer waits are states. */
  readonly sleep: (seconds: number) => Promise<void>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutSeconds: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends once, follows no redirect, retries nothing. */
export interface Http {
  /** @throws HttpFailure when no complete answer arrived */
  readonly send: (request: HttpRequest) => Promise<HttpResponse>;
}

/** No complete answer. `sent` is false only when it is certain that the provider saw nothing. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly sent: boolean;

  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}

/** What a secret's version holds. */
export interface KeyPayload {
  readonly apiKey: SecretValue;
  /** Null in a version that Keyturn did not write: its text is then the key, or JSON with an `apiKey` only. */
  readonly keyId: KeyId | null;
  readonly rotationId: RotationId | null;
}

export interface SecretVersion {
  readonly versionId: VersionId;
  readonly labels: readonly string[];
}

/**
 * Where values are kept, with the labels of AWS Secrets Manager and their rules: a label is on one version at
 * most; the first version of a secret gets AWSCURRENT by itself; moving AWSCURRENT moves AWSPREVIOUS to where it
 * was; a version without a label may vanish. Every operation throws `NothingChanged` or `OutcomeUnknown` when
 * the vault does not answer, `NeedsPerson` when it denies access.
 */
export interface Vault {
  /** The versions that carry labels; null when there is no such secret. */
  readonly describe: (secret: SecretName) => Promise<readonly SecretVersion[] | null>;
  /** The version's value, if that label is on it; null otherwise. */
  readonly read: (secret: SecretName, versionId: VersionId, label: string) => Promise<KeyPayload | null>;
  /** Makes the secret, without a version; no-op when it is there. */
  readonly create: (secret: SecretName, tags: Readonly<Record<string, string>>) => Promise<void>;
  /**
   * Stores a version whose id is the idempotency token: the same again is a no-op; with another value the first
   * one stays and the answer is `another-is-stored`.
   */
  readonly store: (
    secret: SecretName,
    versionId: VersionId,
    label: string,
    payload: KeyPayload,
  ) => Promise<'stored' | 'another-is-stored'>;
  /**
   * Compare-and-swap: moves the label from one version to another. `from: null` says that it is on none, `to:
   * null` takes it away. Already as wanted is `moved`.
   */
  readonly moveLabel: (
    secret: SecretName,
    label: string,
    move: { readonly from: VersionId | null; readonly to: VersionId | null },
  ) => Promise<'moved' | 'held-by-another'>;
  /** The text of an admin secret, AWSCURRENT's unless another label is named; null when there is none. */
  readonly readAdmin: (secret: SecretName, label?: string) => Promise<SecretValue | null>;
  readonly writeAdmin: (secret: SecretName, value: SecretValue) => Promise<void>;
}

export interface JournalEntry {
  readonly rotationId: RotationId;
  readonly credentialId: CredentialId;
  readonly at: Instant;
  /** The step, or `end` for how the rotation ended. */
  readonly step: string;
  /** What the step decided, the fault it ended with, or the outcome. */
  readonly event: string;
  /** For a person; never a secret. */
  readonly detail: string;
}

/** The durable record. Every operation throws `NothingChanged` or `OutcomeUnknown` when it does not answer. */
export interface Ledger {
  /** The credential's item, read consistently; the empty record with revision 0 when there is none yet. */
  readonly read: (
    credentialId: CredentialId,
  ) => Promise<{ readonly record: CredentialRecord; readonly revision: number }>;
  /** Replaces the item if its revision is still the one read. False: somebody wrote in between; nothing changed. */
  readonly replace: (record: CredentialRecord, revision: number) => Promise<boolean>;
  /** Every credential's item. */
  readonly all: () => Promise<readonly CredentialRecord[]>;
  /** Adds to the journal; it is never changed or removed. */
  readonly append: (entry: JournalEntry) => Promise<void>;
  /** A rotation's entries, oldest first. */
  readonly entries: (rotationId: RotationId) => Promise<readonly JournalEntry[]>;
  /** The ends of a credential's rotations, newest first: entries whose step is `end`. */
  readonly ends: (credentialId: CredentialId, limit: number) => Promise<readonly JournalEntry[]>;
  /** Opens an obligation on a key, or adds what is newly known to the one that is there. `acceptedAt` stays the first. */
  readonly putObligation: (obligation: Obligation) => Promise<void>;
  readonly obligations: (filter: 'open' | 'all') => Promise<readonly Obligation[]>;
  /** Keeps which key a value is. The same print again is a no-op; a print is never removed. */
  readonly putPrint: (print: KeyPrint) => Promise<void>;
  /** The prints that fit; one at most but for a hint. */
  readonly findPrints: (question: PrintQuestion) => Promise<readonly KeyPrint[]>;
  /** Null when there is none of that id. */
  readonly incident: (
    incidentId: IncidentId,
  ) => Promise<{ readonly incident: Incident; readonly revision: number } | null>;
  /** Replaces the incident if its revision is still the one read; 0: there is none yet. False: nothing changed. */
  readonly replaceIncident: (incident: Incident, revision: number) => Promise<boolean>;
  /** Those accepted at or after that time, oldest first; null: all. */
  readonly incidents: (since: Instant | null) => Promise<readonly Incident[]>;
}

/** Turns a value into what identifies it: the one place to which a leaked value is taken, before it is dropped. */
export interface Fingerprints {
  /** @throws Fault `NothingChanged` when the key service does not answer, `NeedsPerson` when it denies access */
  readonly of: (value: SecretValue) => Promise<ValuePrint>;
}

export interface Notice {
  /** Null where it is about none, or about several. */
  readonly credentialId: CredentialId | null;
  readonly rotationId: RotationId | null;
  /** Set on what is told of an incident: chat keeps it in one thread, and people subscribe to their own part. */
  readonly incident?: { readonly incidentId: IncidentId; readonly audience: Audience };
  readonly severity: 'information' | 'action-needed' | 'page';
  readonly contact: string;
  readonly subject: string;
  /** What happened, what it means, and the one next command where `next` is not set. */
  readonly text: string;
  /** The one next command. */
  readonly next?: string;
}

export interface Notices {
  readonly send: (notice: Notice) => Promise<void>;
}

export interface ExecutionState {
  readonly status: 'running' | 'ended' | 'unknown';
  readonly outcome: Outcome | null;
}

/** Starts and looks at runs. The rotation id is the execution's name, so a second start of it is no second run. */
export interface Executions {
  readonly start: (request: RotationRequest) => Promise<'started' | 'already-started'>;
  readonly look: (request: { readonly rotationId: RotationId; readonly provider: string }) => Promise<ExecutionState>;
}

/** The declared inventory, as it was deployed. */
export interface Register {
  readonly credential: (credentialId: CredentialId) => Promise<Credential | null>;
  readonly credentials: () => Promise<readonly Credential[]>;
}
