import type { Credential } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { KeyId } from '../domain/identifiers.ts';
import { CommandError } from './command-error.ts';
import type { Session } from './session.ts';

/**
 * Asks the provider for a listing before a rotation is begun. On AWS the functions alone may read admin secrets.
 *
 * @throws CommandError when the admin key is absent, or turned down
 */
export const checkAdminKey = async (session: Session, credential: Credential): Promise<void> => {
  if (session.running === null) return;
  try {
    await list(session, credential);
  } catch (error) {
    // What passes by itself does not keep a rotation from starting: its steps try again.
    if (!(error instanceof Fault) || error.name === 'NothingChanged' || error.name === 'OutcomeUnknown')
      throwUnlessFault(error);
    else throw rejected(error, credential, session.flags);
  }
};

/** Every key that the provider lists; null when it cannot be asked from here. */
export const listedKeys = async (session: Session, credential: Credential): Promise<readonly KeyId[] | null> => {
  try {
    return await list(session, credential);
  } catch (error) {
    throwUnlessFault(error);
    return null;
  }
};

const list = async ({ ports }: Session, { target }: Credential): Promise<readonly KeyId[] | null> => {
  const connection = await ports.connect(target);
  const found = (await connection.listKeys?.()) ?? (await connection.listSlots?.());
  return found?.map(({ keyId }) => keyId) ?? null;
};

const throwUnlessFault = (error: unknown): void => {
  if (!(error instanceof Fault)) throw error;
};

const rejected = ({ message }: Fault, { target }: Credential, flags: string): CommandError =>
  new CommandError({
    what: `The admin key of ${target.account} is missing or not accepted.`,
    why: message,
    changed: 'Nothing was changed; no rotation was started.',
    next: `keyturn admin set ${target.account}${flags}`,
  });
