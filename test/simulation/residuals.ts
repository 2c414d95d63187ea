import type { Plan } from './plan.ts';
import { letCallsLandSeconds, type SettingName, settings } from './settings.ts';

/**
 * What no order of calls can close, and why: only these may violate an invariant, only in this way, and none of them
 * at rest. workflows/PROTOCOL.md tells them to people.
 */
export const residuals = {
  'moved-at-the-last-call':
    'A person puts AWSCURRENT back in the instant between the last look and the call that stops the old key. A vendor has no compare-and-swap over our vault. Disabled keys come back in the same step; deleted ones are healed.',
  'killed-at-the-last-call':
    'Somebody kills the new key in the instant between its last probe and the call that stops the old one. No vendor stops one key only if another is accepted. A replacement is made at the next watch.',
  'slot-taken-at-the-last-call':
    'A person puts to use what the free slot holds, between the look at the slots and the call that regenerates it, or a moment before: caches still hold the value of the slot that has just become free. The vendor has no compare-and-swap for slots, and a label does not tell when it was moved.',
  'regenerated-too-late':
    'A call to regenerate a slot lands later than letCallsLandSeconds after nobody waited for it any more, and gives another value to the slot that a second call has filled and that serves by then. The vendor takes no precondition and no name; who regenerates cannot be told from the value. The next watch sees AWSCURRENT refused, and heals.',
  'proven-by-listing':
    'A person takes a leaked value out of AWSCURRENT as it is contained, before Begin has seen which version holds it, and a value that a person wrote tells no id. A key whose value nobody knows is proven dead by a complete listing, as its evidence says; for its revocation lag the vendor accepts it on.',
  'moved-after-the-last-look':
    'A person moves AWSCURRENT, or deletes the secret, between the last look of RollBack and the call that stops the new key. The end on record says what was seen: that the old key serves as before. Nobody was cut off.',
} as const;
export type Residual = keyof typeof residuals;

/** The residual that explains all that went wrong; null when something is unexplained. */
export const residualOf = (plan: Plan, violations: readonly string[], setting: SettingName): Residual | null => {
  const isTooSoon = violations.every((violation) => violation === 'I7 Done, and the old key is accepted');
  const isTakenOut = ([site, kind]: readonly [string, string]): boolean =>
    kind === 'person-moves-current' && /^(?:contain|begin)\./.test(site);
  if (isTooSoon) return [...plan].some(isTakenOut) ? 'proven-by-listing' : null;
  const isMovedSince = violations.every((violation) => violation === 'I7 RolledBack, and the old key does not serve');
  const isMove = ([site, kind]: readonly [string, string]): boolean =>
    ['person-moves-current', 'person-rolls-back', 'secret-deleted'].includes(kind) &&
    /^roll-back\.http\.(?:DELETE|POST)/.test(site);
  if (isMovedSince) return [...plan].some(isMove) ? 'moved-after-the-last-look' : null;
  if (violations.some((violation) => violation.endsWith('(at rest)') || !/^(?:I1|I3|I10|I18|T1) /.test(violation)))
    return null;
  const isTooLate = settings[setting].lateSeconds > letCallsLandSeconds;
  for (const [site, kind] of plan) {
    const isLate = isTooLate && (kind === 'late' || kind === 'overdue');
    if (isLate && site.startsWith('two-slot/create-key.http.POST regenerateKey')) return 'regenerated-too-late';
    const isLastCall = /^(?:disable-old|revoke-old|two-slot\/revoke-old)\.http\.(?:DELETE|POST)/.test(site);
    const takesBack = kind === 'person-rolls-back' || (kind === 'person-moves-current' && site.startsWith('two-slot'));
    if (takesBack && isLastCall) {
      // What was only disabled comes back in the same run.
      const comesBack = site.includes('POST api_keys');
      return comesBack && violations.some((violation) => violation.startsWith('T1')) ? null : 'moved-at-the-last-call';
    }
    if (kind === 'person-kills-new' && isLastCall) return 'killed-at-the-last-call';
    if (
      kind === 'person-moves-current' &&
      /^(?:begin\.vault|two-slot\/create-key\.(?:vault\.read|http\.POST regenerateKey))/.test(site)
    ) {
      return 'slot-taken-at-the-last-call';
    }
  }
  return null;
};
