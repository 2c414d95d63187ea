import type { Act, FaultKind, Plan } from './plan.ts';
import { letCallsLandSeconds, type SettingName, settings } from './settings.ts';

interface Window {
  readonly why: string;
  /** Where a plan opens it. Left out: it is open where the judge has seen somebody act after a step's last look. */
  readonly opens?: (site: string, kind: FaultKind | Act, setting: SettingName) => boolean;
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

const isMove = (kind: string): boolean => kind.startsWith('person-') && kind !== 'person-kills-new';
const isLate = (kind: string): boolean => kind === 'late' || kind === 'overdue';

/**
 * What no order of calls can close, and why: only these may violate an invariant, only in this way, and none of them
 * at rest. workflows/PROTOCOL.md tells them to people.
 */
const windows = {
  'moved-at-the-last-call': {
    why: 'A person puts AWSCURRENT back in the instant between the last look and the call that stops the old key, or before that call lands. A vendor has no compare-and-swap over our vault. Deleted keys are healed at the next watch.',
    violates: [/^I1 .+ killed the key that serves$/, /^I3 .+ killed /, ...refusedForAWhile],
  },
  'disabled-for-a-moment': {
    why: 'The same, where the vendor disables: the key is enabled again in the same step.',
    violates: [/^I1 \S+ killed the key that serves$/, /^I3 \S+ killed /, servingIsRefused, cachedIsRefused],
  },
  'killed-at-the-last-call': {
    why: 'Somebody kills the new key in the instant between its last probe and the call that stops the old one. No vendor stops one key only if another is accepted. A replacement is made at the next watch.',
    violates: [
      /^I3 \S+ killed the old key while the new one is refused$/,
      // And between that probe and the words that say so.
      /^I3 a new key is confirmed that is refused$/,
    ],
  },
  'slot-taken-at-the-last-call': {
    why: 'A person puts to use what the free slot holds, between the look at the slots and the call that regenerates it; or a moment before, where no rotation has put on record what served: caches still hold the value of the slot that has just become free. The vendor has no compare-and-swap for slots, and a label does not tell when it was moved.',
    violates: [
      /^I10 two-slot\/create-key killed a key that is not ours$/,
      /^I1 two-slot\/create-key killed the key that serves$/,
      /^I3 two-slot\/create-key killed /,
      ...refusedForAWhile,
    ],
  },
  'slot-refilled-at-the-last-call': {
    why: 'Somebody outside regenerates the slot of the old key, for a use of his own, in the instant before we do. The vendor takes no precondition, and the value that he has just been given dies with the old one.',
    violates: [/^I10 two-slot\/revoke-old killed a value that somebody else has made$/],
  },
  'regenerated-too-late': {
    why: 'A call to regenerate a slot lands later than letCallsLandSeconds after nobody waited for it any more, and gives another value to the slot that a second call has filled and that serves by then. The vendor takes no precondition and no name; who regenerates cannot be told from the value. The next watch sees AWSCURRENT refused, and heals.',
    opens: (site, kind, setting) =>
      isLate(kind) &&
      settings[setting].lateSeconds > letCallsLandSeconds &&
      site.startsWith('two-slot/create-key.http.POST regenerateKey'),
    violates: [
      // Only by the call itself: what else kills a key is no part of it.
      /^I1 two-slot\/create-key \(landed too late\) killed the key that serves$/,
      /^I3 two-slot\/create-key \(landed too late\) killed /,
      ...refusedForAWhile,
    ],
  },
  'regenerated-under-the-next': {
    why: 'The same with the call that stops the old value: a run waits for its own, and not for one of a run before it. Another emergency of the same credential would have to fill that slot within the time that a call can be in flight.',
    opens: (site, kind) => isLate(kind) && /^(?:contain|two-slot\/revoke-old)\.http\.POST regenerateKey/.test(site),
    violates: [
      /^I1 (?:contain|two-slot\/revoke-old) \(landed (?:too )?late\) killed the key that serves$/,
      /^I3 (?:contain|two-slot\/revoke-old) \(landed (?:too )?late\) killed /,
      ...refusedForAWhile,
    ],
  },
  'leaked-at-the-last-call': {
    why: 'A key is reported as leaked while it is being put back, or enabled again, because what serves is refused or was moved. A report is durable before the ledger knows of it. Its emergency stops it, or replaces it, at once.',
    violates: [/^I11 reconcile put a leaked key to use$/, /^I11 \S+ revived a leaked key$/],
  },
  'taken-at-its-word': {
    why: 'A vendor answers a dead key as it answers a key that is known and may not do this, or as it did a moment ago. There is no other sign: a listing says less than the key.',
    opens: (site, kind) =>
      (kind === 'denied' || kind === 'stale') && /\.http\.GET (?:models|indexes|messages)/.test(site),
    violates: [
      /^I3 a new key is confirmed that is refused$/,
      /^I3 \S+ killed the old key while the new one is refused$/,
    ],
  },
  'taken-for-the-contained': {
    why: 'A person has put a dead key back that no listing names any more, and another key is contained: the value is taken for that one. It is refused at once, and the contained key when its revocation has taken effect.',
    violates: [/^I7 Done, and the old key is accepted$/, /^I11 \S+ closed the obligation of a key that is accepted$/],
  },
  'old-value-lost': {
    why: 'Two persons, or one twice, move AWSCURRENT before CutOver has pinned the old version: no label holds it any more, so nobody can ask with its value. Done rests on a complete listing, after the time that a revocation takes.',
    opens: (site, kind) => isMove(kind) && /^(?:begin|create-key|stage|validate|cut-over)\./.test(site),
    violates: [/^I7 Done without having asked with the old value$/],
  },
  'moved-after-the-last-look': {
    why: 'A person moves AWSCURRENT, or deletes the secret, between the last look of RollBack and the record of its end. That says what was seen: that the old key serves as before. Nobody was cut off.',
    opens: (site, kind) =>
      (isMove(kind) || kind === 'secret-deleted') &&
      /^(?:roll-back\.(?:http\.(?:DELETE|POST)|vault\.read)|record-outcome\.)/.test(site),
    violates: [/^I7 RolledBack, and the old key does not serve$/],
  },
} as const satisfies Readonly<Record<string, Window>>;
export type Residual = keyof typeof windows;

const residuals = Object.keys(windows) as readonly Residual[];

/**
 * The residuals that explain what went wrong, each violation by one that was open; null when one is unexplained.
 *
 * @param raced windows that the judge has seen open
 */
export const residualsOf = (
  plan: Plan,
  { violations, raced }: { readonly violations: readonly string[]; readonly raced: ReadonlySet<Residual> },
  setting: SettingName,
): ReadonlySet<Residual> | null => {
  const isOpen = (residual: Residual): boolean => {
    const { opens }: Window = windows[residual];
    return raced.has(residual) || [...plan].some(([site, kind]) => opens?.(site, kind, setting) === true);
  };
  const open = residuals.filter(isOpen);
  const explains = (residual: Residual, violation: string): boolean =>
    windows[residual].violates.some((pattern) => pattern.test(violation));
  const explained = violations.map((violation) => open.find((residual) => explains(residual, violation)));
  return explained.includes(undefined) ? null : new Set(explained.filter((residual) => residual !== undefined));
};
