import type { Credential } from '../../domain/credential.ts';
import { type Instant, secondsBetween } from '../../domain/identifiers.ts';
import { expiryOf } from '../../domain/incident.ts';
import { current, holderOf } from '../../domain/labels.ts';
import { timeOf } from '../../domain/time-words.ts';
import { providerOf } from '../../providers/index.ts';
import type { Connection } from '../../providers/provider.ts';
import type { Account } from '../../register/register.ts';
import { inGroups } from '../../triggers/in-groups.ts';
import type { Check, Surroundings } from './check.ts';
import { couldNotLook } from './could-not-look.ts';
import { amiss, type Seen, well } from './finding.ts';

/** So many accounts side by side. */
const atOnce = 8;

const right =
  "secretsmanager:DescribeSecret and GetSecretValue on the admin secrets, and kms:Decrypt on alias/keyturn/admin-secrets; Keyturn's own functions may";

/** Every account has an admin key, which its provider accepts for what Keyturn reads with it. */
export const adminKeys: Check = {
  name: 'admin keys',
  right,
  fix: 'Look at the admin secret in Secrets Manager.',
  look: async (surroundings) =>
    (await inGroups(surroundings.register.accounts, atOnce, (account) => ofAccount(account, surroundings))).flat(),
};

const ofAccount = async (account: Account, surroundings: Surroundings): Promise<readonly Seen[]> => {
  const set = `keyturn admin set ${account.id}${surroundings.flags}`;
  const [tried, open] = await Promise.all([
    tryIt(account, surroundings, set).catch((error: unknown) => [couldNotLook(account.id, error, { right, fix: set })]),
    // The ledger has a check of its own.
    whatIsOpen(account, surroundings, set).catch(() => []),
  ]);
  return open.length === 0 ? tried : [...tried.filter(({ state }) => state !== 'well'), ...open];
};

/** Asks the provider with it, wherever credentials of the account live: a right may be missing in one place only. */
const tryIt = async (account: Account, surroundings: Surroundings, set: string): Promise<readonly Seen[]> => {
  const { adminVault, deployment, register, registerFile, ports } = surroundings;
  const { id, adminSecret } = account;
  const { title } = providerOf(account.provider);
  if (holderOf((await adminVault.describe(adminSecret)) ?? [], current) === null) {
    return [amiss('broken', id, `No admin key is stored as ${adminSecret}.`, set)];
  }
  const storedAt = (await deployment?.storedAt(adminSecret).catch(() => null)) ?? null;
  const age = storedAt === null ? '' : ` Stored ${daysAgo(storedAt, ports.clock.now())}.`;
  const places = onePerScope(register.credentials.filter(({ target }) => target.account === id));
  if (places.length === 0) {
    const fix = `Give it a credential in ${registerFile}, or take the account out.`;
    return [amiss('unknown', id, `No credential says where to try the admin key that is stored.${age}`, fix)];
  }
  return inGroups(places, atOnce, async (credential) => {
    const subject = places.length === 1 ? id : `${id}, for ${credential.id}`;
    try {
      const may = await whatItMay(await ports.connect(credential.target), ports.clock.now());
      return well(subject, `${title} accepts it: it may ${may}.${age}`);
    } catch (error) {
      const fix = `Look at the key, its permissions and the account's billing at ${title}; for another key: ${set}`;
      const seen = couldNotLook(subject, error, { right, fix });
      return { ...seen, saw: `${seen.saw}${age}` };
    }
  });
};

/** One credential for each project, workspace or resource. */
const onePerScope = (credentials: readonly Credential[]): readonly Credential[] => [
  ...new Map(credentials.map((credential) => [scopeOf(credential), credential])).values(),
];

const scopeOf = ({ target: { provider: id, settings } }: Credential): string | null => {
  const provider = providerOf(id);
  return provider.identity?.(provider.settings(settings)).scope ?? null;
};

/** What a rotation reads with it. Whether it may create and revoke, only a rotation shows. */
const whatItMay = async ({ listKeys, listSlots, readUsage }: Connection, now: Instant): Promise<string> => {
  const keys = (await listKeys?.()) ?? (await listSlots?.()) ?? [];
  const [key] = keys;
  if (readUsage === undefined || key === undefined) return `list keys (${keys.length})`;
  await readUsage({ keyId: key.keyId, since: now });
  return `list keys (${keys.length}) and read their use`;
};

/** Leaked, or to be replaced by a date. */
const whatIsOpen = async (
  { id }: Account,
  { openObligations, ports: { ledger, clock } }: Surroundings,
  set: string,
): Promise<readonly Seen[]> => {
  const open = (await openObligations()).filter(
    ({ credentialId, target }) => credentialId === null && target.account === id,
  );
  return Promise.all(
    open.map(async ({ incidentId }) => {
      const found = incidentId === null ? null : await ledger.incident(incidentId);
      const expiresAt = found === null ? null : expiryOf(found.incident);
      if (expiresAt === null) return amiss('broken', id, 'It has leaked, and was not seen refused yet.', set);
      const isOver = expiresAt <= clock.now();
      const saw = isOver ? `It has ended at ${timeOf(expiresAt)}.` : `It ends at ${timeOf(expiresAt)}.`;
      return amiss(isOver ? 'broken' : 'attention', id, saw, `Make another one at the provider, then: ${set}`);
    }),
  );
};

const daysAgo = (at: Instant, now: Instant): string => {
  const days = Math.floor(secondsBetween(at, now) / 86_400);
  return days < 1 ? 'today' : `${days} days ago`;
};
