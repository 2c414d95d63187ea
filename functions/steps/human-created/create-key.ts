import { Fault } from '../../domain/fault.ts';
import type { RotationRequest, StoredKey } from '../../domain/rotation.ts';
import { type CreateKeyOutput, keep } from '../create-key.ts';
import { type Held, hold } from '../hold.ts';
import { readStored } from '../seal.ts';
import type { Step } from '../step.ts';

type View = { readonly held: Held; readonly stored: StoredKey | null };
type Decision = { readonly kind: 'adopt' | 'nothing-submitted' };

/** Adopts the version that `keyturn submit` has probed and sealed under this rotation's token. */
export const adoptSubmitted: Step<RotationRequest, View, Decision, CreateKeyOutput> = {
  name: 'human-created/create-key',

  async observe(request, ports) {
    const held = await hold(ports, request);
    return { held, stored: await readStored(ports, held) };
  },

  decide: ({ stored }) => ({ kind: stored === null ? 'nothing-submitted' : 'adopt' }),

  async act(_decision, { held, stored }, request, ports) {
    if (stored === null) {
      throw new Fault(
        'NeedsPerson',
        `Only a person can make this provider's keys. Make one, then: keyturn submit ${request.credentialId}`,
      );
    }
    return keep(ports, held, stored);
  },
};
