import { Fault, Superseded } from '../domain/fault.ts';
import { type Instant, rotationId as toRotationId } from '../domain/identifiers.ts';
import { current, holderOf, isOurs, newLabel, pending, previous } from '../domain/labels.ts';
import { type CredentialRecord, end, type OpenRotation, type RotationRequest } from '../domain/rotation.ts';
import type { Ports, SecretVersion } from '../ports.ts';
import { type Held, holding, replace } from './hold.ts';
import { recordEnd } from './record-end.ts';
import type { Step } from './step.ts';

type View = { readonly held: Held | null; readonly versions: readonly SecretVersion[] };
type Decision = { readonly kind: 'finish' | 'already' | 'not-proven' | 'moved-by-another' };
type Output = { readonly outcome: 'Done'; readonly endedAt: Instant };

/** Takes away every label that points at a dead key, closes the rotation and says so. */
export const finish: Step<RotationRequest, View, Decision, Output> = {
  name: 'finish',

  async observe(request, ports) {
    const item = await ports.ledger.read(request.credentialId);
    const { lastEnded } = item.record;
    if (lastEnded?.rotationId === request.rotationId && lastEnded.outcome === 'Done')
      return { held: null, versions: [] };
    // From the same look: between two, a second invocation of this step may have ended the rotation.
    const held = holding(item, request);
    return { held, versions: (await ports.vault.describe(held.rotation.credential.secret)) ?? [] };
  },

  decide: ({ held, versions }) => {
    if (held === null) return { kind: 'already' };
    const { old, oldKeyProof, new: key } = held.rotation;
    if (old !== null && oldKeyProof === null) return { kind: 'not-proven' };
    return { kind: key !== null && holderOf(versions, current) === key.versionId ? 'finish' : 'moved-by-another' };
  },

  async act(decision, { held, versions }, request, ports) {
    const endedAt = ports.clock.now();
    if (held === null) {
      await unlessLost(() => recordEnd(ports, request, 'Done', endedAt, 'recorded again after a crash'));
      return { outcome: 'Done', endedAt };
    }
    if (decision.kind === 'not-proven') {
      throw new Fault('OutcomeUnknown', 'The old key was not yet seen refused; the rotation is not done.');
    }
    if (decision.kind === 'moved-by-another') {
      throw new Superseded('AWSCURRENT was moved by another; theirs is untouched, and the old key was seen refused.');
    }
    const { rotation } = held;
    await removeLabels(ports, held, versions);
    await replace(ports, end(held.record, 'Done', endedAt, rotation.new ?? undefined), held.revision);
    const { old, oldKeyProof } = rotation;
    const proof = old && oldKeyProof ? `${old.keyId} ${oldKeyProof.evidence}` : 'there was no old key';
    await unlessLost(async () => {
      await recordEnd(ports, request, 'Done', endedAt, `${String(rotation.new?.keyId)} serves; ${proof}`);
      await ports.notices.send({
        credentialId: rotation.credential.id,
        rotationId: request.rotationId,
        severity: 'information',
        contact: rotation.credential.owner.contact,
        subject: `${rotation.credential.id} was rotated`,
        text:
          rotation.oldKeyProof === null
            ? `Its first key ${String(rotation.new?.keyId)} serves.`
            : `The key ${String(rotation.new?.keyId)} serves; the old one was seen refused at ${rotation.oldKeyProof.at}.`,
      });
    });
    return { outcome: 'Done', endedAt };
  },
};

/** Done is on record by now and nobody may say otherwise: an entry that is lost here is added by reconcile. */
const unlessLost = async (tell: () => Promise<void>): Promise<void> => {
  try {
    await tell();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
};

/** AWSPENDING, AWSPREVIOUS and every label of ours: what remains is AWSCURRENT, and a key that was just handed in. */
const removeLabels = async (
  { vault }: Pick<Ports, 'vault'>,
  { record, rotation }: Held,
  versions: readonly SecretVersion[],
): Promise<void> => {
  for (const { versionId, labels } of versions) {
    const isOwn = versionId === rotation.new?.versionId || versionId === rotation.old?.versionId;
    for (const label of labels) {
      if (label !== pending && label !== previous && !isOurs(label)) continue;
      if (!isOwn && mayBeSubmission(label, record, rotation)) continue;
      await vault.moveLabel(rotation.credential.secret, label, { from: versionId, to: null });
    }
  }
};

/** A `keyturn-new-` label of a rotation that the ledger has never seen ask for a key: its run may be about to begin. */
const mayBeSubmission = (
  label: string,
  { pastAttempts }: CredentialRecord,
  { rotationId, attempts }: OpenRotation,
): boolean => {
  if (!label.startsWith(newLabel(emptyId)) || label === newLabel(rotationId)) return false;
  const asked = label.replace(newLabel(emptyId), 'keyturn-');
  return ![...pastAttempts, ...attempts].some(({ name }) => name?.startsWith(`${asked}-`));
};

const emptyId = toRotationId('');
