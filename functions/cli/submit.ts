import type { Credential } from '../domain/credential.ts';
import { decideValidate } from '../domain/decisions/validate.ts';
import { type KeyId, type RotationId, rotationId } from '../domain/identifiers.ts';
import { newLabel } from '../domain/labels.ts';
import type { OpenRotation } from '../domain/rotation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Verdict } from '../domain/verdict.ts';
import { providerOf } from '../providers/index.ts';
import { type Connection, SettingsError } from '../providers/provider.ts';
import { type CurrentKey, readCurrent } from '../steps/current-key.ts';
import { storeUnderToken } from '../steps/seal.ts';
import { requestId, rotationRequest } from '../triggers/request.ts';
import type { Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { startAndFollow } from './follow.ts';
import { readSecret } from './read-secret.ts';
import { findCredential, readRegister, type Session, strategyOfProvider, withSession } from './session.ts';

/** Hands in a key that a person has made: it is probed, sealed, and rotated to. */
export const submit: Run = async (call) => {
  const declared = await readRegister(call, 'checked');
  const credential = findCredential(declared, call.arguments.positionals[0]);
  return withSession(call, declared, async (session) => {
    const { ports } = session;
    refuseMachineMade(session, credential);
    const parked = await parkedRotation(session, credential);
    const connection = await ports.connect(credential.target);
    const value = await readSecret(call, `New key of ${credential.id}`);
    const { versions, current } = await readCurrent(ports, credential);
    const sealed = await sealedBefore(session, credential, versions, value);
    const keyId = sealed?.keyId ?? (await probe(session, credential, connection, value, current));

    const at = ports.clock.now();
    const submission = sealed?.rotationId ?? requestId(credential.id, `submit/${call.io.newId()}`, at);
    if (sealed === null) await storeUnderToken(session.ports, credential, submission, { keyId, value });
    await forgetEarlier(session, credential, submission);
    call.say(`${keyId} is accepted and sealed.`);

    // What leaked stays so: the run takes up where the emergency stopped for want of a key.
    const isEmergency = parked?.urgency === 'emergency';
    const request = rotationRequest({
      credential,
      urgency: isEmergency ? 'emergency' : 'scheduled',
      requestKey: 'replaced below',
      at,
      reason: call.arguments.values.get('reason') ?? 'a key was submitted',
      containFirst: isEmergency && parked.containedAt !== null,
      leakedKeyId: isEmergency ? (parked.old?.keyId ?? null) : null,
      letCallsLandSeconds: session.letCallsLandSeconds,
    });
    return startAndFollow(call, session, credential, { ...request, rotationId: submission });
  });
};

const refuseMachineMade = ({ flags }: Session, { id, target }: Credential): void => {
  if (strategyOfProvider(target.provider) === 'human-created') return;
  throw new CommandError({
    what: `${id} takes no submitted key.`,
    why: `Keyturn makes the keys of ${providerOf(target.provider).title} itself.`,
    next: `keyturn rotate ${id}${flags}`,
  });
};

/** What an earlier run left open. @throws CommandError while a run of the credential is at work, or about to be */
const parkedRotation = async ({ ports, flags }: Session, credential: Credential): Promise<OpenRotation | null> => {
  const { id, secret, target } = credential;
  const { rotation, lease } = (await ports.ledger.read(id)).record;
  const submitted = ((await ports.vault.describe(secret)) ?? []).flatMap(({ labels }) => submissionsIn(labels));
  for (const owner of [...(lease === null ? [] : [lease.rotationId]), ...submitted]) {
    const { status } = await ports.executions.look({ rotationId: owner, provider: target.provider });
    if (status !== 'running') continue;
    throw new CommandError({
      what: `${id} is being rotated at this moment.`,
      why: `${owner} is at work on it.`,
      changed: 'Nothing was changed; the new key was not read.',
      next: `Wait until it has ended: keyturn show ${owner}${flags}`,
    });
  }
  return rotation;
};

/** The rotation under which this same value was sealed, if its run never began: a submission that was cut off. */
const sealedBefore = async (
  { ports }: Session,
  { secret, target }: Credential,
  versions: Awaited<ReturnType<typeof readCurrent>>['versions'],
  value: SecretValue,
): Promise<{ readonly rotationId: RotationId; readonly keyId: KeyId } | null> => {
  for (const { versionId, labels } of versions) {
    for (const id of submissionsIn(labels)) {
      const payload = await ports.vault.read(secret, versionId, newLabel(id));
      if (payload?.keyId == null || !payload.apiKey.equals(value)) continue;
      const { status } = await ports.executions.look({ rotationId: id, provider: target.provider });
      if (status === 'unknown') return { rotationId: id, keyId: payload.keyId };
    }
  }
  return null;
};

/** A version's labels of the form `keyturn-new-<rotation>`, as rotations. */
const submissionsIn = (labels: readonly string[]): readonly RotationId[] => {
  const prefix = newLabel(rotationId(''));
  return labels.filter((label) => label.startsWith(prefix)).map((label) => rotationId(label.slice(prefix.length)));
};

/** @throws CommandError that says why the value cannot become the credential's key */
const probe = async (
  { ports, flags }: Session,
  credential: Credential,
  connection: Connection,
  value: SecretValue,
  current: CurrentKey | null,
): Promise<KeyId> => {
  const provider = providerOf(credential.target.provider);
  const again = `Make or copy the right key, then: keyturn submit ${credential.id}${flags}`;
  const turnDown = (what: string, why: string): CommandError => new CommandError({ what, why, next: again });

  if (await isAdminKey(ports, credential, value)) {
    throw turnDown(
      'This is an admin key.',
      'A workload must never hold one: it can make and revoke every key of the account.',
    );
  }
  if (!/^[\x21-\x7e]{8,1024}$/.test(value.expose())) {
    throw turnDown(
      'This is not a key.',
      'A key is one word without spaces or line ends; part of it may be missing, or more was copied.',
    );
  }
  const isOld = turnDown(
    'This is the key that serves already.',
    `${credential.secret} holds it as AWSCURRENT; a rotation needs another one.`,
  );
  if (current?.value.equals(value)) throw isOld;

  const verdict = await connection.validate({ value, keyId: null, expects: { models: [], permissions: [] } });
  refuse(verdict, provider.title, turnDown);
  const keyId = (await connection.identifyKey?.(value)) ?? null;
  if (keyId === null) {
    throw turnDown(
      'This key belongs to another organisation.',
      `${provider.title} accepts it, and the account ${credential.target.account} has no such key.`,
    );
  }
  if (current !== null && keyId === (current.keyId ?? (await connection.identifyKey?.(current.value)))) throw isOld;

  const declared = await connection.validate({ value, keyId, expects: credential.expects });
  refuse(declared, provider.title, turnDown);
  const decision = decideValidate({ verdict: declared });
  if (decision.kind === 'not-as-declared') {
    const elsewhere = decision.findings.some(({ kind }) => kind === 'other-workspace');
    throw turnDown(
      elsewhere ? 'This key belongs to another workspace.' : 'This key is not what the register declares.',
      `${decision.findings.map(({ detail }) => detail.replace(/\.$/, '')).join('; ')}.`,
    );
  }
  return keyId;
};

const refuse = (verdict: Verdict, title: string, turnDown: (what: string, why: string) => CommandError): void => {
  if (verdict.kind === 'refused')
    throw turnDown(`${title} does not accept this key.`, `It answered: ${verdict.evidence}.`);
  if (verdict.kind === 'unclear') {
    throw turnDown(
      `${title} gave no clear answer about this key.`,
      `${verdict.evidence}. It may be too new: wait a minute.`,
    );
  }
};

const isAdminKey = async (ports: Session['ports'], { target }: Credential, value: SecretValue): Promise<boolean> => {
  const admin = await ports.vault.readAdmin(target.adminSecret);
  if (admin?.equals(value)) return true;
  try {
    providerOf(target.provider).admin(value);
    return true;
  } catch (error) {
    if (error instanceof SettingsError) return false;
    throw error;
  }
};

/** Earlier submissions whose run never began lose their label: this one counts. */
const forgetEarlier = async (
  { ports }: Session,
  { secret, target }: Credential,
  submission: RotationId,
): Promise<void> => {
  for (const { versionId, labels } of (await ports.vault.describe(secret)) ?? []) {
    for (const id of submissionsIn(labels)) {
      if (id === submission) continue;
      const { status } = await ports.executions.look({ rotationId: id, provider: target.provider });
      if (status === 'unknown') await ports.vault.moveLabel(secret, newLabel(id), { from: versionId, to: null });
    }
  }
};
