import {
  type ConfirmDecision,
  type ConfirmView,
  decideConfirm,
  refusalsThatCount,
} from '../domain/decisions/confirm.ts';
import { Fault, Superseded } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import { probeForRefusals, readCurrent } from './current-key.ts';
import { type Held, hold, write } from './hold.ts';
import type { Step } from './step.ts';

type View = ConfirmView & { readonly held: Held };

const spacingSeconds = 2;

/** Reads AWSCURRENT as a consumer would, and probes what it finds. */
export const confirm: Step<RotationRequest, View, ConfirmDecision, JsonObject> = {
  name: 'confirm',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { credential, new: key } = held.rotation;
    const { current } = await readCurrent(ports, credential);
    if (current === null || current.versionId !== key?.versionId) {
      return { held, newIsCurrent: false, refusals: 0, last: null };
    }
    const connection = await ports.connect(credential.target);
    const probes = await probeForRefusals(ports, connection, current.value, refusalsThatCount, spacingSeconds);
    return { held, newIsCurrent: true, ...probes };
  },

  decide: decideConfirm,

  async act(decision, { held, last }, _request, ports) {
    switch (decision.kind) {
      case 'moved-by-another':
        throw new Superseded('AWSCURRENT was moved by another after the cut-over; theirs is untouched.');
      case 'refused':
        throw new Fault('Refused', 'The new key serves and is refused; the old one is still alive.');
      case 'unclear':
        throw new Fault('NothingChanged', `No clear answer about the new key (${last === null ? 'none' : last.kind}).`);
      case 'confirmed': {
        const { phase, cutOverAt, old } = held.rotation;
        // A person, or a call that landed late, may have moved AWSCURRENT before CutOver wrote anything: without a time
        // the overlap would never be over.
        if (cutOverAt === null || phase === 'cut-over') {
          await write(ports, held, { phase: 'confirmed', cutOverAt: cutOverAt ?? ports.clock.now() });
        }
        return { hasOldKey: old !== null };
      }
    }
  },
};
