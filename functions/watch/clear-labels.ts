import type { Credential } from '../domain/credential.ts';
import { refusalsThatProve } from '../domain/decisions/prove-refused.ts';
import { decideStaleLabel, type StaleLabelView } from '../domain/decisions/stale-label.ts';
import { instant, milliseconds, type RotationId, rotationId } from '../domain/identifiers.ts';
import { current, isOurs, newLabel, oldLabel, pending, previous } from '../domain/labels.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { SecretVersion } from '../ports.ts';
import { probe, probeForRefusals, readCurrent } from '../steps/current-key.ts';
import { inGroups } from '../triggers/in-groups.ts';
import { credentialsToLookAt, lanes, type Part, type Pass } from './pass.ts';

const part = 'labels';
const spacingSeconds = 1;

/**
 * Takes away labels that a late call put back, or a run left, when no open rotation needs them: so that nothing points
 * at a dead key, and nobody moves AWSCURRENT to one.
 */
export const clearLabels: Part = async (pass) => {
  const credentials = await credentialsToLookAt(pass);
  await inGroups(credentials, lanes, (credential) =>
    pass.alone(part, credential.id, () => clearSecret(credential, pass)),
  );
};

const clearSecret = async (credential: Credential, pass: Pass): Promise<void> => {
  const { ports, options, tell } = pass;
  const versions = (await ports.vault.describe(credential.secret)) ?? [];
  const labelled = versions.flatMap((version) => version.labels.map((label) => ({ label, version })));
  const candidates = labelled.filter(({ label }) => label === pending || label === previous || isOurs(label));
  if (candidates.length === 0) return;
  // Read after the labels: what has begun since then is seen here, and its labels are kept.
  const { record } = await ports.ledger.read(credential.id);
  for (const { label, version } of candidates) {
    const decision = decideStaleLabel(await observe(label, version, credential, record, pass));
    if (decision.kind === 'keep') continue;
    const takesAway = decision.kind === 'take-away' && !options.dryRun;
    const moved =
      takesAway &&
      (await ports.vault.moveLabel(credential.secret, label, { from: version.versionId, to: null })) === 'moved';
    const found =
      decision.kind === 'not-ours'
        ? `${label} is on a version that is not ours`
        : `${label} is on a version that no rotation needs`;
    tell({ part, subject: credential.id, found, did: moved ? 'took it away' : null });
  }
};

const observe = async (
  label: string,
  version: SecretVersion,
  credential: Credential,
  { rotation, leftovers }: CredentialRecord,
  pass: Pass,
): Promise<StaleLabelView> => {
  const kind = kindOf(label);
  const of = await runOf(label, version, credential, pass);
  const needed =
    rotation !== null &&
    (kind === 'previous' ||
      version.versionId === rotation.new?.versionId ||
      version.versionId === rotation.old?.versionId ||
      of === rotation.rotationId);
  const byHand = pass.options.strategyOf(credential.target.provider) === 'human-created';
  const run = of && (await lookAt(of, credential, pass));
  const isSubmission = kind === 'new' && byHand && of !== null && isFresh(of, pass);
  // A run has had the key, and has left it: nobody comes back to that submission.
  const isOver = isSubmission && run === 'ended' && (await holdsOneOf(leftovers, label, version, credential, pass));
  const view: StaleLabelView = {
    label: kind,
    needed,
    run,
    maybeSubmitted: isSubmission && !isOver,
    key: version.labels.includes(current) ? 'serves' : null,
  };
  const isEndedSubmission = view.maybeSubmitted && run === 'ended';
  const isOfOldKey = (kind === 'old' || kind === 'previous') && run !== 'running';
  const asksForKey = (isOfOldKey || isEndedSubmission) && !needed && view.key === null;
  return asksForKey ? { ...view, key: await keyBehind(label, version, credential, pass) } : view;
};

const kindOf = (label: string): StaleLabelView['label'] => {
  if (label === pending) return 'pending';
  if (label === previous) return 'previous';
  if (runNamedBy(label, newLabel) !== null) return 'new';
  return runNamedBy(label, oldLabel) === null ? 'not-ours' : 'old';
};

/** The rotation that one of our labels names; null for any other text. */
const runNamedBy = (label: string, labelFor: (rotation: RotationId) => string): RotationId | null => {
  const prefix = labelFor(rotationId(''));
  if (!label.startsWith(prefix)) return null;
  const name = label.slice(prefix.length);
  return dayIn(name) === null ? null : rotationId(name);
};

/** The day in a rotation's id, `<credential>-<yyyymmdd>-<8 hex>`. */
const dayIn = (name: string): string | null => {
  const [, year, month, day] = /-(\d{4})(\d{2})(\d{2})-[0-9a-f]{8}$/.exec(name) ?? [];
  return year === undefined ? null : `${year}-${month ?? ''}-${day ?? ''}`;
};

const runOf = async (
  label: string,
  { versionId }: SecretVersion,
  { secret }: Credential,
  { ports: { vault } }: Pass,
): Promise<RotationId | null> => {
  if (label === pending) return (await vault.read(secret, versionId, pending))?.rotationId ?? null;
  return runNamedBy(label, newLabel) ?? runNamedBy(label, oldLabel);
};

const lookAt = async (
  run: RotationId,
  { target: { provider } }: Credential,
  { ports: { executions } }: Pass,
): Promise<'running' | 'ended' | 'unknown'> => (await executions.look({ rotationId: run, provider })).status;

/** A submission is sealed a moment before its run starts; a person may come back to a broken one the next day. */
const isFresh = (run: RotationId, { ports: { clock } }: Pass): boolean => {
  const day = dayIn(run);
  if (day === null) return true;
  const twoDaysAgo = instant(milliseconds(clock.now()) - 2 * 86_400_000);
  return day >= twoDaysAgo.slice(0, 10);
};

const holdsOneOf = async (
  leftovers: CredentialRecord['leftovers'],
  label: string,
  { versionId }: SecretVersion,
  { secret }: Credential,
  { ports: { vault } }: Pass,
): Promise<boolean> => {
  if (leftovers.length === 0) return false;
  const payload = await vault.read(secret, versionId, label);
  return leftovers.some(({ keyId }) => keyId === payload?.keyId);
};

/** Refused only with the key that serves accepted in the same look: an outage refuses everything. */
const keyBehind = async (
  label: string,
  { versionId }: SecretVersion,
  credential: Credential,
  { ports }: Pass,
): Promise<'serves' | 'refused' | 'alive' | 'unclear'> => {
  const payload = await ports.vault.read(credential.secret, versionId, label);
  if (payload === null) return 'unclear';
  const serving = (await readCurrent(ports, credential)).current;
  // The same key, written again by hand.
  if (serving?.value.equals(payload.apiKey)) return 'serves';
  const connection = await ports.connect(credential.target);
  const probes = await probeForRefusals(ports, connection, payload.apiKey, refusalsThatProve, spacingSeconds);
  if (probes.last.kind === 'accepted') return 'alive';
  if (probes.refusals < refusalsThatProve) return 'unclear';
  const isNoOutage = serving !== null && (await probe(connection, serving.value)).kind === 'accepted';
  return isNoOutage ? 'refused' : 'unclear';
};
