import { decideRetireOld, type RetireOldDecision } from '../../domain/decisions/retire-old.ts';
import { Fault } from '../../domain/fault.ts';
import { guard } from '../../domain/guard.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RotationRequest } from '../../domain/rotation.ts';
import { write } from '../hold.ts';
import { observeRetirement, type RetireView, unlessItMustLive } from '../retire-old.ts';
import type { Step } from '../step.ts';

/** Regenerates the slot that still holds the old value. A slot that holds another value by now is left alone. */
export const revokeOldSlot: Step<RotationRequest, RetireView, RetireOldDecision, JsonObject> = {
  name: 'two-slot/revoke-old',

  observe: (request, ports) => observeRetirement(request, ports, ({ regenerateSlot }) => regenerateSlot !== undefined),

  decide: decideRetireOld,

  async act(decision, view, _request, ports) {
    await unlessItMustLive(decision, view, ports);
    if (decision.kind === 'not-offered') throw new Fault('NeedsPerson', 'This provider has no slots to regenerate.');
    const slots = (await view.connection.listSlots?.()) ?? [];
    const slot = slots
      .filter(({ name }) => view.oldKeyId.startsWith(`${name}:`))
      .find(({ keyId }) => guard('slot-by-its-value', keyId === view.oldKeyId));
    const intended = await write(ports, view.held, { phase: 'revoking-old' });
    if (slot !== undefined) await view.connection.regenerateSlot?.(slot.name);
    const oldRevokedAt = view.held.rotation.oldRevokedAt ?? ports.clock.now();
    await write(ports, intended, { phase: 'old-revoked', oldRevokedAt });
    return {};
  },
};
