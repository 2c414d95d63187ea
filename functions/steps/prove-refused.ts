import {
  decideProveRefused,
  type ProveRefusedDecision,
  type ProveRefusedView,
  refusalsThatProve,
} from '../domain/decisions/prove-refused.ts';
import { Fault } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import { labelOf } from '../domain/labels.ts';
import type { OpenRotation, RotationRequest } from '../domain/rotation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import { probe, probeForRefusals, readCurrent } from './current-key.ts';
import { type Held, hold, write } from './hold.ts';
import type { Step } from './step.ts';

type View = ProveRefusedView & { readonly held: Held };

const spacingSeconds = 1;

/** Sees the old key refused, several times and with the current key accepted, before anybody may say "done". */
export const proveRefused: Step<RotationRequest, View, ProveRefusedDecision, JsonObject> = {
  name: 'prove-refused',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { credential } = held.rotation;
    const connection = await ports.connect(credential.target);
    const oldValue = await readOldValue(held.rotation, ports);
    const value = oldValue && (await probeForRefusals(ports, connection, oldValue, refusalsThatProve, spacingSeconds));
    const { current } = await readCurrent(ports, credential);
    return {
      held,
      value,
      listed: value === null ? await listedAs(held.rotation, connection) : null,
      currentAccepted: current !== null && (await probe(connection, current.value)).kind === 'accepted',
    };
  },

  decide: decideProveRefused,

  async act(decision, { held }, request, ports) {
    if (decision.kind === 'not-yet') throw new Fault('NothingChanged', `Not proven: ${decision.why}.`);
    const { old, oldKeyProof, credential } = held.rotation;
    const at = oldKeyProof?.at ?? ports.clock.now();
    if (oldKeyProof === null) {
      await write(ports, held, {
        phase: 'old-refused',
        oldKeyProof: { kind: decision.proof, at, evidence: decision.evidence },
      });
    }
    if (old !== null) {
      for (const obligation of await ports.ledger.obligations('open')) {
        if (obligation.keyId !== old.keyId || obligation.target.account !== credential.target.account) continue;
        await ports.ledger.putObligation({ ...obligation, rotationId: request.rotationId, refusedAt: at });
      }
    }
    return { oldKeyRefusedAt: at };
  },
};

/** The old value, under whatever label still holds its version; null when only the key's id is known. */
const readOldValue = async (
  { credential, old }: OpenRotation,
  { vault }: Pick<Ports, 'vault'>,
): Promise<SecretValue | null> => {
  if (old?.versionId == null) return null;
  const versions = (await vault.describe(credential.secret)) ?? [];
  const label = labelOf(versions, old.versionId);
  if (label === null) return null;
  return (await vault.read(credential.secret, old.versionId, label))?.apiKey ?? null;
};

const listedAs = async ({ old }: OpenRotation, connection: Connection): Promise<ProveRefusedView['listed']> => {
  if (connection.listKeys === undefined) {
    const slots = await connection.listSlots?.();
    if (slots === undefined) return null;
    return slots.some((slot) => slot.keyId === old?.keyId) ? 'active' : 'absent';
  }
  const key = (await connection.listKeys()).find(({ keyId }) => keyId === old?.keyId);
  if (key === undefined) return 'absent';
  return key.active ? 'active' : 'inactive';
};
