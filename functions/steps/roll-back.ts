import { refusalsThatCount } from '../domain/decisions/confirm.ts';
import { decideRollBack, type RollBackDecision, type RollBackView } from '../domain/decisions/roll-back.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import type { KeyId } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import { current as currentLabel, isOurs, labelOf, newLabel, oldLabel, pending, previous } from '../domain/labels.ts';
import { isOldKeyDying, type Outcome, type RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Connection, Verdict } from '../providers/provider.ts';
import { type CurrentLook, probe, probeForRefusals, readCurrent } from './current-key.ts';
import { enableOld } from './enable-old.ts';
import { type Held, write } from './hold.ts';
import type { Step, StepName } from './step.ts';
import { versionToken } from './version-token.ts';

type Input = RotationRequest & {
  readonly fault?: { readonly name: string };
  /** Begin's answer: it took the credential. */
  readonly start?: string;
};
type View = RollBackView & {
  /** Null where this run holds nothing. */
  readonly seen: { readonly holding: Held; readonly look: CurrentLook; readonly connection: Connection } | null;
};

/** How a strategy takes back the keys that this rotation made. `keys` are never the current nor the old one. */
export type RemoveKeys = (connection: Connection, keys: readonly KeyId[]) => Promise<void>;

const spacingSeconds = 2;

/** Puts everything back as it was before the rotation, looking first at where the labels really are. */
export const rollBackWith = (
  name: StepName,
  removeKeys: RemoveKeys,
): Step<Input, View, RollBackDecision, JsonObject> => ({
  name,

  async observe(input, ports) {
    const { record, revision } = await ports.ledger.read(input.credentialId);
    const { rotation } = record;
    if (rotation === null || !guard('own-lease', record.lease?.rotationId === input.rotationId)) {
      return { held: false, current: null, new: null, newVerdict: null, oldVerdict: null, seen: null };
    }
    const look = await readCurrent(ports, rotation.credential);
    const connection = await ports.connect(rotation.credential.target);
    const newServes = look.current !== null && look.current.versionId === rotation.new?.versionId;
    const newProbes = newServes
      ? await probeForRefusals(ports, connection, look.current.value, refusalsThatCount, spacingSeconds)
      : null;
    const newVerdict = newProbes && certain(newProbes.refusals, newProbes.last);
    return {
      held: true,
      seen: { holding: { record, revision, rotation }, look, connection },
      current: look.current,
      new: rotation.new?.versionId ?? null,
      newVerdict,
      oldVerdict: newVerdict === 'refused' ? await oldVerdictOf(rotation, look, connection, ports) : null,
    };
  },

  decide: decideRollBack,

  async act(decision, { seen }, input, ports) {
    const clean: Outcome = input.fault?.name === 'NeedsPerson' ? 'Escalated' : 'RolledBack';
    if (decision.kind === 'nothing' || seen === null) {
      // What it had begun is another's by now: nobody may say that all is as before.
      return { rolledBack: true, outcome: input.start === undefined ? clean : 'Superseded' };
    }
    const { holding, look, connection } = seen;
    switch (decision.kind) {
      case 'forward':
        return { rolledBack: false };
      case 'unclear':
        throw new Fault('NothingChanged', 'No clear answer about the key that serves; nothing was taken back.');
      case 'both-refused':
        throw new Fault('NeedsPerson', 'Both keys are refused by the provider: submit or create one by hand.');
      case 'label-back':
      case 'remove-new': {
        const isHeld = decision.kind === 'remove-new' && servedLately(holding.rotation, look);
        const cutOverAt = holding.rotation.cutOverAt ?? (isHeld ? ports.clock.now() : null);
        const intended = await write(ports, holding, { phase: 'rolling-back', cutOverAt });
        if (decision.kind === 'label-back') await putBack(ports, intended);
        const isAsBefore = await takeBack(ports, intended, connection, removeKeys, isHeld);
        return { rolledBack: true, outcome: isAsBefore ? clean : 'Superseded' };
      }
    }
  },
});

const certain = (refusals: number, last: Verdict): 'accepted' | 'refused' | 'unclear' => {
  if (last.kind === 'accepted') return 'accepted';
  return refusals >= refusalsThatCount ? 'refused' : 'unclear';
};

const oldVerdictOf = async (
  rotation: Held['rotation'],
  { versions }: CurrentLook,
  connection: Connection,
  ports: Ports,
): Promise<'accepted' | 'refused' | 'unclear'> => {
  const { old, credential, phase } = rotation;
  const label = old?.versionId == null ? null : labelOf(versions, old.versionId);
  if (old?.versionId == null || label === null) return 'refused';
  if (isOldKeyDying({ phase })) return 'refused';
  if (phase === 'disabling-old' || phase === 'old-disabled') await enableOld(connection, rotation, ports);
  const payload = await ports.vault.read(credential.secret, old.versionId, label);
  return payload === null ? 'unclear' : (await probe(connection, payload.apiKey)).kind;
};

const putBack = async (ports: Ports, { rotation: { credential, new: key, old } }: Held): Promise<void> => {
  const move = { from: key?.versionId ?? null, to: old?.versionId ?? null };
  if ((await ports.vault.moveLabel(credential.secret, currentLabel, move)) === 'held-by-another')
    throw new Fault('NothingChanged', 'AWSCURRENT moved at this moment.');
};

/**
 * Whether AWSCURRENT is on the new version, or was taken from it by somebody else: consumers may hold its value for an
 * overlap more, so its key is left to the stray sweep. A first key serves from the moment that it is stored.
 */
const servedLately = ({ rotationId, new: key }: Held['rotation'], { versions }: CurrentLook): boolean => {
  const versionId = key?.versionId ?? versionToken(rotationId);
  const { labels = [] } = versions.find((version) => version.versionId === versionId) ?? {};
  return labels.includes(currentLabel) || labels.includes(previous);
};

/**
 * Labels first, then a fresh look, then the keys: a key that serves after all is never removed.
 *
 * @returns whether AWSCURRENT was where the rotation had found it, at that look
 */
const takeBack = async (
  ports: Ports,
  held: Held,
  connection: Connection,
  removeKeys: RemoveKeys,
  isHeld: boolean,
): Promise<boolean> => {
  const { rotationId, credential, attempts, old, new: key } = held.rotation;
  for (const { versionId, labels } of (await ports.vault.describe(credential.secret)) ?? []) {
    const isNew = versionId === key?.versionId;
    for (const label of labels) {
      // Of a key that served lately AWSPREVIOUS still tells that, should this step be run again.
      const pointsAtNew = isNew && (label === pending || (label === previous && !isHeld));
      // What was taken up carries the earlier run's names. Labels on other versions may be a submission's.
      const isOfThisRun = label === newLabel(rotationId) || label === oldLabel(rotationId);
      const isLeft = isOurs(label) && (isOfThisRun || isNew || versionId === old?.versionId);
      if (pointsAtNew || isLeft) await ports.vault.moveLabel(credential.secret, label, { from: versionId, to: null });
    }
  }
  const { current } = await readCurrent(ports, credential);
  const isAsBefore = (current?.versionId ?? null) === (old?.versionId ?? null);
  const serving =
    current?.versionId === old?.versionId
      ? old?.keyId
      : (current?.keyId ?? (current && (await connection.identifyKey?.(current.value))));
  // A value that nobody can name may be any key's: then the sweep decides, later.
  if (isHeld || (current !== null && serving == null)) return isAsBefore;
  const made = [...attempts.map((attempt) => attempt.keyId), key?.keyId].filter((keyId) => keyId != null);
  const keys = [...new Set(made)]
    .filter((keyId) => guard('roll-back-spares-what-serves', keyId !== serving))
    .filter((keyId) => keyId !== old?.keyId);
  await removeKeys(connection, keys);
  return isAsBefore;
};

/** Only keys whose id is on record are removed, after a complete listing; a key known by name only is for the sweep. */
export const rollBack = rollBackWith('roll-back', async (connection, keys) => {
  if (keys.length === 0) return;
  const listed = new Set((await connection.listKeys?.())?.map(({ keyId }) => keyId));
  for (const keyId of keys) {
    if (listed.has(keyId)) await connection.revokeKey?.(keyId);
  }
});
