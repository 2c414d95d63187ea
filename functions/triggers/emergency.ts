import type { Credential } from '../domain/credential.ts';
import { type CredentialId, secretName } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import { rotationRequest } from './request.ts';
import type { LeakedKey } from './resolve-leak.ts';

/**
 * The run that serves a leaked key. The same incident and key are the same run, and stopping a key is another one than
 * replacing it: so that a person can still approve what was only stopped.
 */
export const emergencyRequest = (
  incident: Incident,
  { keyId, target, credentialId, credential }: Omit<LeakedKey, 'serves'>,
  replacement: RotationRequest['replacement'],
  letCallsLandSeconds: number,
): RotationRequest => {
  const { incidentId, reportedAt, acceptedAt, reason } = incident;
  const carrier = carrierOf(credentialId, target, credential);
  return rotationRequest({
    credential: carrier,
    urgency: 'emergency',
    requestKey: `${replacement === 'now' ? 'replace' : 'contain'} ${incidentId} ${keyId}`,
    at: reportedAt,
    reason,
    // What is only stopped has to be stopped.
    containFirst: replacement === 'on-approval' || (incident.containFirst ?? carrier.emergency === 'contain-first'),
    leakedKeyId: keyId,
    incident: { incidentId, reportedAt, acceptedAt },
    replacement,
    letCallsLandSeconds,
  });
};

/** The key lives where it was made, whatever the register says by now. */
const carrierOf = (
  id: CredentialId,
  target: LeakedKey['target'],
  credential: Credential | null,
): Pick<Credential, 'id' | 'target' | 'secret' | 'emergency'> => ({
  id,
  target,
  secret: credential?.secret ?? secretName(`keyturn/${target.provider}/${id}`),
  emergency: credential?.emergency ?? 'contain-first',
});

/** A leaked key's obligation, as it is when it is opened. */
export const obligationOf = (
  { incidentId, reason, reportedAt, acceptedAt }: Incident,
  { keyId, target, credentialId }: Pick<Obligation, 'keyId' | 'target' | 'credentialId'>,
  rotationId: Obligation['rotationId'],
): Obligation => ({
  keyId,
  target,
  credentialId,
  incidentId,
  rotationId,
  reason,
  reportedAt,
  acceptedAt,
  containedAt: null,
  firstRefusedAt: null,
  replacedAt: null,
  consumersMovedAt: null,
  refusedAt: null,
  evidence: null,
});
