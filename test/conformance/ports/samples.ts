import {
  accountId,
  type CredentialId,
  credentialId,
  type Instant,
  instant,
  keyId,
  rotationId,
  secretName,
} from '../../../functions/domain/identifiers.ts';
import type { Obligation } from '../../../functions/domain/obligation.ts';
import type { RotationRequest } from '../../../functions/domain/rotation.ts';
import { SecretValue } from '../../../functions/domain/secret-value.ts';
import type { JournalEntry, KeyPayload } from '../../../functions/ports.ts';

export const at = (second: number): Instant => instant(Date.UTC(2026, 10, 1) + second * 1000);

const target = {
  provider: 'openai',
  account: accountId('openai-production'),
  adminSecret: secretName('keyturn/admin/openai/openai-production'),
  settings: { projectId: 'proj_1' },
};

export const payloadOf = (apiKey: string, rotation = 'r-1'): KeyPayload => ({
  apiKey: new SecretValue(apiKey),
  keyId: keyId(`key-of-${apiKey}`),
  rotationId: rotationId(rotation),
});

export const entryOf = (
  rotation: string,
  credential: CredentialId,
  second: number,
  step: string,
  event = 'done',
): JournalEntry => ({
  rotationId: rotationId(rotation),
  credentialId: credential,
  at: at(second),
  step,
  event,
  detail: 'said to a person: "ä ☂"',
});

export const obligationOf = (key: string, change: Partial<Obligation> = {}): Obligation => ({
  keyId: keyId(key),
  target,
  credentialId: credentialId('chat'),
  rotationId: rotationId('r-1'),
  reason: 'found in a repository',
  acceptedAt: at(1),
  containedAt: null,
  refusedAt: null,
  ...change,
});

export const requestOf = (rotation: string): RotationRequest => ({
  rotationId: rotationId(rotation),
  credentialId: credentialId('chat'),
  urgency: 'scheduled',
  containFirst: false,
  leakedKeyId: null,
  target,
  approved: false,
  reason: 'the cadence',
  letCallsLandSeconds: 180,
});
