import type { Credential } from '../domain/credential.ts';
import { accountId, credentialId, secretName } from '../domain/identifiers.ts';
import { type Identity, SettingsError } from '../providers/provider.ts';
import { durationSeconds } from './duration.ts';
import { nearest } from './nearest.ts';
import type { Finding } from './problem.ts';
import type { Account, DeclarableProvider, DeclarableProviders } from './register.ts';
import type { DeclaredCredential } from './schema.ts';
import type { Entry, Shaped } from './shape.ts';
import { tierRules, timesOf } from './tiers.ts';

/** A credential with what the policy compares it by. */
export type ResolvedCredential = {
  readonly credential: Credential;
  readonly account: Account;
  readonly provider: DeclarableProvider;
  readonly identity: Identity;
};

export type ResolveFinding = Finding & { readonly rule: 'known-account' | 'settings'; readonly why: string };

export type Resolved = {
  readonly accounts: readonly Entry<Account>[];
  readonly credentials: readonly Entry<ResolvedCredential>[];
  readonly findings: readonly ResolveFinding[];
};

/**
 * Fills in every default and joins credentials with their accounts.
 * @param declaredAccounts ids of all accounts in the file, also of those with problems of their own
 */
export const resolve = (
  shaped: Pick<Shaped, 'accounts' | 'credentials'>,
  declaredAccounts: ReadonlySet<string>,
  providers: DeclarableProviders,
): Resolved => {
  const accounts = shaped.accounts.map(({ path, value }) => ({
    path,
    value: {
      id: accountId(value.id),
      provider: value.provider,
      environment: value.environment,
      adminSecret: secretName(value.adminSecret ?? `keyturn/admin/${value.provider}/${value.id}`),
      settings: value.settings ?? {},
    },
  }));
  const byId = new Map<string, Account>();
  for (const { value } of accounts) if (!byId.has(value.id)) byId.set(value.id, value);

  const findings: ResolveFinding[] = [];
  const credentials = shaped.credentials.flatMap(({ path, value }): readonly Entry<ResolvedCredential>[] => {
    const account = byId.get(value.account);
    if (account === undefined) {
      if (!declaredAccounts.has(value.account)) findings.push(unknownAccount({ path, value }, byId.keys()));
      return [];
    }
    const provider = providers[account.provider];
    if (provider === undefined) return [];
    const credential = credentialOf(value, account);
    try {
      const settings = provider.settings(credential.target.settings);
      const identity = provider.identity?.(settings) ?? { scope: null, holder: null };
      return [{ path, value: { credential, account, provider, identity } }];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      findings.push({
        rule: 'settings',
        path: [...path, 'settings'],
        what: `credential ${value.id} has settings that do not fit ${account.provider} (${withoutEnd(error.message)})`,
        why: `a call to ${account.provider} needs the settings of account ${account.id} and of the credential together`,
        next: `correct \`settings\` here, or in account ${account.id} where they hold for all of its credentials`,
      });
      return [];
    }
  });
  return { accounts, credentials, findings };
};

const unknownAccount = ({ path, value }: Entry<DeclaredCredential>, accounts: Iterable<string>): ResolveFinding => {
  const meant = nearest(value.account, accounts);
  return {
    rule: 'known-account',
    path: [...path, 'account'],
    what: `credential ${value.id} names account ${value.account}, which is not declared`,
    why: 'the account says where the keys live and who may make them',
    next: meant === null ? 'declare it under `accounts`' : `write \`${meant}\`, or declare it under \`accounts\``,
  };
};

const credentialOf = (entry: DeclaredCredential, account: Account): Credential => ({
  id: credentialId(entry.id),
  target: {
    provider: account.provider,
    account: account.id,
    adminSecret: account.adminSecret,
    settings: { ...account.settings, ...entry.settings },
  },
  secret: secretName(entry.secret ?? `keyturn/${account.provider}/${entry.id}`),
  service: entry.service,
  purpose: entry.purpose,
  environment: entry.environment,
  owner: entry.owner,
  tier: entry.tier,
  sensitivity: entry.sensitivity,
  ...timesOf(entry),
  window: entry.window ?? null,
  consumers: entry.consumers.map(({ name, cacheTtl }) => ({ name, cacheTtlSeconds: durationSeconds(cacheTtl) ?? 0 })),
  expects: entry.expects ?? { models: [], permissions: [] },
  spendAlertUsd: entry.spendAlertUsd ?? null,
  emergency: entry.emergency ?? tierRules[entry.tier].emergency,
});

const withoutEnd = (text: string): string => text.replace(/\.$/, '');
