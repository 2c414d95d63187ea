import { guard } from '../guard.ts';
import type { KeyId, VersionId } from '../identifiers.ts';
import { type OpenRotation, pendingOf, type RotationRequest, type StoredKey } from '../rotation.ts';

export type BeginView = {
  readonly request: Pick<RotationRequest, 'rotationId' | 'urgency' | 'leakedKeyId' | 'replacement'>;
  /** This run has begun before, and has ended or lost the credential since: the same start, delivered again. */
  readonly hadItsTurn: boolean;
  readonly inRegister: boolean;
  readonly owner: null | {
    readonly state: 'this-run' | 'running' | 'ended';
    readonly urgency: OpenRotation['urgency'];
  };
  readonly open: Pick<OpenRotation, 'old' | 'new' | 'phase' | 'urgency'> | null;
  readonly secret: 'absent' | 'without-current' | 'with-current';
  /** What AWSCURRENT holds; its key id is null when nobody can say which key it is. */
  readonly current: { readonly versionId: VersionId; readonly keyId: KeyId | null } | null;
  /** The provider refuses the key that serves; looked at only where an earlier run made it, or a person hands in another. */
  readonly currentIsRefused: boolean;
  /** The provider refuses the key that an earlier run has stored and not put to use. */
  readonly pendingIsRefused: boolean;
  /** A person has handed in a key for this very run. */
  readonly isSubmitted: boolean;
  /** AWSCURRENT is the version that this rotation's key was submitted as: the first one, which serves at once. */
  readonly currentIsSubmitted: boolean;
};

export type BeginDecision =
  /** Someone else is at work: nothing to do. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'needs-person'; readonly why: string }
  /** Another emergency is at work on another key: try again later. */
  | { readonly kind: 'wait' }
  /** The lease is this run's already: go on where it was. */
  | { readonly kind: 'go-on'; readonly from: 'create' | 'stage' | 'confirm' }
  /** A rotation from the start. Old is null at the first issue. */
  | { readonly kind: 'start'; readonly old: StoredKey | null }
  /** What an earlier run left: its new key serves already, its old key is still to die. */
  | { readonly kind: 'take-up-cut-over' }
  /** What an earlier run left: its new key is stored, and not yet current. It is validated again. */
  | { readonly kind: 'adopt-pending'; readonly old: StoredKey }
  /** The key that must die does not serve: no new key is needed. */
  | { readonly kind: 'kill-only'; readonly new: StoredKey; readonly oldKeyId: KeyId };

/** First match wins, from top to bottom. */
export const decideBegin = (view: BeginView): BeginDecision => {
  const { request, owner, open, current } = view;
  if (!guard('begins-once', !view.hadItsTurn)) return { kind: 'busy' };
  if (owner?.state === 'this-run' && open !== null)
    return { kind: 'go-on', from: whereItWas(open, current?.versionId) };
  if (!view.inRegister) return { kind: 'needs-person', why: 'The register has no such credential.' };
  if (request.replacement === 'on-approval') {
    return { kind: 'needs-person', why: 'Its replacement waits for a person, as the incident says.' };
  }
  if (owner?.state === 'running') {
    if (!guard('one-at-a-time', request.urgency === 'emergency')) return { kind: 'busy' };
    if (owner.urgency === 'emergency') return { kind: open?.old?.keyId === request.leakedKeyId ? 'busy' : 'wait' };
  }
  if (view.secret === 'without-current') {
    return { kind: 'needs-person', why: 'The secret has versions, but none is AWSCURRENT.' };
  }
  if (current === null && request.leakedKeyId !== null) {
    return {
      kind: 'needs-person',
      why: 'The secret holds no key that could serve while the leaked one dies: issue one first.',
    };
  }
  if (current === null || (view.currentIsSubmitted && request.leakedKeyId === null))
    return { kind: 'start', old: null };
  if (current.keyId === null) {
    return {
      kind: 'needs-person',
      why: 'Nobody can say which key AWSCURRENT holds: write its id beside it, {"apiKey": ..., "keyId": ...}.',
    };
  }
  const serving: StoredKey = { keyId: current.keyId, versionId: current.versionId };
  const cutOver = open?.new?.versionId === current.versionId;
  // There is no way on with a dead key, and none back to a leaked one: another key is wanted, or is there already.
  const isEmergency = request.urgency === 'emergency' || open?.urgency === 'emergency';
  if (view.currentIsRefused && (view.isSubmitted || (cutOver && isEmergency))) return { kind: 'start', old: serving };
  // An emergency that names no key means the one that serves; but a first issue that was left open goes on.
  const meansServing = request.urgency === 'emergency' && !(cutOver && open.old === null);
  const leaked = request.leakedKeyId ?? (meansServing ? serving.keyId : null);
  if (leaked !== null && leaked !== serving.keyId) {
    if (cutOver && open.old?.keyId === leaked) return { kind: 'take-up-cut-over' };
    return { kind: 'kill-only', new: serving, oldKeyId: leaked };
  }
  if (cutOver && leaked === null) return { kind: 'take-up-cut-over' };
  if (pendingOf(open, current.versionId) !== null && guard('adopts-the-living', !view.pendingIsRefused)) {
    return { kind: 'adopt-pending', old: serving };
  }
  return { kind: 'start', old: serving };
};

const whereItWas = (
  open: Pick<OpenRotation, 'old' | 'new'>,
  currentVersion: VersionId | undefined,
): 'create' | 'stage' | 'confirm' => {
  if (open.new === null) return 'create';
  return open.new.versionId === currentVersion ? 'confirm' : 'stage';
};
