import type { Credential } from '../domain/credential.ts';
import type { AccountId, SecretName } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Provider } from '../providers/provider.ts';

/** A provider account of one environment. */
export type Account = {
  readonly id: AccountId;
  readonly provider: string;
  readonly environment: string;
  readonly adminSecret: SecretName;
  readonly settings: JsonObject;
};

/** The declared inventory, with every default filled in. */
export type DeclaredRegister = {
  readonly accounts: readonly Account[];
  readonly credentials: readonly Credential[];
};

/** What the register needs to know of a provider. */
export type DeclarableProvider = Pick<Provider<unknown>, 'id' | 'settings' | 'facts' | 'identity'>;

/** The providers that a register may name, by id. */
export type DeclarableProviders = Readonly<Record<string, DeclarableProvider>>;
