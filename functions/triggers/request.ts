import { createHash } from 'node:crypto';
import type { Credential } from '../domain/credential.ts';
import { type CredentialId, type Instant, type KeyId, type RotationId, rotationId } from '../domain/identifiers.ts';
import type { RotationRequest, Urgency } from '../domain/rotation.ts';

type Wish = {
  readonly credential: Pick<Credential, 'id' | 'target' | 'secret' | 'emergency'>;
  readonly urgency: Urgency;
  /** What makes this wish the same as another: the due date, the alert's id. The same key is the same rotation. */
  readonly requestKey: string;
  /** The wish's own time, not the time of its delivery: its day in UTC is part of the id. */
  readonly at: Instant;
  /** Why, in a few words, for the record. Never a secret. */
  readonly reason: string;
  /** In an emergency: stop the key before there is another one. Left out: what the register says. */
  readonly containFirst?: boolean;
  readonly leakedKeyId?: KeyId | null;
  readonly incident?: RotationRequest['incident'];
  /** `on-approval`: only stop the leaked key. Left out: replace it now. */
  readonly replacement?: RotationRequest['replacement'];
  /** A person has said that the old key may die although it is in use. */
  readonly approved?: boolean;
  /** Longer than any call that may still be in flight when a step has failed, in seconds. */
  readonly letCallsLandSeconds: number;
};

/** Makes the input of a rotation. The same wish makes the same rotation, however often it is delivered. */
export const rotationRequest = ({ credential, urgency, requestKey, at, reason, ...wish }: Wish): RotationRequest => ({
  rotationId: requestId(credential.id, requestKey, at),
  credentialId: credential.id,
  urgency,
  containFirst: urgency === 'emergency' && (wish.containFirst ?? credential.emergency === 'contain-first'),
  leakedKeyId: wish.leakedKeyId ?? null,
  incident: wish.incident ?? null,
  replacement: wish.replacement ?? 'now',
  target: credential.target,
  secret: credential.secret,
  approved: wish.approved ?? false,
  reason,
  letCallsLandSeconds: wish.letCallsLandSeconds,
});

/** `<credential>-<yyyymmdd>-<8 hex>`: at most 40 + 1 + 8 + 1 + 8 = 58 characters. */
export const requestId = (credential: CredentialId, requestKey: string, at: Instant): RotationId => {
  const digest = createHash('sha256').update(`${credential} ${requestKey}`).digest('hex').slice(0, 8);
  return rotationId(`${credential}-${at.slice(0, 10).replaceAll('-', '')}-${digest}`);
};
