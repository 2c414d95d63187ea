import { Fault } from '../domain/fault.ts';
import type { Incident } from '../domain/incident.ts';
import { type IncidentClock, incidentClock, type KeyClock } from '../domain/incident-clock.ts';
import { type Audience, incidentPolicy } from '../domain/incident-policy.ts';
import { nextCommand } from '../domain/incident-words.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Notice, Ports } from '../ports.ts';
import { incidentNotice, type Telling } from './incident-notice.ts';
import { openRotations } from './open-rotations.ts';

type TellPorts = Pick<Ports, 'clock' | 'ledger' | 'notices' | 'register'>;

type Reader = { readonly contact: string; readonly audience: Audience; readonly keys: readonly KeyClock[] };

/**
 * Tells the people who must know, each of them once, and writes down in the incident whom, what and when. It sends
 * first and writes after: a crash in between tells twice, and never not at all.
 *
 * @param incident as it was last read; what it was told meanwhile is looked up
 * @param obligations those of the incident, or those it would get
 * @returns how many were told now
 * @throws Fault of the first notice that could not be sent or written down; the others were tried. The same call again
 * tells those who were not told
 */
export const tell = async (
  ports: TellPorts,
  incident: Incident,
  obligations: readonly Obligation[],
  what: Telling,
): Promise<number> => {
  const { clock, ledger, notices } = ports;
  // To tell without the latest record is better than not to tell.
  const told = (await ledger.incident(incident.incidentId).catch(nullOnFault))?.incident.told ?? incident.told;
  const rotations = (await openRotations(ports, obligations).catch(nullOnFault)) ?? [];
  const now = clock.now();
  const times = incidentClock(incident, obligations, rotations, now);
  // Nobody but a person can end an admin key.
  const { severity, to } = audienceOf(
    incident.leak.kind === 'admin-key' && what === 'accepted' ? 'contained-only' : what,
  );
  const readers = (await readersOf(ports, times, to)).filter(
    ({ contact }) => !told.some((earlier) => earlier.to === contact && earlier.what === what),
  );
  const next = nextCommand(incident, times, obligations, rotations);
  const sent: Incident['told'][number][] = [];
  const failures: unknown[] = [];
  for (const reader of readers) {
    try {
      await notices.send(incidentNotice(what, severity, incident, times, reader, next));
      sent.push({ at: now, to: reader.contact, what });
    } catch (error) {
      failures.push(error);
    }
  }
  if (sent.length > 0) await writeDown(ports, incident, sent);
  if (failures.length > 0) throw failures[0];
  return sent.length;
};

const audienceOf = (what: Telling): { readonly severity: Notice['severity']; readonly to: readonly Audience[] } => {
  switch (what) {
    case 'awaiting-approval':
    case 'accepted':
      return { severity: 'action-needed', to: ['owner', 'security lead'] };
    case 'contained-only':
      return { severity: 'page', to: ['owner', 'security lead', 'on call'] };
    case 'closed':
    case 'dismissed':
      return { severity: 'information', to: ['owner', 'security lead'] };
    case 'noted':
    case 'report':
      return { severity: 'information', to: ['security lead'] };
    default: {
      const { calls } = incidentPolicy;
      const nth = Math.min(Number(what.slice('call '.length)), calls.length);
      return calls[nth - 1] ?? calls[0];
    }
  }
};

/** The owners each once, with the keys they answer for; the others with all of them. */
const readersOf = async (
  { register }: Pick<Ports, 'register'>,
  { keys }: IncidentClock,
  to: readonly Audience[],
): Promise<readonly Reader[]> => {
  const owners = new Map<string, KeyClock[]>();
  for (const key of to.includes('owner') ? keys : []) {
    if (key.credentialId === null) continue;
    const credential = await register.credential(key.credentialId).catch(nullOnFault);
    // Of a credential that left the register the security lead is told.
    if (credential === null) continue;
    const { contact } = credential.owner;
    owners.set(contact, [...(owners.get(contact) ?? []), key]);
  }
  const readers: readonly Reader[] = [
    ...[...owners].map(([contact, own]) => ({ contact, audience: 'owner', keys: own }) as const),
    ...to.filter((audience) => audience !== 'owner').map((audience) => ({ contact: audience, audience, keys })),
  ];
  // Where nobody owns what was named, a call to the owner would reach nobody.
  return readers.length > 0 ? readers : [{ contact: 'security lead', audience: 'security lead', keys }];
};

const writeTries = 5;

const writeDown = async (
  { ledger }: Pick<Ports, 'ledger'>,
  { incidentId }: Incident,
  sent: Incident['told'],
): Promise<void> => {
  for (let tried = 0; tried < writeTries; tried += 1) {
    const item = await ledger.incident(incidentId);
    // Nothing to write into: whoever tells of a report that is not on record yet tells again once it is.
    if (item === null) return;
    const { incident, revision } = item;
    if (await ledger.replaceIncident({ ...incident, told: [...incident.told, ...sent] }, revision)) return;
  }
  throw new Fault('NothingChanged', `${incidentId} is being written by others; who was told is not on record yet.`);
};

const nullOnFault = (error: unknown): null => {
  if (error instanceof Fault) return null;
  throw error;
};
