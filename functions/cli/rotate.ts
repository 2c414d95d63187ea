import type { Credential } from '../domain/credential.ts';
import { type KeyId, keyId } from '../domain/identifiers.ts';
import { providerOf } from '../providers/index.ts';
import { quote } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import { readCurrent } from '../steps/current-key.ts';
import { rotationRequest } from '../triggers/request.ts';
import { askToGoOn } from './ask.ts';
import type { Call, Run } from './call.ts';
import { checkAdminKey, listedKeys } from './check-admin-key.ts';
import { CommandError } from './command-error.ts';
import { breaksBy } from './contain-words.ts';
import { startAndFollow } from './follow.ts';
import { findCredential, readRegister, type Session, strategyOfProvider, withSession } from './session.ts';

/** Rotates a credential now. */
export const rotate: Run = async (call) => {
  const { switches, values } = call.arguments;
  const isEmergency = switches.has('emergency');
  checkOptions(call, isEmergency);
  // While a key is out, a rule that some entry breaks must not stand in the way.
  const declared = await readRegister(call, isEmergency ? 'ignored' : 'checked');
  const credential = findCredential(declared, call.arguments.positionals[0]);
  return withSession(call, declared, async (session) => {
    const containFirst =
      switches.has('contain-first') || (!switches.has('replace-first') && credential.emergency === 'contain-first');
    refuseWithoutKey(session, credential, isEmergency && containFirst);
    await checkAdminKey(session, credential);
    const leakedKeyId = isEmergency ? await leakedKeyOf(call, session, credential) : null;
    if (isEmergency) {
      for (const line of breaksBy(credential, containFirst, leakedKeyId)) call.say(line);
      await askToGoOn(call, `Rotate ${credential.id} as an emergency?`);
    }
    const request = rotationRequest({
      credential,
      urgency: isEmergency ? 'emergency' : 'scheduled',
      requestKey: `cli/${call.io.newId()}`,
      at: session.ports.clock.now(),
      reason: values.get('reason') ?? 'asked for on the command line',
      containFirst,
      leakedKeyId,
      letCallsLandSeconds: session.letCallsLandSeconds,
    });
    return startAndFollow(call, session, credential, request);
  });
};

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

/** Nobody but a person makes these keys: a rotation without one could only end in a request for one. */
const refuseWithoutKey = ({ flags }: Session, { id, target }: Credential, containsFirst: boolean): void => {
  if (containsFirst || strategyOfProvider(target.provider) !== 'human-created') return;
  throw new CommandError({
    what: `${id} cannot be rotated without a new key.`,
    why: `Only a person can make keys at ${providerOf(target.provider).title}.`,
    next: `Make one there, then hand it in: keyturn submit ${id}${flags} (has the old one leaked: keyturn rotate ${id} --emergency --contain-first${flags})`,
  });
};

/** The key that leaked, by its id: the credential may have moved on by the time that the rotation looks. */
const leakedKeyOf = async (call: Call, session: Session, credential: Credential): Promise<KeyId> => {
  const given = call.arguments.values.get('key');
  if (given !== undefined) return checkLeaked(session, credential, keyId(given));
  const { current } = await readCurrent(session.ports, credential);
  if (current === null) {
    throw new CommandError({
      what: `${credential.id} has no key yet.`,
      why: `Its secret ${credential.secret} holds nothing, so no key of it can have leaked.`,
      next: `If you know the key's id: keyturn rotate ${credential.id} --emergency --key KEY_ID${session.flags}`,
    });
  }
  if (current.keyId !== null) return current.keyId;
  const connection = await session.ports.connect(credential.target);
  const identified = await connection.identifyKey?.(current.value);
  if (identified != null) return identified;
  throw new CommandError({
    what: `Nobody can say which key ${credential.id} serves.`,
    why: `Keyturn did not write it, and ${providerOf(credential.target.provider).title} knows no key with that value.`,
    next: `Find its id at the provider, then: keyturn rotate ${credential.id} --emergency --key KEY_ID${session.flags}`,
  });
};

/** A mistyped id would be "contained" and "proven dead" while the leaked key lives. */
const checkLeaked = async (session: Session, credential: Credential, leaked: KeyId): Promise<KeyId> => {
  const listed = await listedKeys(session, credential);
  if (listed === null || listed.includes(leaked)) return leaked;
  const near = nearest(leaked, listed);
  throw new CommandError({
    what: `${credential.target.account} has no key ${quote(leaked)}.`,
    why: 'A complete listing does not show it: it is mistyped, in another account, or dead already.',
    next:
      near === null
        ? `Look at the keys there, or at what serves: keyturn status${session.flags}`
        : `Perhaps you meant --key ${near}`,
  });
};
