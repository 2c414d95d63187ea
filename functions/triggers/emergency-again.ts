import type { Credential } from '../domain/credential.ts';
import type { Instant, KeyId } from '../domain/identifiers.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import { rotationRequest } from './request.ts';

type Again = {
  readonly credential: Pick<Credential, 'id' | 'target' | 'secret' | 'emergency'>;
  /** The key that must die; null: the one that serves. */
  readonly keyId: KeyId | null;
  readonly containFirst: boolean;
  readonly incident?: RotationRequest['incident'];
  readonly at: Instant;
  readonly reason: string;
  readonly letCallsLandSeconds: number;
};

/** An emergency, taken up again: one run an hour for a key, whoever it is that finds it unfinished. */
export const emergencyAgain = ({ keyId, ...again }: Again): RotationRequest =>
  rotationRequest({
    ...again,
    urgency: 'emergency',
    requestKey: `again/${keyId ?? 'current'}/${again.at.slice(0, 13)}`,
    leakedKeyId: keyId,
  });

/** The report behind an obligation, for the run that takes it up. */
export const incidentBehind = (
  obligation: Pick<Obligation, 'incidentId' | 'reportedAt' | 'acceptedAt'> | undefined,
): RotationRequest['incident'] => {
  if (obligation === undefined || obligation.incidentId === null) return null;
  const { incidentId, reportedAt, acceptedAt } = obligation;
  return { incidentId, reportedAt, acceptedAt };
};
