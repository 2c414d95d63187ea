import type { Credential } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { CredentialId } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import { type AnyStep, runStep } from '../shell/run-step.ts';
import { contain } from '../steps/contain.ts';
import type { AcceptOptions } from '../triggers/compromise.ts';
import { emergencyRequest } from '../triggers/emergency.ts';
import { inGroups } from '../triggers/in-groups.ts';

const step: AnyStep = contain;

/**
 * Stops the keys of an accepted incident that are to be stopped first and that no run has taken up: a run holds its
 * place until another key serves, and a thousand keys must not stay alive for as long as fifty such turns. Each run
 * contains its key again, which does nothing; so what fails here, or is cut short, is done there.
 *
 * @param credentials the register's; null where the register has one no more
 * @returns how many were stopped
 */
export const containWaiting = async (
  incident: Incident,
  credentials: ReadonlyMap<string, Credential>,
  ports: Ports,
  { maximumStarts, letCallsLandSeconds }: Pick<AcceptOptions, 'maximumStarts' | 'letCallsLandSeconds'>,
): Promise<number> => {
  const requests = (await ports.ledger.obligations('open'))
    .filter(({ incidentId }) => incidentId === incident.incidentId)
    .filter(isUntouched)
    .map(({ keyId, target, credentialId }) => {
      const credential = credentials.get(credentialId) ?? null;
      return emergencyRequest(incident, { keyId, target, credentialId, credential }, 'now', letCallsLandSeconds);
    })
    .filter(({ containFirst }) => containFirst);
  const providers = [...new Set(requests.map(({ target }) => target.provider))];
  const stopped = await Promise.all(
    providers.map((provider) =>
      inGroups(
        requests.filter(({ target }) => target.provider === provider),
        maximumStarts,
        (request) => isStopped(request, ports),
      ),
    ),
  );
  return stopped.flat().filter(Boolean).length;
};

const isStopped = async (request: RotationRequest, ports: Ports): Promise<boolean> => {
  try {
    await runStep(step, request, ports);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
};

/** An admin key is a person's to replace. */
const isUntouched = (obligation: Obligation): obligation is Obligation & { readonly credentialId: CredentialId } =>
  obligation.credentialId !== null && obligation.rotationId === null && obligation.containedAt === null;
