import type { Act, FaultKind, Plan } from './plan.ts';
import { letCallsLandSeconds, type SettingName, settings } from './settings.ts';

interface Window {
  readonly why: string;
  /** Where a plan opens it. */
  readonly opens: (site: string, kind: FaultKind | Act, setting: SettingName) => boolean;
  /** All that may then be violated. Nothing of it at rest, and nothing that the next watch has not put right. */
  readonly violates: readonly RegExp[];
}

const servingIsRefused = /^I1 AWSCURRENT is refused after /;
const cachedIsRefused = /^I18 a cached key is refused after /;
/** What consumers feel until AWSCURRENT is mended, and for as long as they hold what it was. */
const refusedForAWhile = [
  servingIsRefused,
  cachedIsRefused,
  // A run puts right what it can; a key that cannot come back waits for the next watch, which may be half an hour away.
  // What is refused for longer than that is `T1 AWSCURRENT was refused past the next watch`, and nothing explains it.
  /^T1 AWSCURRENT was refused for long$/,
];

const isStop = (site: string): boolean =>
  /^(?:disable-old|revoke-old|two-slot\/revoke-old)\.http\.(?:DELETE|POST)/.test(site);
/** What was only disabled comes back in the same run. */
const comesBack = (site: string): boolean => isStop(site) && site.includes('POST api_keys');
const takesBack = (site: string, kind: string): boolean =>
  kind === 'person-rolls-back' || (kind === 'person-moves-current' && site.startsWith('two-slot'));

/**
 * What no order of calls can close, and why: only these may violate an invariant, only in this way, and none of them
 * at rest. workflows/PROTOCOL.md tells them to people.
 */
const windows = {
  'moved-at-the-last-call': {
    why: 'A person puts AWSCURRENT back in the instant between the last look and the call that stops the old key. A vendor has no compare-and-swap over our vault. Deleted keys are healed at the next watch.',
    opens: (site, kind) => isStop(site) && !comesBack(site) && takesBack(site, kind),
    violates: [/^I1 \S+ killed the key that serves$/, /^I3 \S+ killed /, ...refusedForAWhile],
  },
  'disabled-for-a-moment': {
    why: 'The same, where the vendor disables: the key is enabled again in the same step.',
    opens: (site, kind) => comesBack(site) && takesBack(site, kind),
    violates: [/^I1 \S+ killed the key that serves$/, /^I3 \S+ killed /, servingIsRefused, cachedIsRefused],
  },
  'killed-at-the-last-call': {
    why: 'Somebody kills the new key in the instant between its last probe and the call that stops the old one. No vendor stops one key only if another is accepted. A replacement is made at the next watch.',
    opens: (site, kind) => isStop(site) && kind === 'person-kills-new',
    violates: [/^I3 \S+ killed the old key while the new one is refused$/],
  },
  'slot-taken-at-the-last-call': {
    why: 'A person puts to use what the free slot holds, between the look at the slots and the call that regenerates it, or a moment before: caches still hold the value of the slot that has just become free. The vendor has no compare-and-swap for slots, and a label does not tell when it was moved.',
    opens: (site, kind) =>
      kind === 'person-moves-current' &&
      /^(?:begin\.vault|two-slot\/create-key\.(?:vault\.read|http\.POST regenerateKey))/.test(site),
    violates: [
      /^I10 two-slot\/create-key killed a key that is not ours$/,
      /^I1 two-slot\/create-key killed the key that serves$/,
      /^I3 two-slot\/create-key killed /,
      ...refusedForAWhile,
    ],
  },
  'slot-refilled-at-the-last-call': {
    why: 'Somebody outside regenerates the slot of the old key, for a use of his own, in the instant before we do. The vendor takes no precondition, and the value that he has just been given dies with the old one.',
    opens: (site, kind) =>
      kind === 'provider-kills-old' && /^two-slot\/revoke-old\.http\.POST regenerateKey/.test(site),
    violates: [/^I10 two-slot\/revoke-old killed a value that somebody else has made$/],
  },
  'regenerated-too-late': {
    why: 'A call to regenerate a slot lands later than letCallsLandSeconds after nobody waited for it any more, and gives another value to the slot that a second call has filled and that serves by then. The vendor takes no precondition and no name; who regenerates cannot be told from the value. The next watch sees AWSCURRENT refused, and heals.',
    opens: (site, kind, setting) =>
      (kind === 'late' || kind === 'overdue') &&
      settings[setting].lateSeconds > letCallsLandSeconds &&
      site.startsWith('two-slot/create-key.http.POST regenerateKey'),
    violates: [
      // Only by the call itself: what else kills a key is no part of it.
      /^I1 two-slot\/create-key \(landed too late\) killed the key that serves$/,
      /^I3 two-slot\/create-key \(landed too late\) killed /,
      ...refusedForAWhile,
    ],
  },
  'leaked-at-the-last-call': {
    why: 'The key before is reported as leaked while reconcile is putting AWSCURRENT back on it, because what serves is refused. A report is durable before the ledger knows of it. The emergency replaces it at once.',
    opens: (site, kind) => kind === 'compromise-old' && site.startsWith('reconcile.'),
    violates: [/^I11 reconcile put a leaked key to use$/],
  },
  'taken-at-its-word': {
    why: 'A vendor answers a dead key as it answers a key that is known and may not do this. There is no other sign: a listing says less than the key.',
    opens: (site, kind) => kind === 'denied' && /\.http\.GET (?:models|indexes|messages)/.test(site),
    violates: [/^I3 a new key is confirmed that is refused$/],
  },
  'moved-after-the-last-look': {
    why: 'A person moves AWSCURRENT, or deletes the secret, between the last look of RollBack and the record of its end. That says what was seen: that the old key serves as before. Nobody was cut off.',
    opens: (site, kind) =>
      ['person-moves-current', 'person-rolls-back', 'secret-deleted'].includes(kind) &&
      /^(?:roll-back\.(?:http\.(?:DELETE|POST)|vault\.read)|record-outcome\.)/.test(site),
    violates: [/^I7 RolledBack, and the old key does not serve$/],
  },
} as const satisfies Readonly<Record<string, Window>>;
export type Residual = keyof typeof windows;

const residuals = Object.keys(windows) as readonly Residual[];

/** The residuals that explain what went wrong, each violation by one that the plan has opened; null when one is unexplained. */
export const residualsOf = (
  plan: Plan,
  violations: readonly string[],
  setting: SettingName,
): ReadonlySet<Residual> | null => {
  const isOpen = ({ opens }: Window): boolean => [...plan].some(([site, kind]) => opens(site, kind, setting));
  const open = residuals.filter((residual) => isOpen(windows[residual]));
  const explains = (residual: Residual, violation: string): boolean =>
    windows[residual].violates.some((pattern) => pattern.test(violation));
  const explained = violations.map((violation) => open.find((residual) => explains(residual, violation)));
  return explained.includes(undefined) ? null : new Set(explained.filter((residual) => residual !== undefined));
};
