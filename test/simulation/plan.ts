/** What goes wrong with the one call that the plan names. */
export const writeFaults = [
  'err5xx',
  'throttle',
  'outage',
  'denied',
  'lost',
  'crash-before',
  'crash-after',
  'late',
  'overdue',
  'duplicate',
  'slow',
  'again-later',
] as const;
export const readFaults = [
  'err5xx',
  'throttle',
  'outage',
  'denied',
  'crash-before',
  'duplicate',
  'slow',
  'stale',
  'malformed',
  'truncated',
  'again-later',
] as const;
/** What somebody else does in the instant before the call. */
export const acts = [
  'second-schedule',
  'duplicate-trigger',
  'compromise-old',
  'compromise-new',
  'person-moves-current',
  'person-rolls-back',
  'person-cuts-over',
  'provider-kills-old',
  'person-kills-new',
  'sweep-now',
  'clock+10',
  'clock-10',
  'admin-revoked',
  'vendor-refuses-all',
  'vendor-refuses-values',
  'secret-deleted',
  'new-definition',
] as const;

export type FaultKind = (typeof writeFaults)[number] | (typeof readFaults)[number];
export type Act = (typeof acts)[number];
/** By site: `step.port.operation#occurrence`. */
export type Plan = ReadonlyMap<string, FaultKind | Act>;

export const isAct = (kind: FaultKind | Act): kind is Act => (acts as readonly string[]).includes(kind);

/** `site=kind site=kind`, with `~` for the spaces of a site. */
export const planText = (plan: Plan): string =>
  [...plan].map(([site, kind]) => `${site.replaceAll(' ', '~')}=${kind}`).join(' ');

/** @throws TypeError for a kind that there is not */
export const readPlan = (words: readonly string[]): Plan =>
  new Map(
    words.map((word) => {
      const at = word.lastIndexOf('=');
      const kind = [...writeFaults, ...readFaults, ...acts].find((known) => known === word.slice(at + 1));
      if (at < 1 || kind === undefined) throw new TypeError(`${word} is not site=kind.`);
      return [word.slice(0, at).replaceAll('~', ' '), kind] as const;
    }),
  );
