import type { Credential, Target } from './credential.ts';
import { guard } from './guard.ts';
import {
  type CredentialId,
  type IncidentId,
  type Instant,
  instant,
  type KeyId,
  type KeyName,
  milliseconds,
  type RotationId,
  type SecretName,
  type VersionId,
} from './identifiers.ts';

/** How a rotation ended: each says how the world was left. Only `Done` is success with something rotated. */
export const outcomes = [
  'Done',
  'SkippedBusy',
  'Superseded',
  'RolledBack',
  'CutOverOldLive',
  'ContainedNoReplacement',
  'Escalated',
] as const;
export type Outcome = (typeof outcomes)[number];

export type Urgency = 'scheduled' | 'emergency';

/** What starts a rotation: the execution's input. Every field is always there, so that no expression meets a gap. */
export type RotationRequest = {
  readonly rotationId: RotationId;
  readonly credentialId: CredentialId;
  readonly urgency: Urgency;
  /** Emergency only: make the leaked key unusable before there is a replacement. */
  readonly containFirst: boolean;
  /** The key that must die, by id, never "the credential": the credential may have moved on. Null: the current key. */
  readonly leakedKeyId: KeyId | null;
  /** The report behind an emergency, with its times: the durable acceptance. Null where there is none. */
  readonly incident: {
    readonly incidentId: IncidentId;
    readonly reportedAt: Instant;
    readonly acceptedAt: Instant;
  } | null;
  /** `on-approval`: stop the leaked key, and leave its replacement to a person. */
  readonly replacement: 'now' | 'on-approval';
  /** Where the leaked key lives. With it, containment needs no register and no ledger. */
  readonly target: Target;
  /** The secret whose AWSCURRENT may hold the leaked value: with it the first refusal is seen at once. */
  readonly secret: SecretName;
  /** A person has said that the old key may die although it is in use. */
  readonly approved: boolean;
  /** Why, in a few words, for the record. */
  readonly reason: string;
  /** Longer than any call that may still be in flight when a step has failed, in seconds. */
  readonly letCallsLandSeconds: number;
};

/** A create that was, or is about to be, asked for. Written before the provider is asked. */
export type Attempt = {
  /** Null for strategies whose keys carry no name of ours. */
  readonly name: KeyName | null;
  readonly intendedAt: Instant;
  /** Two-slot: the slot that is about to be regenerated, and what was in it. */
  readonly slot: { readonly name: string; readonly previousKeyId: KeyId } | null;
  readonly keyId: KeyId | null;
};

/** A key and the vault's version that holds it. */
export type StoredKey = { readonly keyId: KeyId; readonly versionId: VersionId };

/** A key that is to die; without a version when only its id is known. */
export type OldKey = { readonly keyId: KeyId; readonly versionId: VersionId | null };

/** What has been done, or is about to be. It only moves forward, but for `rolling-back`. */
export const phases = [
  'begun',
  'creating',
  'created',
  'staged',
  'validated',
  'cutting-over',
  'cut-over',
  'confirmed',
  'disabling-old',
  'old-disabled',
  'revoking-old',
  'old-revoked',
  'old-refused',
  'rolling-back',
] as const;
export type Phase = (typeof phases)[number];

/** How the old key's death was seen. */
export type Proof = {
  readonly kind: 'value-refused' | 'absent-from-listing' | 'no-old-key';
  readonly at: Instant;
  /** What was seen, for the auditor: how often, and the provider's words. */
  readonly evidence: string;
};

/** The rotation that a credential has open: everything that a crash must not lose. */
export type OpenRotation = {
  readonly rotationId: RotationId;
  readonly urgency: Urgency;
  readonly startedAt: Instant;
  /** The register's entry as it was at the start. */
  readonly credential: Credential;
  /** The key that is to die: what AWSCURRENT held at the start, or the leaked key. Null at the first issue. */
  readonly old: OldKey | null;
  readonly attempts: readonly Attempt[];
  /** The key that was stored: this one and no other becomes current. */
  readonly new: StoredKey | null;
  readonly phase: Phase;
  readonly containedAt: Instant | null;
  readonly cutOverAt: Instant | null;
  /** When the vendor had first answered that the old key is revoked; null before. */
  readonly oldRevokedAt: Instant | null;
  readonly oldKeyProof: Proof | null;
  /** Set when the run ended and left the rotation for another to take up. */
  readonly endedAs: Outcome | null;
};

/** Whether the old key's revocation was sent: it may be accepted for a while yet, and dies all the same. */
export const isOldKeyDying = ({ phase }: Pick<OpenRotation, 'phase'>): boolean =>
  !guard('sent-is-dead', phase !== 'revoking-old' && phase !== 'old-revoked' && phase !== 'old-refused');

/** The key that is stored and not put to use yet, where AWSCURRENT is as that rotation found it and nobody takes it back. */
export const pendingOf = (
  open: Pick<OpenRotation, 'old' | 'new' | 'phase'> | null,
  current: VersionId | undefined,
): StoredKey | null =>
  open !== null && open.old?.versionId === current && pendingPhases.includes(open.phase) ? open.new : null;
const pendingPhases: readonly Phase[] = ['created', 'staged', 'validated', 'cutting-over'];

/** Who may write. The epoch grows with every owner; it does not expire by time. */
export type Lease = { readonly rotationId: RotationId; readonly epoch: number; readonly takenAt: Instant };

/** A person wants the credential's last key dead, and none in its place. */
export type Retirement = {
  readonly keyId: KeyId;
  readonly askedAt: Instant;
  /** Why, in a few words, for the record. */
  readonly reason: string;
  /** When the provider was first asked to revoke it. */
  readonly sentAt: Instant | null;
  /** The proof: from then on nothing of the credential lives. */
  readonly refusedAt: Instant | null;
  readonly evidence: string | null;
};

/** The one ledger item of a credential: lease, epoch and intents change in one conditional write. */
export type CredentialRecord = {
  readonly credentialId: CredentialId;
  readonly epoch: number;
  readonly lease: Lease | null;
  readonly rotation: OpenRotation | null;
  readonly lastRotatedAt: Instant | null;
  /** What the last rotation that was `Done` left as current. The vault is the truth; this is for looking around. */
  readonly serving: StoredKey | null;
  /** How the last run ended: lets a step that is run again after the end see that it has done its work. */
  readonly lastEnded: { readonly rotationId: RotationId; readonly outcome: Outcome; readonly at: Instant } | null;
  /**
   * Keys of ours, by id, that a superseded rotation left alive. The stray sweep revokes them when its grace has passed
   * since `since`, which lies ahead for a key that consumers may still hold.
   */
  readonly leftovers: readonly { readonly keyId: KeyId; readonly target: Target; readonly since: Instant }[];
  /** Names that were asked for by rotations that have ended: what lets a stray be recognised. Newest last. */
  readonly pastAttempts: readonly Attempt[];
  /** What the register said at the last rotation's end: it tells where the key lives when the register does no more. */
  readonly lastEntry: LastEntry | null;
  /** Null unless a person has retired the credential: then nothing rotates it until a person says so. */
  readonly retirement: Retirement | null;
};

export type LastEntry = Pick<Credential, 'id' | 'target' | 'secret' | 'owner' | 'overlapSeconds'>;

/** How many past attempts a record keeps. A stray is swept within hours; this reaches back for years. */
const pastAttemptsKept = 50;

export const emptyRecord = (credentialId: CredentialId): CredentialRecord => ({
  credentialId,
  epoch: 0,
  lease: null,
  rotation: null,
  lastRotatedAt: null,
  serving: null,
  lastEnded: null,
  leftovers: [],
  pastAttempts: [],
  lastEntry: null,
  retirement: null,
});

/**
 * Gives the lease, with the next epoch, to a rotation and opens it. What an earlier rotation left open and this one
 * does not take up is kept: its attempts for the sweep, its keys as leftovers.
 */
export const open = (record: CredentialRecord, rotation: OpenRotation, at: Instant): CredentialRecord => {
  const epoch = record.epoch + 1;
  const earlier = record.rotation;
  const taken = earlier === null || takesUp(rotation, earlier);
  return {
    ...(taken ? record : abandon(record, earlier, at, [rotation.old?.keyId, rotation.new?.keyId])),
    epoch,
    lease: { rotationId: rotation.rotationId, epoch, takenAt: at },
    rotation,
    retirement: null,
  };
};

/** Whether `rotation` goes on with what `earlier` had begun, so that nothing of it is left behind. */
const takesUp = (rotation: OpenRotation, earlier: OpenRotation): boolean =>
  rotation.attempts.length >= earlier.attempts.length &&
  rotation.new?.keyId === earlier.new?.keyId &&
  rotation.old?.keyId === earlier.old?.keyId;

/**
 * Closes the open rotation. Its keys become leftovers, and so does the key that served before and does no more; but not
 * what serves now.
 *
 * @param serves what AWSCURRENT holds; undefined when nobody can say
 * @param kept the key that is believed to serve then
 */
export const end = (
  record: CredentialRecord,
  outcome: Outcome,
  at: Instant,
  serves: StoredKey | undefined,
  kept: OldKey | null = null,
): CredentialRecord => {
  const { rotation } = record;
  if (rotation === null) return record;
  const serving = servingAfter(record.serving, rotation, serves);
  return {
    ...abandon(record, rotation, at, [serving?.keyId, serves?.keyId, kept?.keyId], record.serving?.keyId),
    lease: null,
    rotation: null,
    lastRotatedAt: outcome === 'Done' ? at : record.lastRotatedAt,
    serving,
    lastEnded: { rotationId: rotation.rotationId, outcome, at },
    lastEntry: entryOf(rotation.credential),
  };
};

const entryOf = ({ id, target, secret, owner, overlapSeconds }: Credential): LastEntry => ({
  id,
  target,
  secret,
  owner,
  overlapSeconds,
});

/** Ends the run, but leaves its rotation open for another run to take up. */
export const park = (record: CredentialRecord, outcome: Outcome, at: Instant): CredentialRecord =>
  record.rotation === null
    ? record
    : {
        ...record,
        lease: null,
        rotation: { ...record.rotation, endedAs: outcome },
        lastEnded: { rotationId: record.rotation.rotationId, outcome, at },
      };

/** What is on record as serving from now on: a key that this rotation has put to use, or the one of before. */
const servingAfter = (before: StoredKey | null, rotation: OpenRotation, serves?: StoredKey): StoredKey | null => {
  if (serves === undefined || serves.keyId === before?.keyId) return before;
  const { old, new: key, attempts, cutOverAt } = rotation;
  const isBack = serves.keyId === old?.keyId && cutOverAt !== null;
  const isMade = [key, ...attempts].some((made) => made?.keyId === serves.keyId);
  return isBack || isMade ? serves : null;
};

const abandon = (
  record: CredentialRecord,
  rotation: OpenRotation,
  at: Instant,
  kept: readonly (KeyId | undefined)[],
  served?: KeyId,
): CredentialRecord => {
  const made = rotation.attempts.map((attempt) => attempt.keyId);
  const known = [served, rotation.old?.keyId, ...made, rotation.new?.keyId];
  const dead = rotation.oldKeyProof === null ? undefined : rotation.old?.keyId;
  // A key that an earlier run had left, and that serves again, is no leftover any more.
  const earlier = record.leftovers.filter(({ keyId }) => !kept.includes(keyId) && keyId !== dead);
  const settled = new Set([...kept, dead, ...earlier.map((leftover) => leftover.keyId)]);
  const left = new Set(known.filter((key) => key !== undefined && key !== null).filter((key) => !settled.has(key)));
  const { target } = rotation.credential;
  const leftovers = [...left].map((keyId) => ({ keyId, target, since: unusedSince(keyId, rotation, at, served) }));
  return {
    ...record,
    leftovers: [...earlier, ...leftovers],
    pastAttempts: [...record.pastAttempts, ...rotation.attempts].slice(-pastAttemptsKept),
  };
};

/** A key that has served lives on in caches for one overlap; a leaked one is given no such time. */
const unusedSince = (
  keyId: KeyId,
  { old, new: key, cutOverAt, credential, urgency }: OpenRotation,
  at: Instant,
  served?: KeyId,
): Instant => {
  // Which of the keys it was that served unrecorded, nobody knows.
  const wasPutToUse = cutOverAt !== null && (key === null || keyId === key.keyId);
  const hasServed = keyId === old?.keyId ? urgency === 'scheduled' : keyId === served || wasPutToUse;
  return hasServed ? instant(milliseconds(at) + credential.overlapSeconds * 1000) : at;
};
