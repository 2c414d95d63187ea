/** Whom a notice is for. The register knows the owners; the other two are who subscribed to them. */
export const audiences = ['owner', 'security lead', 'on call'] as const;
export type Audience = (typeof audiences)[number];

/**
 * What an emergency has to keep to, in seconds. A key's times count from the acceptance of its obligation, the others
 * from the acceptance of the report.
 */
export const incidentPolicy = {
  /**
   * Stopped at its provider. A key that was harvested from exposed AI infrastructure was used after 67 s
   * (https://blog.cyberdesserts.com/exposed-credentials-pipeline/, read 2026-11), and AWS's own quarantine came 67 s
   * after a push to public GitHub, with calls of a stranger 13 s behind it
   * (https://xebia.com/blog/what-happens-when-you-leak-aws-credentials-and-how-aws-minimizes-the-damage/, read 2026-11).
   */
  containWithinSeconds: 60,
  /** Another key serves: a validate loop and the cut-over take as long where the provider answers. */
  replaceWithinSeconds: 180,
  /** Seen refused, with proof: the longest that any provider's refusal takes to spread, and its retries. */
  proveWithinSeconds: 300,
  /** A person says yes or no. A machine could not decide, and the key may be live in a stranger's hands. */
  decideWithinSeconds: 300,
  /** The report with its times is with the security lead, while people still know what they saw. */
  reportWithinSeconds: 3600,
  /** It is sent this long before, so that a run that fails has others after it. */
  reportAheadSeconds: 900,

  /**
   * Who is called when nobody acts, counted from the moment that something is overdue. Each call goes to those before
   * it too: nobody has to guess who else was told.
   */
  calls: [
    { afterSeconds: 0, severity: 'action-needed', to: ['owner'] },
    { afterSeconds: 600, severity: 'action-needed', to: ['owner', 'security lead'] },
    { afterSeconds: 1500, severity: 'page', to: audiences },
    { afterSeconds: 7200, severity: 'page', to: audiences },
    { afterSeconds: 28_800, severity: 'page', to: audiences },
  ],
  /** Then once a day: a page every hour is muted by the second night. */
  callAgainSeconds: 86_400,
} as const;

/** The call that is due, from 1, so many seconds after something was overdue. */
export const callDue = (overdueSeconds: number): number => {
  const { calls, callAgainSeconds } = incidentPolicy;
  const [last] = calls.slice(-1);
  const repeats = Math.floor((overdueSeconds - (last?.afterSeconds ?? 0)) / callAgainSeconds);
  return calls.filter(({ afterSeconds }) => afterSeconds <= overdueSeconds).length + Math.max(0, repeats);
};
