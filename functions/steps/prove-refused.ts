import type { Credential } from '../domain/credential.ts';
import {
  decideProveRefused,
  type ProveRefusedDecision,
  type ProveRefusedView,
  refusalsThatProve,
} from '../domain/decisions/prove-refused.ts';
import { Fault } from '../domain/fault.ts';
import { type Instant, instant, milliseconds, secondsBetween } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import { labelOf } from '../domain/labels.ts';
import type { OpenRotation, RotationRequest } from '../domain/rotation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import type { Ports } from '../ports.ts';
import { probe, probeForRefusals, readCurrent } from './current-key.ts';
import { type Held, hold, write } from './hold.ts';
import { listedAs } from './listed-as.ts';
import type { Step } from './step.ts';

type View = ProveRefusedView & { readonly held: Held };

const spacingSeconds = 1;

/** Sees the old key refused, several times and with the current key accepted, before anybody may say "done". */
export const proveRefused: Step<RotationRequest, View, ProveRefusedDecision, JsonObject> = {
  name: 'prove-refused',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { credential, old, oldRevokedAt } = held.rotation;
    const connection = await ports.connect(credential.target);
    const oldValue = await readOldValue(held.rotation, ports);
    const value = oldValue && (await probeForRefusals(ports, connection, oldValue, refusalsThatProve, spacingSeconds));
    const { current } = await readCurrent(ports, credential);
    return {
      held,
      value,
      listed: value === null ? await listedAs(old?.keyId, connection) : null,
      // A run that an earlier version began has no such time on record: resumed, it revokes again.
      revokedForSeconds: oldRevokedAt == null ? null : secondsBetween(oldRevokedAt, ports.clock.now()),
      revocationTakesSeconds: connection.facts.revocationTakesSeconds,
      currentAccepted: current !== null && (await probe(connection, current.value)).kind === 'accepted',
    };
  },

  decide: decideProveRefused,

  async act(decision, { held }, request, ports) {
    if (decision.kind === 'not-yet') throw new Fault('NothingChanged', `Not proven: ${decision.why}.`);
    const { old, oldKeyProof, credential, cutOverAt } = held.rotation;
    const at = oldKeyProof?.at ?? ports.clock.now();
    if (oldKeyProof === null) {
      await write(ports, held, {
        phase: 'old-refused',
        oldKeyProof: { kind: decision.proof, at, evidence: decision.evidence },
      });
    }
    if (old !== null) {
      for (const obligation of await ports.ledger.obligations('all')) {
        if (obligation.keyId !== old.keyId || obligation.target.account !== credential.target.account) continue;
        // One that reconcile has closed before there was a replacement is told of it now.
        if (obligation.refusedAt !== null && obligation.replacedAt !== null) continue;
        await ports.ledger.putObligation({
          ...obligation,
          rotationId: request.rotationId,
          firstRefusedAt: at,
          replacedAt: cutOverAt,
          consumersMovedAt: cutOverAt && consumersMovedAt(cutOverAt, credential),
          refusedAt: at,
          evidence: oldKeyProof?.evidence ?? decision.evidence,
        });
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

/** When the last declared cache has run out: from then on nobody who keeps to the register holds the old value. */
const consumersMovedAt = (cutOverAt: Instant, { consumers }: Credential): Instant =>
  instant(milliseconds(cutOverAt) + Math.max(0, ...consumers.map((consumer) => consumer.cacheTtlSeconds)) * 1000);
