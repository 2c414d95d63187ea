import type { Credential } from '../domain/credential.ts';
import type { RotationId } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Ports } from '../ports.ts';
import type { AcceptOptions } from './compromise.ts';
import { emergencyRequest } from './emergency.ts';

export type Progress = {
  /** Seen refused. */
  readonly closed: number;
  /** Whose runs are at work. */
  readonly running: number;
  /** For which no run could be started yet. */
  readonly waiting: number;
  /** Whose runs have ended, and which are open all the same: reconcile goes on with them, or a person. */
  readonly stuck: readonly Obligation[];
};

/**
 * Starts the runs of an accepted incident, at most so many at a time at one provider, and says how far it has come.
 * It keeps nothing between calls: who was interrupted calls it again.
 *
 * @param credentials the register's, in the order in which they are served; null where the register has one no more
 */
export const startObligations = async (
  incident: Incident,
  credentials: ReadonlyMap<string, Credential>,
  ports: Pick<Ports, 'ledger' | 'executions'>,
  { maximumStarts, letCallsLandSeconds }: Pick<AcceptOptions, 'maximumStarts' | 'letCallsLandSeconds'>,
): Promise<Progress> => {
  const own = (await ports.ledger.obligations('all')).filter(({ incidentId }) => incidentId === incident.incidentId);
  const open = own.filter(({ refusedAt }) => refusedAt === null);
  const atWork = new Map<string, number>();
  const waiting: Obligation[] = [];
  const stuck: Obligation[] = [];
  let running = 0;
  const occupy = (provider: string): void => {
    atWork.set(provider, (atWork.get(provider) ?? 0) + 1);
    running += 1;
  };
  const place = new Map([...credentials.keys()].map((id, index) => [id, index]));
  const rank = ({ credentialId }: Obligation): number => place.get(credentialId ?? '') ?? credentials.size;
  for (const obligation of open.toSorted((left, right) => rank(left) - rank(right))) {
    const { target, credentialId, keyId } = obligation;
    const { provider } = target;
    if ((atWork.get(provider) ?? 0) >= maximumStarts) {
      waiting.push(obligation);
      continue;
    }
    // An admin key is replaced by a person.
    if (credentialId === null) continue;
    const credential = credentials.get(credentialId) ?? null;
    const first = emergencyRequest(incident, { keyId, target, credentialId, credential }, 'now', letCallsLandSeconds);
    const look = async (rotationId: RotationId) => (await ports.executions.look({ rotationId, provider })).status;
    const status = await look(first.rotationId);
    const latest = obligation.rotationId === null ? status : await look(obligation.rotationId);
    if (status === 'ended' && latest !== 'running') {
      stuck.push(obligation);
      continue;
    }
    if (status === 'unknown' && latest !== 'running') await ports.executions.start(first);
    occupy(provider);
  }
  return { closed: own.length - open.length, running, waiting: waiting.length, stuck };
};
