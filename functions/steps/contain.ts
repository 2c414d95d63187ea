import { type ContainDecision, decideContain } from '../domain/decisions/contain.ts';
import { Fault } from '../domain/fault.ts';
import type { Instant, KeyId } from '../domain/identifiers.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';
import type { Step } from './step.ts';

type View = { readonly connection: Connection; readonly leaked: KeyId };
type Output = { readonly contained: boolean; readonly containedAt: Instant };

/**
 * Makes the leaked key unusable, before anything else. It needs the provider and the admin secret, and nothing more:
 * no lease, no ledger, no register. The execution's input is the durable acceptance; the record follows.
 */
export const contain: Step<RotationRequest, View, ContainDecision, Output> = {
  name: 'contain',

  async observe({ leakedKeyId, target }, ports) {
    if (leakedKeyId === null) throw new Fault('NeedsPerson', 'The request names no key to contain; nothing was done.');
    return { connection: await ports.connect(target), leaked: leakedKeyId };
  },

  decide: ({ connection }) =>
    decideContain({
      canContain: connection.containKey !== undefined,
      canDisable: connection.disableKey !== undefined,
      canRevoke: connection.revokeKey !== undefined,
    }),

  async act(decision, { connection, leaked }, request, ports) {
    switch (decision.kind) {
      case 'contain':
        await connection.containKey?.(leaked);
        break;
      case 'disable':
        await connection.disableKey?.(leaked);
        break;
      case 'revoke':
        await connection.revokeKey?.(leaked);
        break;
      case 'not-offered':
        throw new Fault('NeedsPerson', `${request.target.provider} offers nothing that stops a key; it is still live.`);
    }
    const containedAt = ports.clock.now();
    await recordAfter(ports, request, leaked, containedAt);
    return { contained: true, containedAt };
  },
};

/** Losing the ledger delays the record, never the kill: Begin writes the obligation again. */
const recordAfter = async (
  { ledger }: Pick<Ports, 'ledger'>,
  request: RotationRequest,
  keyId: KeyId,
  containedAt: Instant,
): Promise<void> => {
  const { target, credentialId, rotationId, reason } = request;
  try {
    await ledger.putObligation({
      keyId,
      target,
      credentialId,
      rotationId,
      reason,
      acceptedAt: containedAt,
      containedAt,
      refusedAt: null,
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
};
