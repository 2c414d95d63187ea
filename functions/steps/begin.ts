import type { Credential } from '../domain/credential.ts';
import { type BeginDecision, type BeginView, decideBegin } from '../domain/decisions/begin.ts';
import { refusalsThatCount } from '../domain/decisions/confirm.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import { type Instant, type KeyId, secondsBetween } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import { holderOf, isNewLabel, newLabel } from '../domain/labels.ts';
import { type CredentialRecord, type OpenRotation, open, pendingOf, type RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import { acceptObligation } from './accept-obligation.ts';
import { type CurrentKey, type CurrentLook, probeForRefusals, readCurrent } from './current-key.ts';
import { replace } from './hold.ts';
import { listedAs } from './listed-as.ts';
import { recordEnd } from './record-end.ts';
import type { Step } from './step.ts';
import { versionToken } from './version-token.ts';

/** What Contain, or the catch around it, has added. */
type Input = RotationRequest & {
  readonly contained?: boolean;
  readonly containedAt?: Instant;
  readonly firstRefusedAt?: Instant | null;
};
type View = BeginView & {
  readonly record: CredentialRecord;
  readonly revision: number;
  readonly credential: Credential | null;
  readonly now: Instant;
};

const spacingSeconds = 2;

/** Takes the lease and opens the rotation, on a copy of the register's entry; or finds that there is nothing to do. */
export const begin: Step<Input, View, BeginDecision, JsonObject> = {
  name: 'begin',

  async observe(request, ports) {
    const { record, revision } = await ports.ledger.read(request.credentialId);
    const now = ports.clock.now();
    const open = record.rotation;
    const credential = (await ports.register.credential(request.credentialId)) ?? open?.credential ?? null;
    const look = credential && (await readCurrent(ports, credential));
    const current = look?.current ?? null;
    const isSubmitted = look !== null && holderOf(look.versions, newLabel(request.rotationId)) !== null;
    const currentIsSubmitted = current?.versionId === versionToken(request.rotationId);
    const wouldServeOn = open?.new?.versionId === current?.versionId || (isSubmitted && !currentIsSubmitted);
    // An earlier run may have known it while it was still listed.
    const known = open !== null && open.old?.versionId === current?.versionId ? open.old?.keyId : undefined;
    return {
      request,
      record,
      revision,
      credential,
      now,
      hadItsTurn: await hadItsTurn(record, request, now, ports),
      inRegister: credential !== null,
      owner: await ownerOf(record, request, ports),
      open,
      secret: !look || look.versions.length === 0 ? 'absent' : current === null ? 'without-current' : 'with-current',
      current: credential &&
        current && {
          versionId: current.versionId,
          keyId:
            current.keyId ??
            known ??
            (await identify(credential, current.value, ports)) ??
            (await vanished(request, current, credential, ports)),
        },
      currentIsRefused:
        credential !== null && current !== null && wouldServeOn && (await isRefused(current, credential, ports)),
      pendingIsRefused: credential !== null && open !== null && (await isPendingRefused(open, look, credential, ports)),
      isSubmitted,
      currentIsSubmitted,
    };
  },

  decide: decideBegin,

  async act(decision, view, input, ports) {
    if (decision.kind === 'busy') return { start: 'busy' };
    if (decision.kind === 'wait') {
      throw new Fault('NothingChanged', 'Another emergency of this credential is at work; this one waits for it.');
    }
    if (decision.kind === 'needs-person' || view.credential === null) {
      if (input.leakedKeyId !== null) await accept(input, view, ports);
      const why = decision.kind === 'needs-person' ? decision.why : 'The register has no such credential.';
      throw new Fault('NeedsPerson', `${why} Nothing was changed.`);
    }
    const { credential, now } = view;
    if (input.urgency === 'emergency') await accept(input, view, ports);
    const rotation = rotationOf(decision, view, input, credential);
    if (decision.kind !== 'go-on') {
      await tellOfDone(view, ports);
      await replace(ports, open(view.record, rotation, now), view.revision);
    }
    const overlapLeft = credential.overlapSeconds - (rotation.cutOverAt ? secondsBetween(rotation.cutOverAt, now) : 0);
    return {
      start: startOf(decision),
      contained: rotation.containedAt !== null,
      hasOldKey: rotation.old !== null,
      oldKeyId: rotation.old?.keyId ?? null,
      overlapSeconds: rotation.urgency === 'emergency' ? 0 : Math.max(0, Math.ceil(overlapLeft)),
    };
  },
};

const startOf = (decision: BeginDecision): 'create' | 'stage' | 'confirm' => {
  if (decision.kind === 'go-on') return decision.from;
  if (decision.kind === 'adopt-pending') return 'stage';
  return decision.kind === 'take-up-cut-over' || decision.kind === 'kill-only' ? 'confirm' : 'create';
};

/** Whether a decision, as the journal has it, gave the credential to its run. */
const takes = (event: string): boolean =>
  (['start', 'adopt-pending', 'take-up-cut-over', 'kill-only'] satisfies BeginDecision['kind'][]).some(
    (kind) => kind === event,
  );

const rotationOf = (decision: BeginDecision, view: View, input: Input, credential: Credential): OpenRotation => {
  const { now } = view;
  const earlier = view.record.rotation;
  const containedAt = input.contained === true ? (input.containedAt ?? now) : null;
  const fresh: OpenRotation = {
    rotationId: input.rotationId,
    urgency: input.urgency,
    startedAt: now,
    credential,
    old: null,
    attempts: [],
    new: null,
    phase: 'begun',
    containedAt,
    cutOverAt: null,
    oldRevokedAt: null,
    oldKeyProof: null,
    endedAs: null,
  };
  const taken =
    earlier &&
    ({
      ...earlier,
      rotationId: input.rotationId,
      // Whoever takes an emergency up: its key has leaked.
      urgency: earlier.urgency === 'emergency' ? 'emergency' : input.urgency,
      startedAt: now,
      endedAs: null,
    } satisfies OpenRotation);
  switch (decision.kind) {
    case 'start':
      if (taken === null || decision.old === null || taken.old?.keyId !== decision.old.keyId) {
        return { ...fresh, old: decision.old };
      }
      return { ...fresh, old: decision.old, urgency: taken.urgency, containedAt: containedAt ?? taken.containedAt };
    case 'kill-only':
      return {
        ...fresh,
        // Where an earlier run knew its value, the value is asked; else only a listing can tell.
        ...(taken?.old?.keyId === decision.oldKeyId
          ? { old: taken.old, oldRevokedAt: taken.oldRevokedAt }
          : { old: { keyId: decision.oldKeyId, versionId: null } }),
        new: decision.new,
        phase: 'cut-over',
        cutOverAt: now,
      };
    case 'go-on':
      return earlier ?? fresh;
    case 'take-up-cut-over':
      return taken === null
        ? fresh
        : { ...taken, containedAt: containedAt ?? taken.containedAt, cutOverAt: taken.cutOverAt ?? now };
    case 'adopt-pending':
      return taken === null ? fresh : { ...taken, containedAt: containedAt ?? taken.containedAt };
    case 'busy':
    case 'wait':
    case 'needs-person':
      return fresh;
  }
};

/** The lease is taken from an owner that has ended; whether it has, only its execution can tell. */
const ownerOf = async (
  record: CredentialRecord,
  request: RotationRequest,
  ports: Ports,
): Promise<BeginView['owner']> => {
  const { lease, rotation } = record;
  if (lease === null) return null;
  const urgency = rotation?.urgency ?? 'scheduled';
  if (lease.rotationId === request.rotationId) return { state: 'this-run', urgency };
  const { provider } = (rotation?.credential ?? request).target;
  const { status } = await ports.executions.look({ rotationId: lease.rotationId, provider });
  return { state: status === 'running' ? 'running' : 'ended', urgency };
};

/**
 * Whether a key that serves, or is ready to, is refused by now, several times in a row. One that is listed as active is
 * not: in an outage of the vendor's doors a good key would be taken for a dead one, and an emergency would stop it.
 */
const isRefused = async ({ keyId, value }: CurrentKey, credential: Credential, ports: Ports): Promise<boolean> => {
  const connection = await ports.connect(credential.target);
  const { refusals } = await probeForRefusals(ports, connection, value, refusalsThatCount, spacingSeconds);
  if (refusals < refusalsThatCount) return false;
  const named = keyId ?? (await connection.identifyKey?.(value)) ?? undefined;
  return guard('listed-is-alive', (await listedAs(named, connection)) !== 'active');
};

/** Whether the key that an earlier run has stored, and not put to use, is gone: leaked itself, or revoked. */
const isPendingRefused = async (
  open: OpenRotation,
  look: CurrentLook | null,
  credential: Credential,
  ports: Ports,
): Promise<boolean> => {
  const pending = pendingOf(open, look?.current?.versionId);
  if (pending === null) return false;
  const { labels = [] } = look?.versions.find(({ versionId }) => versionId === pending.versionId) ?? {};
  const newLabelled = labels.find(isNewLabel);
  const payload = newLabelled && (await ports.vault.read(credential.secret, pending.versionId, newLabelled));
  return !payload || isRefused({ ...pending, value: payload.apiKey }, credential, ports);
};

/**
 * A start may be delivered a second time, late. The record knows the last run that ended; of one before it, or of one
 * that has lost the credential to another since, the journal knows that it had begun.
 */
const hadItsTurn = async (
  { lease, lastEnded }: CredentialRecord,
  { rotationId }: RotationRequest,
  now: Instant,
  { ledger }: Ports,
): Promise<boolean> => {
  if (lastEnded?.rotationId === rotationId) return true;
  if (lease?.rotationId === rotationId || !isRecent(lastEnded, now)) return false;
  const entries = await ledger.entries(rotationId);
  return entries.some(({ step, event }) => step === 'end' || (step === begin.name && takes(event)));
};

/** What ended longer ago was told by reconcile, and no start of its time is delivered any more. */
const isRecent = (ended: LastEnded | null, now: Instant): ended is LastEnded =>
  ended !== null && secondsBetween(ended.at, now) <= 86_400;
type LastEnded = NonNullable<CredentialRecord['lastEnded']>;

/** A secret that Keyturn did not write holds a value without an id: ask the provider which key it is. */
const identify = async (
  credential: Credential,
  value: Parameters<NonNullable<Awaited<ReturnType<Ports['connect']>>['identifyKey']>>[0],
  ports: Ports,
): Promise<KeyId | null> => {
  const connection = await ports.connect(credential.target);
  return (await connection.identifyKey?.(value)) ?? null;
};

/**
 * The leaked key may be off the provider's listing, so that nobody can say any more whose value it is: contained, or
 * gone, and this value is refused. Then the value counts as its. Were it another's, it would be seen refused all the
 * same before Done is said.
 */
const vanished = async (
  { contained, leakedKeyId }: Input,
  current: CurrentKey,
  credential: Credential,
  ports: Ports,
): Promise<KeyId | null> => {
  if (leakedKeyId === null || contained === true) return leakedKeyId;
  const connection = await ports.connect(credential.target);
  const { refusals } = await probeForRefusals(ports, connection, current.value, refusalsThatCount, spacingSeconds);
  if (refusals < refusalsThatCount) return null;
  const listed = await listedAs(leakedKeyId, connection);
  return listed === 'absent' || listed === 'inactive' ? leakedKeyId : null;
};

/** A run that ended `Done` may have lost its entry in the journal, and once this one ends nobody can tell any more. */
const tellOfDone = async ({ record, now }: View, ports: Ports): Promise<void> => {
  const { credentialId, lastEnded } = record;
  if (!isRecent(lastEnded, now) || lastEnded.outcome !== 'Done') return;
  const { rotationId, outcome, at } = lastEnded;
  const entries = await ports.ledger.entries(rotationId);
  if (
    guard(
      'told-before-the-next',
      entries.some(({ step }) => step === 'end'),
    )
  )
    return;
  await recordEnd(ports, { rotationId, credentialId }, outcome, at, 'recorded by the next run: its own entry was lost');
};

const accept = async (input: Input, view: View, ports: Ports): Promise<void> => {
  const keyId = input.leakedKeyId ?? view.current?.keyId;
  if (keyId === undefined || keyId === null) return;
  await acceptObligation(ports, input, keyId, input);
};
