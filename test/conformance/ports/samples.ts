import {
  accountId,
  type CredentialId,
  credentialId,
  fingerprint,
  type Instant,
  incidentId,
  instant,
  keyId,
  leakHash,
  rotationId,
  secretName,
} from '../../../functions/domain/identifiers.ts';
import type { Incident } from '../../../functions/domain/incident.ts';
import type { KeyPrint } from '../../../functions/domain/key-print.ts';
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
  incidentId: incidentId('inc-20261101-00000001'),
  rotationId: rotationId('r-1'),
  reason: 'found in a repository',
  reportedAt: at(0),
  acceptedAt: at(1),
  containedAt: null,
  firstRefusedAt: null,
  replacedAt: null,
  consumersMovedAt: null,
  refusedAt: null,
  evidence: null,
  ...change,
});

export const printOf = (key: string, change: Partial<KeyPrint> = {}): KeyPrint => ({
  fingerprint: fingerprint(`fingerprint-of-${key}`),
  leakHash: leakHash(`leak-hash-of-${key}`),
  hint: key.slice(-4),
  keyId: keyId(key),
  target,
  credentialId: credentialId('chat'),
  recordedAt: at(1),
  ...change,
});

export const incidentOf = (id: string, acceptedSecond: number, change: Partial<Incident> = {}): Incident => ({
  incidentId: incidentId(id),
  source: 'github',
  reference: 'https://github.com/example/app/security/secret-scanning/1',
  reason: 'found in a repository',
  reportedAt: at(0),
  acceptedAt: at(acceptedSecond),
  leak: { kind: 'fingerprint', fingerprint: fingerprint('fingerprint-of-a') },
  proof: 'fingerprint',
  state: 'accepted',
  containFirst: null,
  decidedBy: null,
  decidedAt: null,
  told: [{ at: at(acceptedSecond), to: 'team@example.com', what: 'a key leaked' }],
  ...change,
});

export const requestOf = (rotation: string): RotationRequest => ({
  rotationId: rotationId(rotation),
  credentialId: credentialId('chat'),
  urgency: 'scheduled',
  containFirst: false,
  leakedKeyId: null,
  incident: null,
  replacement: 'now',
  target,
  secret: secretName('keyturn/openai/chat'),
  approved: false,
  reason: 'the cadence',
  letCallsLandSeconds: 180,
});
