import type { Plan } from './plan.ts';

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
} as const;
export type Residual = keyof typeof residuals;

/** The residual that explains all that went wrong; null when something is unexplained. */
export const residualOf = (plan: Plan, violations: readonly string[]): Residual | null => {
  if (violations.some((violation) => violation.endsWith('(at rest)') || !/^(?:I1|I3|I10|I18|T1) /.test(violation)))
    return null;
  for (const [site, kind] of plan) {
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
