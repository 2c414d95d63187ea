import type { Credential, Target } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { IncidentId } from '../domain/identifiers.ts';
import type { Incident } from '../domain/incident.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Ports } from '../ports.ts';
import { type Choice, isApproved } from './compromise.ts';
import { obligationOf } from './emergency.ts';
import { inGroups } from './in-groups.ts';
import { type LeakedKey, resolveLeak, servingKey } from './resolve-leak.ts';
import { tell } from './tell.ts';

const atOnce = 16;

/** What an incident would touch, looked up afresh: the keys that have no obligation of it yet. */
export const planIncident = async (
  incident: Incident,
  ports: Ports,
  isMeant: (target: Target) => boolean = () => true,
): Promise<{
  readonly own: readonly Obligation[];
  readonly missing: readonly LeakedKey[];
  /** Credentials that are meant, and whose key nobody can name, or that serve none: they are left as they are. */
  readonly unnamed: readonly Credential[];
  readonly unlooked?: Fault;
}> => {
  const own = (await ports.ledger.obligations('all')).filter(({ incidentId }) => incidentId === incident.incidentId);
  if (incident.state !== 'awaiting-approval' || incident.leak.kind === 'admin-key')
    return { own, missing: [], unnamed: [] };
  const { keys, reach, unlooked } = await resolveLeak(incident.leak, ports);
  // A credential that has one serves another key by now, or soon: that one has not leaked.
  const covered = new Set(own.map(({ credentialId }) => credentialId));
  const left = reach.filter(({ id, target }) => !covered.has(id) && isMeant(target));
  const named = keys.filter(({ credentialId, target }) => !covered.has(credentialId) && isMeant(target));
  const serving = await servingKeys(left, ports);
  return { own, missing: [...named, ...serving], unnamed: unnamedOf(left, serving), ...(unlooked && { unlooked }) };
};

export const unnamedOf = (
  credentials: readonly Credential[],
  keys: readonly Pick<LeakedKey, 'credentialId'>[],
): readonly Credential[] => credentials.filter(({ id }) => !keys.some(({ credentialId }) => credentialId === id));

/** What these credentials serve at this moment, in their order; one that serves nothing is left out. */
export const servingKeys = async (credentials: readonly Credential[], ports: Ports): Promise<readonly LeakedKey[]> => {
  const keys = await inGroups(credentials, atOnce, (credential) => servingKey(credential, ports));
  return keys.filter((key) => key !== null);
};

/**
 * A person's word: each key that the incident means gets its obligation, and from then on it must be seen refused.
 * Done again after a crash it goes on where it was.
 *
 * @returns null when there is no such incident, or nothing of it waits for a person
 * @throws Fault when not all of it is on record; the same again completes it
 */
export const approveIncident = async (
  incidentId: IncidentId,
  choice: Choice,
  ports: Ports,
): Promise<{ readonly incident: Incident; readonly obligations: readonly Obligation[] } | null> => {
  // The yes itself first: should this not get to its end, `openApproved` does.
  const incident = await decideIncident(incidentId, null, choice, ports);
  if (incident === null) return null;
  const { own, missing } = await planIncident(incident, ports);
  const added = await openAll(incident, missing, ports);
  const decided = await decideIncident(incidentId, 'accepted', choice, ports);
  if (decided === null) return null;
  const obligations = [...own, ...added];
  await tell(ports, decided, obligations, 'accepted');
  return { incident: decided, obligations };
};

/**
 * Opens what is missing of an incident that a person has approved: whoever was to do it was interrupted.
 *
 * @param provider only its keys: the incident itself is then left to who may look at all
 * @returns the obligations that it has now, or those that were added
 */
export const openApproved = async (
  incident: Incident,
  provider: string | null,
  ports: Ports,
): Promise<readonly Obligation[]> => {
  if (!isApproved(incident)) return [];
  // What is only contained has its obligations: nothing need be looked up.
  if (provider === null || incident.state === 'contained-only') {
    return (await approveIncident(incident.incidentId, incident, ports))?.obligations ?? [];
  }
  const { missing } = await planIncident(incident, ports, (target) => target.provider === provider);
  return openAll(incident, missing, ports);
};

const openAll = (incident: Incident, keys: readonly LeakedKey[], { ledger }: Ports): Promise<readonly Obligation[]> =>
  inGroups(keys, atOnce, async (key) => {
    const obligation = obligationOf(incident, key, null);
    await ledger.putObligation(obligation);
    return obligation;
  });

/**
 * A person says that it is none.
 *
 * @returns null when there is no such incident, or it does not wait for approval
 */
export const dismissIncident = async (
  incidentId: IncidentId,
  decidedBy: string,
  ports: Ports,
): Promise<Incident | null> => {
  const incident = (await ports.ledger.incident(incidentId))?.incident;
  if (incident?.state !== 'awaiting-approval' || isApproved(incident)) return null;
  const decided = await decideIncident(incidentId, 'dismissed', { containFirst: null, decidedBy }, ports);
  if (decided !== null) await tell(ports, decided, [], 'dismissed');
  return decided;
};

const isWaiting = ({ state }: Incident): boolean => state === 'awaiting-approval' || state === 'contained-only';

const tries = 5;

const decideIncident = async (
  incidentId: IncidentId,
  state: 'accepted' | 'dismissed' | null,
  { containFirst, decidedBy }: Choice,
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<Incident | null> => {
  for (let tried = 0; tried < tries; tried += 1) {
    const item = await ledger.incident(incidentId);
    if (item === null || !isWaiting(item.incident)) return null;
    const { incident, revision } = item;
    const decidedAt = incident.decidedAt ?? clock.now();
    const decided = { ...incident, containFirst, decidedBy, decidedAt, state: state ?? incident.state };
    if (await ledger.replaceIncident(decided, revision)) return decided;
  }
  throw new Fault('NothingChanged', `${incidentId} is being written by others; it is not decided.`);
};
