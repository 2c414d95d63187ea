import { decideValidate, type ValidateDecision } from '../domain/decisions/validate.ts';
import { Fault } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import { pending } from '../domain/labels.ts';
import type { RotationRequest } from '../domain/rotation.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Held, hold, write } from './hold.ts';
import type { Step } from './step.ts';

type View = { readonly held: Held; readonly verdict: Verdict };

/** Probes the stored value: it is accepted, and it is the key that the register declares. */
export const validate: Step<RotationRequest, View, ValidateDecision, JsonObject> = {
  name: 'validate',

  async observe(request, ports) {
    const held = await hold(ports, request);
    const { credential, new: key } = held.rotation;
    const payload = key && (await ports.vault.read(credential.secret, key.versionId, pending));
    if (key === null || payload === null) {
      throw new Fault('OutcomeUnknown', 'The staged version cannot be read under AWSPENDING yet.');
    }
    const connection = await ports.connect(credential.target);
    const verdict = await connection.validate({ value: payload.apiKey, keyId: key.keyId, expects: credential.expects });
    return { held, verdict };
  },

  decide: decideValidate,

  async act(decision, { held }, _request, ports) {
    switch (decision.kind) {
      case 'not-yet':
        throw new Fault(
          'NothingChanged',
          `The new key is not accepted yet (${decision.why}); AWSCURRENT is as it was.`,
        );
      case 'not-as-declared': {
        const seen = decision.findings.map((finding) => finding.detail).join('; ');
        throw new Fault('Refused', `The new key is not what the register declares: ${seen}. AWSCURRENT is as it was.`);
      }
      case 'accept':
        if (held.rotation.phase !== 'validated') await write(ports, held, { phase: 'validated' });
        return {};
    }
  },
};
