declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One entry of the register: lower-case words joined by hyphens, at most 40 characters. */
export type CredentialId = Branded<'CredentialId'>;
/** A provider account of one environment, as the register names it. */
export type AccountId = Branded<'AccountId'>;
/** One run. Also the execution's name, so starting the same one twice is one start. At most 58 characters. */
export type RotationId = Branded<'RotationId'>;
/** The provider's own id of a key; for a two-slot vendor the slot and a prefix of an HMAC of its value. */
export type KeyId = Branded<'KeyId'>;
/** The name we gave a key at its provider. It carries the rotation, so a stray can be recognised. */
export type KeyName = Branded<'KeyName'>;
/** A version of a secret in the vault. */
export type VersionId = Branded<'VersionId'>;
/** A secret in the vault. */
export type SecretName = Branded<'SecretName'>;
/** One accepted report of a compromise: `inc-<yyyymmdd>-<8 hex>`. */
export type IncidentId = Branded<'IncidentId'>;
/** Hex of an HMAC of a key's value, under a key that never leaves its service. */
export type Fingerprint = Branded<'Fingerprint'>;
/** Hex of the HasMySecretLeaked hash of a key's value: what scanners can tell without telling the value. */
export type LeakHash = Branded<'LeakHash'>;
/** A point in time, ISO 8601 in UTC with milliseconds. */
export type Instant = Branded<'Instant'>;

export const credentialId = (text: string): CredentialId => text as CredentialId;
export const accountId = (text: string): AccountId => text as AccountId;
export const rotationId = (text: string): RotationId => text as RotationId;
export const keyId = (text: string): KeyId => text as KeyId;
export const versionId = (text: string): VersionId => text as VersionId;
export const secretName = (text: string): SecretName => text as SecretName;
export const incidentId = (text: string): IncidentId => text as IncidentId;
export const fingerprint = (text: string): Fingerprint => text as Fingerprint;
export const leakHash = (text: string): LeakHash => text as LeakHash;
export const instant = (milliseconds: number): Instant => new Date(milliseconds).toISOString() as Instant;

/** Milliseconds since 1970 of an instant. */
export const milliseconds = (at: Instant): number => Date.parse(at);
/** Seconds from `from` to `to`; negative when `to` is earlier. */
export const secondsBetween = (from: Instant, to: Instant): number => (Date.parse(to) - Date.parse(from)) / 1000;

const keyNamePrefix = 'keyturn-';

/**
 * The name of the key that attempt `attempt` (from 1) of a rotation asks for: at most 70 characters
 * (Pinecone allows 80: its admin API 2026-04, `CreateApiKeyRequest.name`).
 */
export const keyName = (rotation: RotationId, attempt: number): KeyName =>
  `${keyNamePrefix}${rotation}-${attempt}` as KeyName;

/** Whether a key's name was made by `keyName`. Whether *we* made it, only the ledger's intent can tell. */
export const carriesOurName = (name: string): name is KeyName =>
  name.startsWith(keyNamePrefix) && /-[1-9][0-9]?$/.test(name);
