import type { Credential } from '../domain/credential.ts';
import { decideObligation, decideSight, type KeySight, type ObligationView } from '../domain/decisions/obligation.ts';
import { refusalsThatProve } from '../domain/decisions/prove-refused.ts';
import { type CredentialId, type KeyId, type RotationId, secondsBetween, secretName } from '../domain/identifiers.ts';
import { isOurs, previous } from '../domain/labels.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { CredentialRecord, RotationRequest } from '../domain/rotation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { contain } from '../steps/contain.ts';
import { type CurrentLook, probe, probeForRefusals, readCurrent } from '../steps/current-key.ts';
import { listedAs } from '../steps/listed-as.ts';
import { openApproved } from '../triggers/approve-incident.ts';
import { isApproved } from '../triggers/compromise.ts';
import { emergencyAgain, incidentBehind } from '../triggers/emergency-again.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { keyOf } from './key-of.ts';
import { lanes, type Part, type Pass, unlessFault } from './pass.ts';

const part = 'obligations';
const spacingSeconds = 1;

/**
 * Every key that was said to have leaked is stopped, replaced and seen refused, whatever became of the run that was to
 * do it. A run at work is left alone; without one the key is looked at here, and stopped here.
 */
export const serveObligations: Part = async (pass) => {
  const { ports, options } = pass;
  if (!options.dryRun) await openMissing(pass);
  const owed = (await ports.ledger.obligations('open')).filter(isOwed);
  await inGroups(
    owed.filter(({ target }) => options.provider === null || target.provider === options.provider),
    lanes,
    (obligation) => pass.alone(part, obligation.credentialId, () => serve(pass, obligation)),
  );
};

/** A key is owed its end from the moment that a person says yes, whatever became of the command that was to record it. */
const openMissing = async ({ ports, options, alone, tell }: Pass): Promise<void> => {
  for (const incident of (await ports.ledger.incidents(null)).filter(isApproved)) {
    const subject = incident.incidentId;
    await alone(part, subject, async () => {
      const opened = await openApproved(incident, options.provider, ports);
      if (opened.length === 0) return;
      tell({ part, subject, found: 'it was approved, and its keys were not on record', did: `${opened.length} are` });
    });
  }
};

type Owed = Obligation & { readonly credentialId: CredentialId };

/** An admin key has no credential: people replace it. */
const isOwed = (obligation: Obligation): obligation is Owed => obligation.credentialId !== null;

type View = ObligationView & { readonly connection: Connection | null; readonly request: RotationRequest };

const serve = async (pass: Pass, obligation: Owed): Promise<void> => {
  const { ports, options } = pass;
  const { keyId, credentialId } = obligation;
  const view = await observe(obligation, pass);
  const decision = decideObligation(view);
  const told: string[] = [];
  switch (decision.kind) {
    case 'leave':
      return;
    case 'close':
      if (!options.dryRun) {
        const at = ports.clock.now();
        const { evidence } = decision;
        await ports.ledger.putObligation({
          ...obligation,
          firstRefusedAt: obligation.firstRefusedAt ?? at,
          refusedAt: at,
          evidence,
        });
        told.push(`closed: ${evidence}`);
      }
      break;
    case 'serve': {
      if (options.dryRun) break;
      // By whom it was stopped nobody knows, and it is not ours to stop: from now on it is known since when.
      if (!view.mayContain && isStopped(view.sight) && obligation.firstRefusedAt === null) {
        await ports.ledger.putObligation({ ...obligation, firstRefusedAt: ports.clock.now() });
      }
      // Containment does not wait for its turn among the starts, and its failure does not keep one from being made.
      if (decision.contain) {
        await pass.alone(part, credentialId, async () => {
          told.push(await stop(view, obligation, pass));
        });
      }
      if (decision.start) told.push(await start(view.request, pass));
      break;
    }
  }
  pass.tell({
    part,
    subject: credentialId,
    found: `${keyId} must die and no run is at work on it (${view.sight.evidence}; replacement: ${view.start})`,
    did: told.length === 0 ? null : told.join('; '),
  });
};

const isStopped = (sight: KeySight): boolean => sight.kind === 'unclear' && sight.isStopped === true;

const observe = async (obligation: Owed, pass: Pass): Promise<View> => {
  const { ports, options } = pass;
  const { credentialId, keyId, target } = obligation;
  const { record } = await ports.ledger.read(credentialId);
  const { rotation, lease } = record;
  const credential = (await ports.register.credential(credentialId)) ?? rotation?.credential ?? null;
  // What has left the register has its secret still.
  const entry = credential ?? record.lastEntry;
  const wish = await wishOf(obligation, credential, ports);
  const request = requestOf(obligation, entry, wish.containFirst, pass);
  const emergency = rotation?.urgency === 'emergency' && rotation.old?.keyId === keyId ? rotation : null;

  const look = async (rotationId: RotationId): Promise<string> =>
    (await ports.executions.look({ rotationId, provider: target.provider })).status;
  const runs = [obligation.rotationId, emergency && lease?.rotationId].filter((run) => run != null);
  const again = await look(request.rotationId);
  const inWork = again === 'running' || (await Promise.all(runs.map(look))).includes('running');

  const connection = inWork ? null : await unlessFault(() => ports.connect(target));
  const secret = entry === null || inWork ? null : await unlessFault(() => readCurrent(ports, entry));
  const serving = connection && secret?.current ? await keyOf(secret.current, record, connection) : null;
  // A key that does not serve leaves nobody without one. Whose key nobody can name may be the one.
  const mayContain =
    connection !== null && !wish.dismissed && (wish.containFirst || (serving !== null && serving !== keyId));
  const start = (): ObligationView['start'] => {
    if (wish.onApproval) return 'on-approval';
    if (credential === null) return 'no-credential';
    const byHand = options.strategyOf(target.provider) === 'human-created';
    if (byHand && emergency !== null && emergency.new === null && lease === null) return 'needs-a-submission';
    return again === 'ended' ? 'tried' : 'possible';
  };
  return {
    inWork,
    connection,
    request,
    sight:
      connection === null
        ? { kind: 'unclear', evidence: 'its account cannot be reached' }
        : await sightOf(obligation, entry, record, secret, connection, mayContain, ports),
    mayContain,
    contained: obligation.containedAt !== null,
    start: start(),
  };
};

type Wish = { readonly containFirst: boolean; readonly onApproval: boolean; readonly dismissed: boolean };

/**
 * Whether the key is to be stopped before there is another. What was stopped stays so; else the incident says, or the
 * run that was to do it has shown; else the credential does. What a person chose to replace first is not contained for
 * want of a replacement.
 */
const wishOf = async (
  { incidentId, rotationId, containedAt }: Owed,
  credential: Credential | null,
  { ledger }: Ports,
): Promise<Wish> => {
  const incident = incidentId === null ? null : ((await ledger.incident(incidentId))?.incident ?? null);
  const dismissed = incident?.state === 'dismissed';
  const onApproval = dismissed || incident?.state === 'contained-only';
  if (onApproval || containedAt !== null) return { containFirst: true, onApproval, dismissed };
  const entries = rotationId === null ? [] : await ledger.entries(rotationId);
  const shown = entries.length === 0 ? null : entries.some(({ step }) => step === 'contain');
  const containFirst = incident?.containFirst ?? shown ?? credential?.emergency !== 'replace-first';
  return { containFirst, onApproval, dismissed };
};

const requestOf = (
  obligation: Owed,
  credential: Pick<Credential, 'secret'> | null,
  containFirst: boolean,
  { ports, options }: Pass,
): RotationRequest => {
  const { credentialId, keyId, target, reason } = obligation;
  return emergencyAgain({
    // The key lives where the obligation says: the register may have moved on since.
    credential: {
      id: credentialId,
      target,
      secret: credential?.secret ?? secretName(`keyturn/${target.provider}/${credentialId}`),
      emergency: 'contain-first',
    },
    keyId,
    containFirst,
    incident: incidentBehind(obligation),
    at: ports.clock.now(),
    reason,
    letCallsLandSeconds: options.letCallsLandSeconds,
  });
};

/** What the key looks like, from its value where that can be read, and from the provider's listing. */
const sightOf = async (
  { keyId, containedAt, firstRefusedAt }: Owed,
  credential: Pick<Credential, 'secret'> | null,
  record: CredentialRecord,
  secret: CurrentLook | null,
  connection: Connection,
  mayContain: boolean,
  ports: Ports,
): Promise<KeySight> => {
  const stoppedAt = containedAt ?? (mayContain ? null : firstRefusedAt);
  const listed = await unlessFault(() => listedAs(keyId, connection));
  const value = credential && secret && (await readValue(keyId, credential, record, secret, connection, ports));
  const probes = value && (await probeForRefusals(ports, connection, value, refusalsThatProve, spacingSeconds));
  const current = secret?.current ?? null;
  const otherServes = current !== null && value !== null && !current.value.equals(value);
  return decideSight({
    value: probes && { refusals: probes.refusals, last: probes.last.kind },
    refusalsThatProve,
    listed,
    otherAccepted: otherServes && (await probe(connection, current.value)).kind === 'accepted',
    // Stopped nobody knows when: it is stopped once more, which tells; or, where it may not be, seen stopped before.
    stoppedForSeconds: stoppedAt === null ? null : secondsBetween(stoppedAt, ports.clock.now()),
    revocationTakesSeconds: connection.facts.revocationTakesSeconds,
  });
};

/** The key's value, under whatever label still holds it; null when it can no longer be read, or told. */
const readValue = async (
  keyId: KeyId,
  { secret }: Pick<Credential, 'secret'>,
  record: CredentialRecord,
  { versions, current }: CurrentLook,
  connection: Connection,
  { vault }: Ports,
): Promise<SecretValue | null> => {
  if (current !== null && (await keyOf(current, record, connection)) === keyId) return current.value;
  for (const { versionId, labels } of versions) {
    const label = labels.find((name) => isOurs(name) || name === previous);
    if (label === undefined) continue;
    const payload = await vault.read(secret, versionId, label);
    if (payload === null) continue;
    const version = { versionId, keyId: payload.keyId, value: payload.apiKey };
    if ((await keyOf(version, record, connection)) === keyId) return version.value;
  }
  return null;
};

/** The flow's own step, by its own rules; the journal tells that it was taken outside a run. */
const stop = async ({ connection, request }: View, obligation: Owed, { ports }: Pass): Promise<string> => {
  if (connection === null) return 'not contained';
  const view = { connection, leaked: obligation.keyId };
  const decision = contain.decide(view);
  const { containedAt } = await contain.act(decision, view, request, ports);
  const { rotationId, credentialId } = request;
  await ports.ledger.append({
    rotationId,
    credentialId,
    at: containedAt,
    step: 'contain',
    event: decision.kind,
    detail: `${obligation.keyId}, by reconcile: no run was at work on it`,
  });
  return 'contained';
};

const start = async (request: RotationRequest, { ports, mayStart }: Pass): Promise<string> => {
  if (!mayStart()) return 'its run is paced: the next pass starts it';
  const answer = await ports.executions.start(request);
  return answer === 'started' ? `started ${request.rotationId}` : `${request.rotationId} was started before`;
};
