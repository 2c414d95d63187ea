import { Fault } from '../domain/fault.ts';
import type { VersionId } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import { holderOf, pending } from '../domain/labels.ts';
import type { RotationRequest, StoredKey } from '../domain/rotation.ts';
import { type Held, hold, write } from './hold.ts';
import type { Step } from './step.ts';

type View = { readonly held: Held; readonly new: StoredKey | null; readonly pending: VersionId | null };
type Decision = { readonly kind: 'already' | 'move' | 'nothing-stored' };

/** Moves AWSPENDING to the new version, from whatever an earlier rotation may have left it on. */
export const stage: Step<RotationRequest, View, Decision, JsonObject> = {
  name: 'stage',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const versions = (await ports.vault.describe(held.rotation.credential.secret)) ?? [];
    return { held, new: held.rotation.new, pending: holderOf(versions, pending) };
  },

  decide: (view) => {
    if (view.new === null) return { kind: 'nothing-stored' };
    return { kind: view.pending === view.new.versionId ? 'already' : 'move' };
  },

  async act(decision, { held, new: key, pending: from }, _request, ports) {
    if (key === null) {
      throw new Fault('Refused', 'There is no stored key to stage; AWSCURRENT is as it was.');
    }
    const { credential, phase } = held.rotation;
    if (decision.kind === 'move') {
      const moved = await ports.vault.moveLabel(credential.secret, pending, { from, to: key.versionId });
      if (moved === 'held-by-another') throw new Fault('NothingChanged', 'AWSPENDING moved at this moment.');
    }
    if (phase === 'creating' || phase === 'created' || phase === 'begun') await write(ports, held, { phase: 'staged' });
    return {};
  },
};
