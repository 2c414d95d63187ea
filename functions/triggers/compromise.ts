import { type CompromiseDecision, decideCompromise } from '../domain/decisions/compromise.ts';
import { Fault } from '../domain/fault.ts';
import {
  type CredentialId,
  type IncidentId,
  type Instant,
  instant,
  type KeyId,
  milliseconds,
  type RotationId,
  secondsBetween,
} from '../domain/identifiers.ts';
import type { CompromiseReport, Incident, LeakProof } from '../domain/incident.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Ports } from '../ports.ts';
import { adminKeyId } from './admin-key-id.ts';
import { emergencyRequest, obligationOf } from './emergency.ts';
import { incidentIdOf } from './incident-id.ts';
import { type ResolvedLeak, resolveLeak, unlessFault } from './resolve-leak.ts';
import { tell } from './tell.ts';

export type Accepted = {
  readonly incidentId: IncidentId;
  readonly state: Incident['state'];
  readonly proof: LeakProof;
  /** This report was accepted before; what a crash had left of it is done now. */
  readonly repeated: boolean;
  readonly keys: readonly {
    readonly keyId: KeyId;
    readonly credentialId: CredentialId | null;
    readonly rotationId: RotationId | null;
  }[];
};

export type AcceptOptions = {
  readonly letCallsLandSeconds: number;
  /** How many emergencies a source may start by itself in one hour of the clock. */
  readonly automaticPerHour: number;
  /** The least time between two emergencies of one credential that no person asked for, in seconds. */
  readonly floorSeconds: number;
  /** How many runs of one incident and provider may be at work at once. */
  readonly maximumStarts: number;
};

export const usualOptions = { automaticPerHour: 20, floorSeconds: 900, maximumStarts: 20 } as const;

/** What a person chose, and who it was; nulls where a machine reports. */
export type Choice = Pick<Incident, 'containFirst' | 'decidedBy'>;
const nobody: Choice = { containFirst: null, decidedBy: null };

/** A report, looked up and decided; nothing is changed yet. */
export type ReportLook = {
  readonly incidentId: IncidentId;
  /** It was accepted before. */
  readonly known: Incident | null;
  /** The obligations that it opened before. */
  readonly own: readonly Obligation[];
  readonly resolved: ResolvedLeak;
  /** Open obligations on its keys, whoever opened them. */
  readonly owed: readonly Obligation[];
  readonly decision: CompromiseDecision;
  /** People are told of everything that was done; of the rest only so often in an hour. */
  readonly isTold: boolean;
};

/**
 * Accepts a report: finds the keys that it means, stops and replaces what is proven, and keeps the rest for a person.
 * The same report, delivered again, does nothing but what a crash had left undone.
 *
 * @throws Fault when it could not be looked up or started; also when it was started, and not all of it is on record or
 * told. The same report again completes it
 */
export const acceptReport = async (
  report: CompromiseReport,
  ports: Ports,
  options: AcceptOptions,
): Promise<Accepted> => {
  const { accepted, unrecorded } = await takeReport(report, ports, options);
  if (unrecorded !== null) throw unrecorded;
  return accepted;
};

/**
 * The same for a person, who goes on with what was started although not all of it is on record.
 *
 * @throws Fault when it could not be looked up or started: nothing was accepted
 */
export const takeReport = async (
  report: CompromiseReport,
  ports: Ports,
  options: AcceptOptions,
  choice: Choice = nobody,
): Promise<{ readonly accepted: Accepted; readonly unrecorded: Fault | null }> => {
  const look = await lookAtReport(report, ports, options, choice);
  const { known, own, owed } = look;
  const incident = known ?? incidentOf(report, look, choice, ports.clock.now());
  // What is on record was started before it was recorded.
  const isNew = known === null && own.length === 0;
  const opened = isNew ? await open(incident, look, ports, options) : own;
  const record = async (): Promise<void> => {
    if (isNew) for (const obligation of opened) await ports.ledger.putObligation(obligation);
    // Last: an incident on record says that its obligations are.
    if (known === null) await ports.ledger.replaceIncident(incident, 0);
  };
  const unrecorded = await eachOf([
    record,
    ...(look.isTold && !isApproved(incident) ? [() => tell(ports, incident, opened, incident.state)] : []),
  ]);
  const { incidentId, state, proof } = incident;
  const keys = (opened.length > 0 ? opened : owed).map(({ keyId, credentialId, rotationId }) => ({
    keyId,
    credentialId,
    rotationId,
  }));
  return { accepted: { incidentId, state, proof, repeated: !isNew, keys }, unrecorded };
};

/** @throws Fault when it cannot be looked up; of what the security lead reports, only when its key cannot be found */
export const lookAtReport = async (
  report: CompromiseReport,
  ports: Ports,
  { automaticPerHour, floorSeconds }: AcceptOptions,
  { decidedBy }: Choice = nobody,
): Promise<ReportLook> => {
  const { ledger } = ports;
  const byLead = report.source === 'security-lead' || decidedBy !== null;
  /** A lead who names a key need not wait for the ledger to come back. */
  const read = <T>(look: Promise<T>, otherwise: T): Promise<T> => (byLead ? look.catch(unlessFault(otherwise)) : look);
  const { incidentId, known } = await read(findIncident(report, ledger), {
    incidentId: incidentIdOf(report),
    known: null,
  });
  const now = ports.clock.now();
  const thisHour = (await read(ledger.incidents(hourOf(now)), [])).filter(
    (incident) => incident.source === report.source && incident.incidentId !== incidentId,
  );
  const isQuietHour = thisHour.length < automaticPerHour;
  if (known !== null) {
    const own = (await read(ledger.obligations('all'), [])).filter((one) => one.incidentId === incidentId);
    const resolved = { proof: known.proof, keys: [], reach: [], why: 'It was accepted before.' };
    const isTold = isQuietHour || own.length > 0;
    return { incidentId, known, own, owed: [], resolved, decision: { kind: 'repeated' }, isTold };
  }
  const resolved = await resolve(report, ports);
  // A machine's report is delivered again; a person in a hurry is asked.
  if (resolved.unlooked !== undefined && !byLead) throw resolved.unlooked;
  const [only] = resolved.keys;
  // What names nothing of ours must cost little: there may be very many of it.
  const obligations =
    only === undefined && resolved.reach.length === 0 ? [] : await read(ledger.obligations('all'), []);
  const own = obligations.filter((obligation) => obligation.incidentId === incidentId);
  const owed = obligations.filter(
    ({ refusedAt, keyId, target }) =>
      refusedAt === null && keyId === only?.keyId && target.account === only.target.account,
  );
  const emergencies = obligations.filter(
    (obligation) => obligation.credentialId === only?.credentialId && obligation.incidentId !== incidentId,
  );
  const last = emergencies
    .map(({ acceptedAt }) => acceptedAt)
    .sort()
    .at(-1);
  const decision: CompromiseDecision =
    report.leak.kind === 'admin-key' && resolved.reach.length > 0
      ? { kind: 'contain-and-replace' }
      : decideCompromise({
          proof: resolved.proof,
          byLead,
          fits: resolved.keys.length + resolved.reach.length,
          isUnderObligation: owed.some((obligation) => obligation.incidentId !== incidentId),
          automaticThisHour: thisHour.filter((incident) => startedAlone(incident, obligations)).length,
          automaticPerHour,
          serves: only?.serves ?? true,
          secondsSinceEmergency: last === undefined ? null : secondsBetween(last, now),
          floorSeconds,
        });
  const hasEffect = decision.kind === 'contain-and-replace' || decision.kind === 'contain-only';
  return { incidentId, known, own, owed, resolved, decision, isTold: hasEffect || isQuietHour };
};

const resolve = async ({ leak }: CompromiseReport, ports: Ports): Promise<ResolvedLeak> => {
  if (leak.kind !== 'admin-key') return resolveLeak(leak, ports);
  const reach = (await ports.register.credentials()).filter(({ target }) => target.account === leak.account);
  return reach.length === 0
    ? { proof: 'none', keys: [], reach, why: `The register has no credential in the account ${leak.account}.` }
    : { proof: 'named', keys: [], reach, why: `${leak.account} has ${reach.length} credentials.` };
};

/** Another report with the same short id is another report. */
const findIncident = async (
  report: CompromiseReport,
  ledger: Ports['ledger'],
): Promise<{ readonly incidentId: IncidentId; readonly known: Incident | null }> => {
  for (let clash = 0; ; clash += 1) {
    const incidentId = incidentIdOf(report, clash);
    const known = (await ledger.incident(incidentId))?.incident ?? null;
    if (known === null || isOf(known, report)) return { incidentId, known };
  }
};

const isOf = (incident: Incident, report: CompromiseReport): boolean =>
  incident.source === report.source &&
  incident.reference === report.reference &&
  JSON.stringify(incident.leak) === JSON.stringify(report.leak);

const hourOf = (at: Instant): Instant => instant(Math.floor(milliseconds(at) / 3_600_000) * 3_600_000);

/** An emergency that no person had decided. One whose key an earlier report had named has cost nothing. */
const startedAlone = ({ incidentId, decidedAt }: Incident, obligations: readonly Obligation[]): boolean =>
  decidedAt === null && obligations.some((obligation) => obligation.incidentId === incidentId);

/** A person has said yes, and what opens its obligations is at work, or was interrupted. */
export const isApproved = ({ state, decidedAt }: Incident): boolean =>
  decidedAt !== null && (state === 'awaiting-approval' || state === 'contained-only');

const incidentOf = (
  { source, reference, reason, reportedAt, leak }: CompromiseReport,
  { incidentId, resolved, decision }: Pick<ReportLook, 'incidentId' | 'resolved' | 'decision'>,
  choice: Choice,
  now: Instant,
): Incident => ({
  incidentId,
  source,
  reference,
  reason,
  reportedAt,
  acceptedAt: now,
  leak,
  proof: resolved.proof,
  state: stateOf(decision, resolved),
  // Who hands in what only may be a key of ours has not decided anything yet.
  ...(decision.kind === 'contain-and-replace' ? choice : nobody),
  decidedAt: decision.kind === 'contain-and-replace' && choice.decidedBy !== null ? now : null,
  told: [],
});

const stateOf = ({ kind }: CompromiseDecision, { proof }: ResolvedLeak): Incident['state'] => {
  switch (kind) {
    case 'note':
      return 'noted';
    case 'ask':
      return 'awaiting-approval';
    case 'contain-only':
      return 'contained-only';
    case 'repeated':
      return 'accepted';
    case 'contain-and-replace':
      // Many keys: the incident comes first and their obligations after it, so that a crash leaves none out.
      return proof === 'reach' ? 'awaiting-approval' : 'accepted';
  }
};

/** Starts what can be started. Before any record: the input of an execution is what cannot be lost any more. */
const open = async (
  incident: Incident,
  { resolved, decision }: ReportLook,
  ports: Ports,
  { letCallsLandSeconds }: AcceptOptions,
): Promise<readonly Obligation[]> => {
  if (decision.kind !== 'contain-and-replace' && decision.kind !== 'contain-only') return [];
  if (incident.leak.kind === 'admin-key') {
    const [{ target } = { target: null }] = resolved.reach;
    if (target === null) return [];
    const keyId = await adminKeyId(target.adminSecret, incident, ports);
    return [obligationOf(incident, { keyId, target, credentialId: null }, null)];
  }
  return Promise.all(
    resolved.keys.map(async (key) => {
      const replacement = decision.kind === 'contain-only' ? 'on-approval' : 'now';
      const request = emergencyRequest(incident, key, replacement, letCallsLandSeconds);
      await ports.executions.start(request);
      return obligationOf(incident, key, request.rotationId);
    }),
  );
};

/** Tries all of them, in order: what fails must not keep the rest from being done. */
const eachOf = async (deeds: readonly (() => Promise<unknown>)[]): Promise<Fault | null> => {
  let first: Fault | null = null;
  for (const deed of deeds) {
    try {
      await deed();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      first ??= error;
    }
  }
  return first;
};
