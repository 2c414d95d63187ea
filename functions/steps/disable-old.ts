import { decideRetireOld, type RetireOldDecision } from '../domain/decisions/retire-old.ts';
import { guard } from '../domain/guard.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import { readCurrent } from './current-key.ts';
import { write } from './hold.ts';
import { observeRetirement, type RetireView, unlessItMustLive } from './retire-old.ts';
import type { Step } from './step.ts';

/** Disables the old key where it can come back from that, and brings it back if AWSCURRENT moved meanwhile. */
export const disableOld: Step<RotationRequest, RetireView, RetireOldDecision, JsonObject> = {
  name: 'disable-old',

  observe: (request, ports) =>
    observeRetirement(
      request,
      ports,
      ({ disableKey, enableKey }) => disableKey !== undefined && enableKey !== undefined,
    ),

  decide: decideRetireOld,

  async act(decision, view, _request, ports) {
    await unlessItMustLive(decision, view, ports);
    if (guard('disable-first', decision.kind === 'not-offered')) return {};
    const intended = await write(ports, view.held, { phase: 'disabling-old' });
    await view.connection.disableKey?.(view.oldKeyId);
    const { current } = await readCurrent(ports, view.held.rotation.credential);
    const after = { ...view, held: intended, current };
    const fresh = decideRetireOld(after);
    if (!guard('re-read-after-disabling', fresh.kind === 'retire')) await unlessItMustLive(fresh, after, ports);
    await write(ports, intended, { phase: 'old-disabled' });
    return {};
  },
};
