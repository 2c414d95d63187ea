import { isTimeZone, windowLengthMinutes } from '../domain/window.ts';
import { formatDuration } from './duration.ts';
import type { Finding, Path } from './problem.ts';
import type { Account } from './register.ts';
import type { Resolved, ResolvedCredential } from './resolve.ts';
import type { Entry } from './shape.ts';
import { longestCadenceSeconds, tierRules } from './tiers.ts';

type Declared = Pick<Resolved, 'accounts' | 'credentials'>;

/** One rule: what it refuses, and why it is there. Every rule looks at each entry a fixed number of times. */
export type PolicyRule = {
  readonly id: string;
  /** Continues "because". */
  readonly reason: string;
  readonly check: (register: Declared) => readonly Finding[];
};

/** Everything in a register that the policy refuses. */
export const policyFindings = (
  register: Declared,
): readonly (Finding & { readonly rule: string; readonly why: string })[] =>
  policyRules.flatMap(({ id, reason, check }) =>
    check(register).map((finding) => ({ ...finding, rule: id, why: reason })),
  );

const eachCredential =
  (check: (entry: ResolvedCredential, path: Path) => Finding | null): PolicyRule['check'] =>
  ({ credentials }) =>
    credentials.flatMap(({ path, value }) => check(value, path) ?? []);

/** A finding for every entry whose key an earlier entry has. */
const repeated = <T>(
  entries: readonly Entry<T>[],
  keyOf: (value: T) => string | null,
  explain: (value: T, earlier: T, path: Path) => Finding,
): readonly Finding[] => {
  const first = new Map<string, T>();
  return entries.flatMap(({ path, value }) => {
    const key = keyOf(value);
    if (key === null) return [];
    const earlier = first.get(key);
    if (earlier !== undefined) return [explain(value, earlier, path)];
    first.set(key, value);
    return [];
  });
};

/** Production, whatever an organisation calls it. */
export const isProduction = (environment: string): boolean => /^(prod|production|prd|live)(-|$)/.test(environment);

/** A finding for every entry that shares a key with an entry from the other side of production's border. */
const acrossProduction = <T>(
  entries: readonly Entry<T>[],
  keyOf: (value: T) => string | null,
  environmentOf: (value: T) => string,
  explain: (value: T, other: T, path: Path) => Finding,
): readonly Finding[] => {
  const firstOfSide = [new Map<string, T>(), new Map<string, T>()] as const;
  return entries.flatMap(({ path, value }) => {
    const key = keyOf(value);
    if (key === null) return [];
    const [same, across] = isProduction(environmentOf(value))
      ? firstOfSide
      : ([firstOfSide[1], firstOfSide[0]] as const);
    if (!same.has(key)) same.set(key, value);
    const other = across.get(key);
    return other === undefined ? [] : [explain(value, other, path)];
  });
};

const emailOrChannel = /^([^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+|https:\/\/[^\s/]+\.[^\s/]+(\/\S*)?)$/;
const shortestWindowMinutes = 30;

const uniqueAccount = ({ accounts }: Declared): readonly Finding[] =>
  repeated(
    accounts,
    ({ id }) => id,
    ({ id }, _earlier, path) => ({
      path: [...path, 'id'],
      what: `account ${id} is declared twice`,
      next: 'give one of them another id, or remove it',
    }),
  );

const uniqueCredential = ({ credentials }: Declared): readonly Finding[] =>
  repeated(
    credentials,
    ({ credential }) => credential.id,
    ({ credential }, _earlier, path) => ({
      path: [...path, 'id'],
      what: `credential ${credential.id} is declared twice`,
      next: 'give one of them another id, or remove it',
    }),
  );

const sharedAdminSecret = ({ accounts }: Declared): readonly Finding[] =>
  acrossProduction<Account>(
    accounts,
    ({ adminSecret }) => adminSecret,
    ({ environment }) => environment,
    ({ id, environment }, other, path) => ({
      path: [...path, 'adminSecret'],
      what: `accounts ${id} (${environment}) and ${other.id} (${other.environment}) use the same admin secret`,
      next: 'give each its own admin key and its own `adminSecret`',
    }),
  );

const sharedScope = ({ credentials }: Declared): readonly Finding[] =>
  acrossProduction(
    credentials,
    ({ account, identity }) => (identity.scope === null ? null : `${account.provider} ${identity.scope}`),
    ({ credential }) => credential.environment,
    ({ credential, account }, other, path) => ({
      path: [...path, 'settings'],
      what:
        `credentials ${credential.id} (${credential.environment}) and ${other.credential.id} ` +
        `(${other.credential.environment}) live in the same ${account.provider} project, workspace or resource`,
      next: 'give production one of its own, and name it in `settings`',
    }),
  );

/** The policy, in the order in which an operator meets it. */
export const policyRules: readonly PolicyRule[] = [
  {
    id: 'unique-id',
    reason: 'records, secrets and rotations are kept under the id, and two entries would overwrite each other',
    check: (register) => [...uniqueAccount(register), ...uniqueCredential(register)],
  },
  {
    id: 'one-per-purpose',
    reason:
      'a key with one service, environment and purpose can be traced, limited and stopped without harming another',
    check: ({ credentials }) =>
      repeated(
        credentials,
        ({ credential }) => [credential.service, credential.environment, credential.purpose].join('/'),
        ({ credential }, earlier, path) => ({
          path: [...path, 'purpose'],
          what:
            `credentials ${credential.id} and ${earlier.credential.id} both serve ${credential.service}, ` +
            `${credential.environment}, ${credential.purpose}`,
          next: 'merge them, or name the purpose that sets them apart',
        }),
      ),
  },
  {
    id: 'own-secret',
    reason: 'a secret that two rotations write would lose the key of one of them',
    check: ({ accounts, credentials }) => {
      const adminSecrets = new Set<string>(accounts.map(({ value }) => value.adminSecret));
      const shared = repeated(
        credentials,
        ({ credential }) => credential.secret,
        ({ credential }, earlier, path) => ({
          path: [...path, 'secret'],
          what: `credentials ${credential.id} and ${earlier.credential.id} both write the secret ${credential.secret}`,
          next: 'give each its own `secret`, or leave it out',
        }),
      );
      const admin = credentials.flatMap(({ path, value: { credential } }) =>
        adminSecrets.has(credential.secret) || credential.secret.startsWith('keyturn/admin/')
          ? [
              {
                path: [...path, 'secret'],
                what: `credential ${credential.id} would write over the admin secret ${credential.secret}`,
                next: 'name another `secret`, or leave it out',
              },
            ]
          : [],
      );
      return [...shared, ...admin];
    },
  },
  {
    id: 'own-holder',
    reason: 'the provider sees its holder and not the credential: use, limits and slots of the two would be one',
    check: ({ credentials }) =>
      repeated(
        credentials,
        ({ account, identity }) =>
          identity.holder === null ? null : [account.provider, identity.scope ?? '', identity.holder].join(' '),
        ({ credential, account }, earlier, path) => ({
          path: [...path, 'settings'],
          what:
            `credentials ${credential.id} and ${earlier.credential.id} use the same ${account.provider} ` +
            'service account or resource',
          next: 'make one for each at the provider, and name it in `settings`',
        }),
      ),
  },
  {
    id: 'environment-of-account',
    reason: 'an account belongs to one environment, and a key made in another one reaches its data',
    check: eachCredential(({ credential, account }, path) =>
      credential.environment === account.environment
        ? null
        : {
            path: [...path, 'environment'],
            what:
              `credential ${credential.id} is for ${credential.environment}, and its account ${account.id} ` +
              `for ${account.environment}`,
            next: `name an account of ${credential.environment}, or correct \`environment\``,
          },
    ),
  },
  {
    id: 'production-apart',
    reason: 'whoever holds a key of development would hold one of production',
    check: (register) => [...sharedAdminSecret(register), ...sharedScope(register)],
  },
  {
    id: 'cadence-within-tier',
    reason: 'the cadence bounds how long a leak that nobody has seen can be used',
    check: eachCredential(({ credential: { id, tier, sensitivity, cadenceSeconds } }, path) => {
      const longest = longestCadenceSeconds(tier, sensitivity);
      if (cadenceSeconds > 0 && cadenceSeconds <= longest) return null;
      const why = longest === tierRules[tier].longestCadenceSeconds ? ` (${tierRules[tier].reason})` : '';
      return {
        path: [...path, 'cadence'],
        what:
          cadenceSeconds === 0
            ? `credential ${id} has a cadence of no time at all`
            : `credential ${id} is rotated every ${formatDuration(cadenceSeconds)}, and tier ${tier} with ` +
              `sensitivity ${sensitivity} allows ${formatDuration(longest)}${why}`,
        next: `write a \`cadence\` of ${formatDuration(longest)} or less, or leave it out`,
      };
    }),
  },
  {
    id: 'owner-reachable',
    reason: 'a rotation that needs a person must reach one',
    check: eachCredential(({ credential: { id, owner } }, path) =>
      emailOrChannel.test(owner.contact)
        ? null
        : {
            path: [...path, 'owner', 'contact'],
            what: `credential ${id} has an owner whose contact is neither an e-mail address nor the address of a channel`,
            next: 'write an e-mail address, or the https address of the channel',
          },
    ),
  },
  {
    id: 'overlap-covers-consumers',
    reason: 'a consumer that still serves its cached key when that key dies would fail',
    check: eachCredential(({ credential: { id, overlapSeconds, consumers }, provider, account }, path) => {
      const longest = Math.max(0, ...consumers.map(({ cacheTtlSeconds }) => cacheTtlSeconds));
      const needed = longest + provider.facts.revocationTakesSeconds;
      const slowest = consumers.find(({ cacheTtlSeconds }) => cacheTtlSeconds === longest);
      if (overlapSeconds >= needed) return null;
      return {
        path: [...path, 'overlap'],
        what:
          `credential ${id} has an overlap of ${formatDuration(overlapSeconds)}, and ` +
          (slowest === undefined ? '' : `${slowest.name} caches for ${formatDuration(longest)} and `) +
          `a revocation at ${account.provider} takes ${formatDuration(provider.facts.revocationTakesSeconds)}`,
        next: `write an \`overlap\` of ${formatDuration(needed)} or more, or shorten the cache`,
      };
    }),
  },
  {
    id: 'maximum-overlap',
    reason: 'an old key cannot be waited for a shorter time than it is kept anyway',
    check: eachCredential(({ credential: { id, overlapSeconds, maximumOverlapSeconds } }, path) =>
      maximumOverlapSeconds >= overlapSeconds
        ? null
        : {
            path: [...path, 'maximumOverlap'],
            what:
              `credential ${id} has a maximum overlap of ${formatDuration(maximumOverlapSeconds)}, and an overlap ` +
              `of ${formatDuration(overlapSeconds)}`,
            next: `write a \`maximumOverlap\` of ${formatDuration(overlapSeconds)} or more, or leave it out`,
          },
    ),
  },
  {
    id: 'overlap-within-cadence',
    reason: 'the next rotation would be due before the old key is dead, and two keys would always live',
    check: eachCredential(({ credential: { id, overlapSeconds, cadenceSeconds } }, path) =>
      overlapSeconds < cadenceSeconds || cadenceSeconds === 0
        ? null
        : {
            path: [...path, 'overlap'],
            what:
              `credential ${id} has an overlap of ${formatDuration(overlapSeconds)}, and is rotated every ` +
              formatDuration(cadenceSeconds),
            next: `write an \`overlap\` shorter than ${formatDuration(cadenceSeconds)}`,
          },
    ),
  },
  {
    id: 'window-usable',
    reason: 'a window that the sweep cannot meet would put the rotation off without end',
    check: eachCredential(({ credential: { id, window } }, path) => {
      if (window === null) return null;
      if (!isTimeZone(window.timeZone)) {
        return {
          path: [...path, 'window', 'timeZone'],
          what: `credential ${id} has a window in a time zone that is not known`,
          next: 'write an IANA name, such as Europe/Berlin',
        };
      }
      const minutes = windowLengthMinutes(window);
      if (minutes >= shortestWindowMinutes) return null;
      return {
        path: [...path, 'window', 'to'],
        what: `credential ${id} has a window of ${minutes} minutes`,
        next: `let it be open for ${shortestWindowMinutes} minutes or more`,
      };
    }),
  },
];
