import { type CutOverDecision, type CutOverView, decideCutOver } from '../domain/decisions/cut-over.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import type { JsonObject } from '../domain/json.ts';
import { current, holderOf, oldLabel } from '../domain/labels.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import { type Held, hold, write } from './hold.ts';
import type { Step } from './step.ts';

type View = CutOverView & { readonly held: Held; readonly pinned: boolean };

/** Moves AWSCURRENT to the new version, by compare-and-swap from the version that was current at the start. */
export const cutOver: Step<RotationRequest, View, CutOverDecision, JsonObject> = {
  name: 'cut-over',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { credential, old, new: key, rotationId } = held.rotation;
    if (key === null) throw new Fault('Refused', 'There is no stored key to cut over to; AWSCURRENT is as it was.');
    const versions = (await ports.vault.describe(credential.secret)) ?? [];
    return {
      held,
      current: holderOf(versions, current),
      old: old?.versionId ?? null,
      new: key.versionId,
      pinned: holderOf(versions, oldLabel(rotationId)) !== null,
    };
  },

  decide: decideCutOver,

  async act(decision, view, _request, ports) {
    const { held } = view;
    const { credential, rotationId, cutOverAt } = held.rotation;
    if (decision.kind === 'moved-by-another') {
      throw new Fault('Refused', 'AWSCURRENT was moved by another since this rotation began; theirs is untouched.');
    }
    if (decision.kind === 'already') {
      const at = cutOverAt ?? ports.clock.now();
      if (cutOverAt === null) await write(ports, held, { phase: 'cut-over', cutOverAt: at });
      return { cutOverAt: at };
    }
    const intended = await write(ports, held, { phase: 'cutting-over' });
    // The pin keeps the old version from vanishing once AWSPREVIOUS moves on: its value is needed for the proof.
    if (!guard('old-value-pinned', view.pinned)) {
      await ports.vault.moveLabel(credential.secret, oldLabel(rotationId), { from: null, to: view.old });
    }
    const moved = await ports.vault.moveLabel(credential.secret, current, { from: view.current, to: view.new });
    if (moved === 'held-by-another') throw new Fault('NothingChanged', 'AWSCURRENT moved at this moment.');
    const at = ports.clock.now();
    await write(ports, intended, { phase: 'cut-over', cutOverAt: at });
    return { cutOverAt: at };
  },
};
