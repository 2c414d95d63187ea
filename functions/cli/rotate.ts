import type { Credential } from '../domain/credential.ts';
import { keyId } from '../domain/identifiers.ts';
import type { Leak } from '../domain/incident.ts';
import { rotationRequest } from '../triggers/request.ts';
import type { Call, Run } from './call.ts';
import { checkAdminKey } from './check-admin-key.ts';
import { CommandError } from './command-error.ts';
import { leadReport } from './compromised.ts';
import { startAndFollow } from './follow.ts';
import { refuseWithoutKey, reportLeak } from './report-leak.ts';
import { findCredential, readRegister, withSession } from './session.ts';

/** Rotates a credential now. */
export const rotate: Run = async (call) => {
  const { switches, values } = call.arguments;
  const isEmergency = switches.has('emergency');
  checkOptions(call, isEmergency);
  // While a key is out, a rule that some entry breaks must not stand in the way.
  const declared = await readRegister(call, isEmergency ? 'ignored' : 'checked');
  const credential = findCredential(declared, call.arguments.positionals[0]);
  return withSession(call, declared, async (session) => {
    if (isEmergency) {
      const report = leadReport(call, session, leakOf(credential, values.get('key')));
      return reportLeak(call, session, report, () => `Rotate ${credential.id} as an emergency?`);
    }
    refuseWithoutKey(session, credential, false);
    await checkAdminKey(session, credential);
    const request = rotationRequest({
      credential,
      urgency: 'scheduled',
      requestKey: `cli/${call.io.newId()}`,
      at: session.ports.clock.now(),
      reason: values.get('reason') ?? 'asked for on the command line',
      letCallsLandSeconds: session.letCallsLandSeconds,
    });
    return startAndFollow(call, session, credential, request);
  });
};

const leakOf = ({ id, target }: Credential, key: string | undefined): Leak =>
  key === undefined
    ? { kind: 'credential', credentialId: id }
    : { kind: 'key', provider: target.provider, account: target.account, keyId: keyId(key) };

const checkOptions = ({ arguments: { switches, values } }: Call, isEmergency: boolean): void => {
  const why =
    switches.has('contain-first') && switches.has('replace-first')
      ? '--contain-first and --replace-first are opposites.'
      : !isEmergency && (switches.has('contain-first') || switches.has('replace-first') || values.has('key'))
        ? '--contain-first, --replace-first and --key are for --emergency.'
        : null;
  if (why === null) return;
  throw new CommandError({ what: 'The options do not fit together.', why, next: 'keyturn rotate --help' });
};
