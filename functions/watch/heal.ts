import type { Credential } from '../domain/credential.ts';
import { refusalsThatCount } from '../domain/decisions/confirm.ts';
import { decideHeal, type HealView } from '../domain/decisions/heal.ts';
import type { KeyId, RotationId, VersionId } from '../domain/identifiers.ts';
import { current as currentLabel, isOurs, previous } from '../domain/labels.ts';
import type { Obligation } from '../domain/obligation.ts';
import { type CredentialRecord, isOldKeyDying, type RotationRequest, type StoredKey } from '../domain/rotation.ts';
import type { Notice } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { type CurrentKey, type CurrentLook, probe, probeForRefusals, readCurrent } from '../steps/current-key.ts';
import { listedAs } from '../steps/listed-as.ts';
import { emergencyAgain, incidentBehind } from '../triggers/emergency-again.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { requestId } from '../triggers/request.ts';
import { keyOf } from './key-of.ts';
import { credentialsToLookAt, lanes, type Part, type Pass, unlessFault } from './pass.ts';

const part = 'heal';
const spacingSeconds = 5;

/**
 * Consumers must not be left with a dead key. When what AWSCURRENT holds is refused and that is no outage, the key
 * before serves again if it is alive and was not compromised; else a replacement is started, and people are told.
 */
export const heal: Part = async (pass) => {
  const credentials = await credentialsToLookAt(pass);
  await inGroups(credentials, lanes, (credential) => pass.alone(part, credential.id, () => healOne(credential, pass)));
};

type Previous = { readonly versionId: VersionId; readonly keyId: KeyId | null; readonly verdict: HealView['previous'] };
type View = HealView & {
  readonly current: CurrentKey;
  readonly keyId: KeyId | null;
  readonly before: Previous | null;
  readonly revision: number;
  readonly record: CredentialRecord;
  readonly request: RotationRequest;
};

const healOne = async (credential: Credential, pass: Pass): Promise<void> => {
  const { ports, options } = pass;
  const look = await readCurrent(ports, credential);
  if (look.current === null) return;
  const connection = await ports.connect(credential.target);
  // One probe when all is well, which it nearly always is.
  if ((await probe(connection, look.current.value)).kind !== 'refused') return;
  const view = await observe(credential, look, look.current, connection, pass);
  // Dead because a person wanted it so, since this pass began.
  if (view.record.retirement !== null) return;
  const decision = decideHeal(view);
  const named = view.keyId ?? 'a key that nobody can name';
  const tell = (did: string | null): void => {
    pass.tell({ part, subject: credential.id, found: `AWSCURRENT holds ${named}, which is refused`, did });
  };
  switch (decision.kind) {
    case 'well':
    case 'leave':
    case 'unclear':
      return;
    case 'wait':
      tell(null);
      return;
    case 'label-back':
      tell(options.dryRun ? null : await labelBack(credential, view, pass));
      return;
    case 'replace':
      tell(options.dryRun ? null : await replace(credential, view, pass));
      return;
    case 'tell-a-person': {
      const isTold = !options.dryRun && (await tellOwner(credential, 'needs-a-person', named, pass));
      tell(isTold ? 'told its owner' : null);
    }
  }
};

const observe = async (
  credential: Credential,
  { versions }: CurrentLook,
  current: CurrentKey,
  connection: Connection,
  pass: Pass,
): Promise<View> => {
  const { ports, options } = pass;
  const { provider } = credential.target;
  const { record, revision } = await ports.ledger.read(credential.id);
  const { lease, rotation } = record;
  const probes = await probeForRefusals(ports, connection, current.value, refusalsThatCount, spacingSeconds);
  const before = await readPrevious(credential, versions, record, connection, pass);
  const obligations = (await ports.ledger.obligations('all')).filter(
    ({ target }) => target.account === credential.target.account,
  );
  const named = await keyOf(current, record, connection);
  const compromise = obligations.find(({ keyId, containedAt, credentialId }) =>
    // Containment may have taken the key off the listing, so that nobody can name it any more: as Begin has it.
    named === null ? containedAt !== null && credentialId === credential.id : keyId === named,
  );
  const keyId = named ?? compromise?.keyId ?? null;
  const request = emergencyAgain({
    credential,
    keyId,
    containFirst: compromise?.containedAt != null,
    incident: incidentBehind(compromise),
    at: ports.clock.now(),
    reason: 'the key that serves is refused by the provider',
    letCallsLandSeconds: options.letCallsLandSeconds,
  });
  const statusOf = async (rotationId: RotationId): Promise<string> =>
    (await ports.executions.look({ rotationId, provider })).status;
  // In its overlap a run only waits, and the old key is there to go back to.
  const waits = rotation?.phase === 'confirmed' && rotation.urgency === 'scheduled';
  const owner = waits ? null : lease?.rotationId;
  const runs = [owner, compromise?.rotationId, request.rotationId].filter((run) => run != null);
  return {
    current,
    keyId,
    before,
    record,
    revision,
    request,
    busy: (await Promise.all(runs.map(statusOf))).includes('running'),
    probes: { refusals: probes.refusals, last: probes.last.kind },
    refusalsThatCount,
    listed: keyId === null ? null : await unlessFault(() => listedAs(keyId, connection)),
    previous: before?.verdict ?? null,
    // A key that nobody can name may be any key.
    previousCompromised: before?.keyId == null || obligations.some((obligation) => obligation.keyId === before.keyId),
    currentCompromised: compromise !== undefined,
    replacement: await replacementOf(credential, request, compromise, pass),
  };
};

const replacementOf = async (
  { target: { provider } }: Credential,
  request: RotationRequest,
  compromise: Obligation | undefined,
  { ports, options }: Pass,
): Promise<HealView['replacement']> => {
  if (request.leakedKeyId === null || options.strategyOf(provider) === 'human-created') return 'by-a-person';
  const incidentId = compromise?.incidentId ?? null;
  const incident = incidentId === null ? null : await ports.ledger.incident(incidentId);
  if (incident?.incident.state === 'contained-only') return 'by-a-person';
  const { status } = await ports.executions.look({ rotationId: request.rotationId, provider });
  return status === 'unknown' ? 'possible' : 'tried';
};

/** The version that served before this one, as AWSPREVIOUS or the pin of the open rotation tells. */
const readPrevious = async (
  { secret }: Credential,
  versions: CurrentLook['versions'],
  { rotation }: CredentialRecord,
  connection: Connection,
  { ports }: Pass,
): Promise<Previous | null> => {
  const dying = rotation !== null && isOldKeyDying(rotation) ? rotation.old?.versionId : undefined;
  const others = versions.filter(({ versionId, labels }) => !labels.includes(currentLabel) && versionId !== dying);
  // Put back by hand, the pinned version serves itself, and AWSPREVIOUS is on the one that served a moment ago.
  const pinned = others.find(({ versionId }) => versionId === rotation?.old?.versionId);
  const version = pinned ?? others.find(({ labels }) => labels.includes(previous));
  const label = version?.labels.find((name) => isOurs(name) || name === previous);
  if (version === undefined || label === undefined) return null;
  const { versionId } = version;
  const payload = await ports.vault.read(secret, versionId, label);
  if (payload === null) return null;
  const keyId = await keyOf({ versionId, keyId: payload.keyId, value: payload.apiKey }, { rotation }, connection);
  return { versionId, keyId, verdict: (await probe(connection, payload.apiKey)).kind };
};

const labelBack = async (
  { id, secret, owner }: Credential,
  { current, keyId, before, record, revision }: View,
  pass: Pass,
): Promise<string | null> => {
  const { ports } = pass;
  if (before === null) return null;
  // The fence: a run that looked before this moment cannot go on to retire the key that is about to serve again.
  if (!(await ports.ledger.replace({ ...record, serving: servingAgain(record, before) }, revision))) return null;
  const move = { from: current.versionId, to: before.versionId };
  if ((await ports.vault.moveLabel(secret, currentLabel, move)) === 'held-by-another') return null;
  const did = `put AWSCURRENT back on ${String(before.keyId)}`;
  await ports.ledger.append(entryOf(id, 'label-back', `${String(keyId)} is refused; ${did}`, pass));
  await ports.notices.send({
    credentialId: id,
    rotationId: null,
    severity: 'page',
    contact: owner.contact,
    subject: `${id} serves its earlier key again`,
    text: [
      `The key ${String(keyId)} is refused by the provider, and nothing here had stopped it; ${did}.`,
      `Consumers work again when they have read it. Find out who stopped the key, then: keyturn rotate ${id}`,
    ].join('\n'),
  });
  return did;
};

/** A key that a rotation had taken out of service is on record as serving again; of any other the ledger says nothing. */
const servingAgain = ({ rotation, serving }: CredentialRecord, { keyId, versionId }: Previous): StoredKey | null =>
  keyId !== null && rotation?.old?.keyId === keyId && rotation.cutOverAt !== null ? { keyId, versionId } : serving;

const replace = async (credential: Credential, { request, keyId }: View, pass: Pass): Promise<string> => {
  if (!pass.mayStart()) return 'its replacement is paced: the next pass starts it';
  await pass.ports.executions.start(request);
  await tellOwner(credential, 'replacing', String(keyId), pass);
  return `started ${request.rotationId} to replace it`;
};

/** Once an hour for each thing to say. The journal entry says that it was said, and is written first. */
const tellOwner = async (
  { id, owner, target }: Credential,
  what: 'replacing' | 'needs-a-person',
  named: string,
  pass: Pass,
): Promise<boolean> => {
  const { ports } = pass;
  const entry = entryOf(id, what, `${named} is refused by the provider`, pass);
  if ((await ports.ledger.entries(entry.rotationId)).some(({ event }) => event === what)) return false;
  await ports.ledger.append(entry);
  const next: Record<typeof what, string> = {
    replacing: `A replacement has been started. Watch it: keyturn status ${id}`,
    'needs-a-person': `Keyturn does not replace it by itself. If ${target.provider} is not down: keyturn rotate ${id} --emergency, or keyturn submit ${id} where people make the keys.`,
  };
  const notice: Notice = {
    credentialId: id,
    rotationId: null,
    severity: 'page',
    contact: owner.contact,
    subject: `${id} serves a key that is refused`,
    text: `AWSCURRENT holds ${named}, and ${target.provider} refuses it: consumers fail.\n${next[what]}`,
  };
  await ports.notices.send(notice);
  return true;
};

const entryOf = (credentialId: Credential['id'], event: string, detail: string, { ports }: Pass) => {
  const at = ports.clock.now();
  return {
    rotationId: requestId(credentialId, `heal/${at.slice(0, 13)}`, at),
    credentialId,
    at,
    step: 'heal',
    event,
    detail,
  };
};
