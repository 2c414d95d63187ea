import { decideSight, type KeySight } from '../domain/decisions/obligation.ts';
import { refusalsThatProve } from '../domain/decisions/prove-refused.ts';
import { decideRetirement, type RetirementDecision, type RetirementView } from '../domain/decisions/retirement.ts';
import { type CredentialId, instant, milliseconds, secondsBetween } from '../domain/identifiers.ts';
import type { CredentialRecord, LastEntry, Retirement } from '../domain/rotation.ts';
import type { Usage } from '../domain/verdict.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { type CurrentKey, probeForRefusals, readCurrent } from '../steps/current-key.ts';
import { listedAs } from '../steps/listed-as.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { requestId } from '../triggers/request.ts';
import { keyOf } from './key-of.ts';
import { lanes, type Part, type Pass } from './pass.ts';

const part = 'retirements';
const spacingSeconds = 1;

/**
 * The last key of a credential that a person has retired: revoked once nobody uses it, and seen refused. Its secret
 * stays, and says to the end which key it was.
 */
export const serveRetirements: Part = async (pass) => {
  const { options } = pass;
  const asked = (await pass.records()).filter(
    ({ retirement, lastEntry }) =>
      retirement?.refusedAt === null && (options.provider === null || lastEntry?.target.provider === options.provider),
  );
  await inGroups(asked, lanes, ({ credentialId }) => pass.alone(part, credentialId, () => serve(credentialId, pass)));
};

export type Asked = {
  readonly record: CredentialRecord;
  readonly revision: number;
  readonly entry: LastEntry;
  readonly retirement: Retirement;
};
export type Worked = { readonly decision: RetirementDecision; readonly acted: boolean };

const serve = async (credentialId: CredentialId, { ports, options, tell }: Pass): Promise<void> => {
  const { record, revision } = await ports.ledger.read(credentialId);
  const { retirement, lastEntry: entry } = record;
  if (retirement === null || retirement.refusedAt !== null || entry === null) return;
  const { decision, acted } = await workOnRetirement({ record, revision, entry, retirement }, ports, options.dryRun);
  const found = `${retirement.keyId} is retired; ${wordsOf(decision)}`;
  tell({ part, subject: credentialId, found, did: acted ? deeds[decision.kind] : null });
};

const deeds = { close: 'recorded the proof', revoke: 'revoked it', wait: null, 'needs-person': null } as const;

/** For a person. */
export const wordsOf = (decision: RetirementDecision): string => {
  switch (decision.kind) {
    case 'wait':
    case 'needs-person':
      return decision.why;
    case 'revoke':
      return 'nobody is seen to use it';
    case 'close':
      return decision.evidence;
  }
};

/** Does the next thing for a retirement, unless it is a dry run. `acted` is false where another has written meanwhile. */
export const workOnRetirement = async (asked: Asked, ports: Ports, dryRun: boolean): Promise<Worked> => {
  const connection = await ports.connect(asked.entry.target);
  const decision = decideRetirement(await observe(asked, connection, ports));
  if (dryRun) return { decision, acted: false };
  switch (decision.kind) {
    case 'wait':
    case 'needs-person':
      return { decision, acted: false };
    case 'revoke':
      return { decision, acted: await revoke(asked, connection, ports) };
    case 'close':
      return { decision, acted: await close(asked, decision.evidence, ports) };
  }
};

const observe = async (
  { record, entry, retirement }: Asked,
  connection: Connection,
  ports: Ports,
): Promise<RetirementView> => {
  const { keyId, sentAt, askedAt } = retirement;
  const { current } = await readCurrent(ports, entry);
  const { serving } = record;
  // What a version holds never changes; a dead key is on no listing that could name it.
  const isRecorded = current !== null && current.versionId === serving?.versionId;
  const held = isRecorded ? serving.keyId : current && (await keyOf(current, record, connection));
  const listed = await listedAs(keyId, connection);
  const now = ports.clock.now();
  return {
    rotationOpen: record.rotation !== null,
    secretHolds: current === null ? 'nothing' : held === null ? 'unknown' : held === keyId ? 'this-key' : 'another-key',
    usage: sentAt === null ? await usageOf(entry, retirement, connection, ports) : unknowable,
    // Not probed before it is revoked: that would be use, and it would never be quiet.
    sight: await sightOf(retirement, sentAt !== null && held === keyId ? current : null, listed, connection, ports),
    gone: listed === 'absent' || listed === 'inactive',
    revocable: stopOf(connection) !== undefined,
    sentForSeconds: sentAt && secondsBetween(sentAt, now),
    revocationTakesSeconds: connection.facts.revocationTakesSeconds,
    secondsSinceAsked: secondsBetween(askedAt, now),
    overlapSeconds: entry.overlapSeconds,
  };
};

const unknowable: Usage = { kind: 'unknowable' };

/** Quiet is who was quiet for one overlap: long enough for a nightly job to show itself. */
const usageOf = async (
  { overlapSeconds }: LastEntry,
  { keyId }: Retirement,
  { readUsage }: Connection,
  { clock }: Pick<Ports, 'clock'>,
): Promise<Usage> =>
  (await readUsage?.({ keyId, since: instant(milliseconds(clock.now()) - overlapSeconds * 1000) })) ?? unknowable;

const sightOf = async (
  { sentAt }: Retirement,
  current: CurrentKey | null,
  listed: Awaited<ReturnType<typeof listedAs>>,
  connection: Connection,
  ports: Ports,
): Promise<KeySight> => {
  const probes =
    current && (await probeForRefusals(ports, connection, current.value, refusalsThatProve, spacingSeconds));
  return decideSight({
    value: probes && { refusals: probes.refusals, last: probes.last.kind },
    refusalsThatProve,
    listed,
    // Nothing else serves that could be asked beside it: only the listing tells a refusal from an outage.
    otherAccepted: false,
    stoppedForSeconds: sentAt && secondsBetween(sentAt, ports.clock.now()),
    revocationTakesSeconds: connection.facts.revocationTakesSeconds,
  });
};

/** For good, where the vendor has that. A slot has no end: it is given a value that nobody holds. */
const stopOf = ({ revokeKey, containKey, disableKey }: Connection): Connection['revokeKey'] =>
  revokeKey ?? containKey ?? disableKey;

const revoke = async (
  { record, revision, retirement }: Asked,
  connection: Connection,
  ports: Ports,
): Promise<boolean> => {
  const sentAt = retirement.sentAt ?? ports.clock.now();
  // The fence: what has begun to rotate it since the look was made keeps its key.
  if (!(await ports.ledger.replace({ ...record, retirement: { ...retirement, sentAt } }, revision))) return false;
  await stopOf(connection)?.(retirement.keyId);
  await ports.ledger.append(entryOf(record, retirement, 'revoked', retirement.reason, ports));
  return true;
};

const close = async (
  { record, revision, entry, retirement }: Asked,
  evidence: string,
  ports: Ports,
): Promise<boolean> => {
  const { keyId } = retirement;
  const refusedAt = ports.clock.now();
  const closed: CredentialRecord = {
    ...record,
    serving: record.serving?.keyId === keyId ? null : record.serving,
    retirement: { ...retirement, refusedAt, evidence },
  };
  if (!(await ports.ledger.replace(closed, revision))) return false;
  await ports.ledger.append(entryOf(record, retirement, 'refused', `${keyId}: ${evidence}`, ports));
  await ports.notices.send({
    credentialId: record.credentialId,
    rotationId: null,
    severity: 'information',
    contact: entry.owner.contact,
    subject: `${record.credentialId} is retired`,
    text: `Its last key ${keyId} is dead: ${evidence}. The secret ${entry.secret} was kept; delete it when nobody reads it any more.`,
  });
  return true;
};

const entryOf = (
  { credentialId }: CredentialRecord,
  { askedAt }: Retirement,
  event: string,
  detail: string,
  { clock }: Pick<Ports, 'clock'>,
) => ({
  rotationId: requestId(credentialId, `retire/${askedAt}`, askedAt),
  credentialId,
  at: clock.now(),
  step: 'retire',
  event,
  detail,
});
