import { decideRetireOld, type RetireOldDecision } from '../domain/decisions/retire-old.ts';
import { Fault } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import { write } from './hold.ts';
import { observeRetirement, type RetireView, unlessItMustLive } from './retire-old.ts';
import type { Step } from './step.ts';

/** Revokes the old key, by the id on record. Once this is sent there is no way back. */
export const revokeOld: Step<RotationRequest, RetireView, RetireOldDecision, JsonObject> = {
  name: 'revoke-old',

  observe: (request, ports) => observeRetirement(request, ports, ({ revokeKey }) => revokeKey !== undefined),

  decide: decideRetireOld,

  async act(decision, view, _request, ports) {
    await unlessItMustLive(decision, view, ports);
    if (decision.kind === 'not-offered') {
      throw new Fault(
        'NeedsPerson',
        `This provider has no call that revokes a key: revoke ${view.oldKeyId} by hand, then resume.`,
      );
    }
    const intended = await write(ports, view.held, { phase: 'revoking-old' });
    await view.connection.revokeKey?.(view.oldKeyId);
    const oldRevokedAt = view.held.rotation.oldRevokedAt ?? ports.clock.now();
    await write(ports, intended, { phase: 'old-revoked', oldRevokedAt });
    return {};
  },
};
