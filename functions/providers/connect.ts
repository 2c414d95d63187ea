import type { Strategy } from '../domain/credential.ts';
import { Fault } from '../domain/fault.ts';
import type { Clock, Http, Ports, Vault } from '../ports.ts';
import { providerOf } from './index.ts';
import { type Call, type Connection, type Provider, SettingsError } from './provider.ts';

/** Binds a provider's operations to one call: the adapter's functions without their first argument. */
export const bind = <S>(provider: Provider<S>, call: Call<S>): Connection => {
  const bound = Object.entries(provider.operations).map(([name, operation]) => [
    name,
    (...question: unknown[]) => (operation as (...all: unknown[]) => unknown)(call, ...question),
  ]);
  return { ...(Object.fromEntries(bound) as Omit<Connection, 'facts'>), facts: provider.facts };
};

/** The strategy that a provider's operations allow. */
export const strategyOf = (provider: Pick<Provider<never>, 'operations'>): Strategy => {
  const { createKey, regenerateSlot } = provider.operations;
  if (regenerateSlot !== undefined) return 'two-slot';
  return createKey === undefined ? 'human-created' : 'overlap';
};

/** The port `connect`: the same on AWS and on one machine. Each connection has access tokens of its own. */
export const connector =
  ({
    vault,
    http,
    clock,
  }: {
    readonly vault: Pick<Vault, 'readAdmin'>;
    readonly http: Http;
    readonly clock: Clock;
  }): Ports['connect'] =>
  async ({ provider: id, account, adminSecret, settings }, adminLabel) => {
    const admin = await vault.readAdmin(adminSecret, adminLabel);
    const next = `Set it with \`keyturn admin set ${account}\`.`;
    if (admin === null) {
      throw new Fault('NeedsPerson', `The admin secret ${adminSecret} does not exist; nothing was changed. ${next}`);
    }
    try {
      const provider = providerOf(id);
      provider.admin(admin);
      return bind(provider, { settings: provider.settings(settings), admin, http, clock, tokens: new Map() });
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      throw new Fault('NeedsPerson', `Account ${account} cannot be used: ${error.message} Nothing was changed.`);
    }
  };
