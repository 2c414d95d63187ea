import type { Instant } from '../domain/identifiers.ts';
import type { Outcome, RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';

/** Writes into the journal how a rotation ended. Written twice after a crash: readers take the first. */
export const recordEnd = (
  { ledger }: Pick<Ports, 'ledger'>,
  { rotationId, credentialId }: Pick<RotationRequest, 'rotationId' | 'credentialId'>,
  outcome: Outcome,
  at: Instant,
  detail: string,
): Promise<void> => ledger.append({ rotationId, credentialId, at, step: 'end', event: outcome, detail });
