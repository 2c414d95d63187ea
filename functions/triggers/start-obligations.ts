import type { Credential } from '../domain/credential.ts';
import type { CredentialId, RotationId } from '../domain/identifiers.ts';
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

type Owed = Obligation & { readonly credentialId: CredentialId };

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
  const place = new Map([...credentials.keys()].map((id, index) => [id, index]));
  const rank = ({ credentialId }: Obligation): number => place.get(credentialId ?? '') ?? credentials.size;
  const ordered = open.toSorted((left, right) => rank(left) - rank(right));

  /** Starts its run unless there is one; false: it has ended, and the key is not seen refused. */
  const isAtWork = async ({ target, credentialId, keyId, rotationId }: Owed): Promise<boolean> => {
    const { provider } = target;
    const credential = credentials.get(credentialId) ?? null;
    const first = emergencyRequest(incident, { keyId, target, credentialId, credential }, 'now', letCallsLandSeconds);
    const look = async (run: RotationId) => (await ports.executions.look({ rotationId: run, provider })).status;
    const [status, latest] = await Promise.all([
      look(first.rotationId),
      rotationId === null || rotationId === first.rotationId ? 'unknown' : look(rotationId),
    ]);
    if (latest === 'running') return true;
    if (status === 'unknown') await ports.executions.start(first);
    return status !== 'ended';
  };
  const atProvider = async (owed: readonly Owed[]): Promise<Omit<Progress, 'closed'>> => {
    const stuck: Obligation[] = [];
    let running = 0;
    let next = 0;
    // Side by side, as many as there are places left: a place must not stand empty while the others are looked at.
    while (running < maximumStarts && next < owed.length) {
      const group = owed.slice(next, next + maximumStarts - running);
      const work = await Promise.all(group.map(isAtWork));
      running += work.filter(Boolean).length;
      stuck.push(...group.filter((_, index) => work[index] === false));
      next += group.length;
    }
    return { running, waiting: owed.length - next, stuck };
  };

  // An admin key is replaced by a person.
  const owed = ordered.filter((obligation): obligation is Owed => obligation.credentialId !== null);
  const providers = [...new Set(owed.map(({ target }) => target.provider))];
  const parts = await Promise.all(
    providers.map((provider) => atProvider(owed.filter(({ target }) => target.provider === provider))),
  );
  const sum = (count: (part: Omit<Progress, 'closed'>) => number): number =>
    parts.reduce((total, part) => total + count(part), 0);
  return {
    closed: own.length - open.length,
    running: sum(({ running }) => running),
    waiting: sum(({ waiting }) => waiting),
    stuck: parts.flatMap(({ stuck }) => stuck),
  };
};
