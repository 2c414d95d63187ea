import { Fault } from '../domain/fault.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { SecretValue } from '../domain/secret-value.ts';
import { bind } from '../providers/connect.ts';
import { providerOf } from '../providers/index.ts';
import { type Connection, SettingsError } from '../providers/provider.ts';
import type { Account } from '../register/register.ts';
import { keepLeakedAdmin } from '../watch/admin-obligations.ts';
import type { Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { lookAtLeakedAdmin } from './look-at-admin.ts';
import { readSecret } from './read-secret.ts';
import { findAccount, flagsOf, readRegister, type Session, withSession } from './session.ts';

/** Stores an account's admin key, after the provider has answered to it. */
export const adminSet: Run = async (call) => {
  const declared = await readRegister(call, 'checked');
  const account = findAccount(declared, call.arguments.positionals[0]);
  const again = `keyturn admin set ${account.id}${flagsOf(call, declared)}`;
  const value = await readSecret(call, `Admin key of ${account.id}`);
  checkForm(account, value, again);
  return withSession(call, declared, async (session) => {
    const keys = await checkAtProvider(call, session, account, value, again);
    const { ports, adminVault } = session;
    const leaked = await keepLeakedAdmin(account.id, adminVault, ports);
    await adminVault.writeAdmin(account.adminSecret, value);
    call.say(`The admin key of ${account.id} is stored as ${account.adminSecret}.`);
    call.say(
      keys === null
        ? 'It was not asked for anything: no credential of the register uses the account yet.'
        : `${titleOf(account)} accepts it.`,
    );
    if (leaked.length > 0) await replaceLeaked(call, session, leaked);
    return { exitCode: 0, json: { account: account.id, adminSecret: account.adminSecret, checked: keys !== null } };
  });
};

/** It serves in the place of a leaked one, which is looked at at once: it may be refused already. */
const replaceLeaked = async (call: Call, session: Session, leaked: readonly Obligation[]): Promise<void> => {
  const { ledger, clock } = session.ports;
  const replacedAt = clock.now();
  for (const obligation of leaked) await ledger.putObligation({ ...obligation, replacedAt });
  await lookAtLeakedAdmin(call, session, leaked);
};

const titleOf = ({ provider }: Account): string => providerOf(provider).title;

const checkForm = (account: Account, value: SecretValue, again: string): void => {
  try {
    providerOf(account.provider).admin(value);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CommandError({
      what: `This is not an admin key of ${titleOf(account)}.`,
      why: error.message,
      changed: 'Nothing was changed, and it was sent nowhere.',
      next: `Copy the admin key again, then: ${again}`,
    });
  }
};

/** @returns how many keys it saw; null when no credential says where to look */
const checkAtProvider = async (
  call: Call,
  { register, http }: Session,
  account: Account,
  admin: SecretValue,
  again: string,
): Promise<number | null> => {
  const credential = register.credentials.find(({ target }) => target.account === account.id);
  if (credential === undefined) return null;
  const provider = providerOf(account.provider);
  const settings = provider.settings(credential.target.settings);
  const connection = bind(provider, { settings, admin, http, clock: call.io.clock, tokens: new Map() });
  try {
    return await look(connection);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new CommandError({
      what:
        error.name === 'NothingChanged' || error.name === 'OutcomeUnknown'
          ? `${provider.title} could not be asked about the admin key.`
          : `${provider.title} does not accept the admin key.`,
      why: error.message.replace(/\s*(; )?nothing was changed\.?/i, '.').replaceAll('..', '.'),
      changed: 'Nothing was changed; the admin key that was stored before, if any, is as it was.',
      next: `Look at the key and its permissions, then: ${again}`,
    });
  }
};

const look = async (connection: Connection): Promise<number | null> => {
  const found = (await connection.listKeys?.()) ?? (await connection.listSlots?.());
  return found?.length ?? null;
};
