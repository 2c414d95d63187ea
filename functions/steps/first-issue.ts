import { decideValidate } from '../domain/decisions/validate.ts';
import { Fault } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import type { Ports } from '../ports.ts';
import type { Connection, CreatedKey } from '../providers/provider.ts';
import type { Held } from './hold.ts';

const probes = 30;
const spacingSeconds = 2;

/**
 * A secret's first version serves at once, so the first key is validated before it is stored. There is no old key
 * that could serve meanwhile, and nothing was stored when it fails: RollBack removes the key by its id.
 *
 * @throws Fault `Refused` when it is not accepted within a minute, or is not what the register declares
 */
export const untilAccepted = async (
  { clock }: Pick<Ports, 'clock'>,
  { rotation }: Held,
  connection: Connection,
  created: CreatedKey,
): Promise<void> => {
  const { expects } = rotation.credential;
  for (let probe = 1; ; probe += 1) {
    const verdict = await connection.validate({ value: created.value, keyId: created.keyId, expects });
    const decision = decideValidate({ verdict });
    if (guard('validate-before-first-issue', decision.kind === 'accept')) return;
    if (decision.kind === 'not-as-declared') {
      const seen = decision.findings.map((finding) => finding.detail).join('; ');
      throw new Fault('Refused', `The new key is not what the register declares: ${seen}. It was not stored.`);
    }
    if (probe === probes)
      throw new Fault('Refused', 'The first key was not accepted within a minute; it was not stored.');
    await clock.sleep(spacingSeconds);
  }
};
