import type { AccountId, CredentialId, Fingerprint, IncidentId, Instant, KeyId, LeakHash } from './identifiers.ts';

export const reportSources = [
  'github',
  'gitguardian',
  'trufflehog',
  'gitleaks',
  'aws-health',
  'guardduty',
  'quarantine',
  'okta',
  'bus',
  'security-lead',
] as const;
/** Who says that something leaked. */
export type ReportSource = (typeof reportSources)[number];

/** What a report says has leaked. The first three name one key; the others name many, or somebody who could read them. */
export type Leak =
  | { readonly kind: 'fingerprint'; readonly fingerprint: Fingerprint }
  | { readonly kind: 'leak-hash'; readonly leakHash: LeakHash }
  | { readonly kind: 'key'; readonly provider: string; readonly account: AccountId; readonly keyId: KeyId }
  /** The key that the credential serves at this moment. */
  | { readonly kind: 'credential'; readonly credentialId: CredentialId }
  /** The last characters of a value, as a scanner or a vendor shows them. */
  | { readonly kind: 'hint'; readonly provider: string | null; readonly hint: string }
  | { readonly kind: 'provider'; readonly provider: string }
  | { readonly kind: 'account'; readonly account: AccountId }
  /** Everything that this owner answers for, by the register's owner name or contact. */
  | { readonly kind: 'owner'; readonly owner: string }
  /** A person whose account was closed, or who is said to be compromised: the keys that hang off that person. */
  | { readonly kind: 'person'; readonly person: string }
  /** An AWS principal or access key: what it could read. */
  | { readonly kind: 'principal'; readonly principal: string }
  /** `expiresAt`: it has not leaked, it ends by itself then, and must be replaced and seen refused by that time. */
  | { readonly kind: 'admin-key'; readonly account: AccountId; readonly expiresAt?: Instant }
  /** A value that was found and is of none of our keys. */
  | { readonly kind: 'unknown'; readonly why: string };

/** A report, verified and parsed, before anything was looked up. It never holds a value. */
export type CompromiseReport = {
  readonly source: ReportSource;
  /** What makes this report the same as another of its source: the alert's id and state. */
  readonly dedupeKey: string;
  /** Where a person reads more: the alert's URL, the finding's id. Never a secret. */
  readonly reference: string;
  /** Why, in a few words, for the record. Never a secret. */
  readonly reason: string;
  /** When the source says that it happened. */
  readonly reportedAt: Instant;
  readonly leak: Leak;
};

/**
 * How sure it is that the named keys leaked, strongest first.
 *
 * - `fingerprint`: who could show the value proved it.
 * - `named`: a person who may, named the key.
 * - `hint`: one key fits what is known.
 * - `reach`: somebody could have read them.
 * - `none`: nothing of ours is named.
 */
export const proofs = ['fingerprint', 'named', 'hint', 'reach', 'none'] as const;
export type LeakProof = (typeof proofs)[number];

/** One accepted report. Which keys it concerns stands in their obligations, which carry its id. */
export type Incident = {
  readonly incidentId: IncidentId;
  readonly source: ReportSource;
  readonly reference: string;
  readonly reason: string;
  readonly reportedAt: Instant;
  readonly acceptedAt: Instant;
  readonly leak: Leak;
  readonly proof: LeakProof;
  /**
   * - `awaiting-approval`: nothing was touched; a person decides, on a plan made afresh.
   * - `accepted`: each of its keys has an obligation.
   * - `contained-only`: beyond a budget: the keys are stopped, their replacement waits for a person.
   * - `dismissed`: a person said that it is none.
   * - `noted`: it names nothing of ours.
   */
  readonly state: 'awaiting-approval' | 'accepted' | 'contained-only' | 'dismissed' | 'noted';
  /** What a person chose; null: what each credential declares. */
  readonly containFirst: boolean | null;
  readonly decidedBy: string | null;
  readonly decidedAt: Instant | null;
  /** Who was told what, and when; oldest first. */
  readonly told: readonly { readonly at: Instant; readonly to: string; readonly what: string }[];
};

/** When what it names ends by itself; null: it has leaked, and nothing waits. */
export const expiryOf = ({ leak }: Pick<Incident, 'leak'>): Instant | null =>
  leak.kind === 'admin-key' ? (leak.expiresAt ?? null) : null;
