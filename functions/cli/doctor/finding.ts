/** `unknown`: it could not be looked at, which says nothing of how it is. */
export const states = ['well', 'attention', 'broken', 'unknown'] as const;
export type State = (typeof states)[number];

/** What a check says of one thing. Never a secret. */
export type Finding = {
  readonly check: string;
  /** The account, credential, alarm: whatever was looked at. */
  readonly subject: string;
  readonly state: State;
  readonly saw: string;
  /** One command or one sentence; null when there is nothing to mend. */
  readonly fix: string | null;
};

/** A finding as its check writes it. */
export type Seen = Omit<Finding, 'check'>;

export const well = (subject: string, saw: string): Seen => ({ subject, state: 'well', saw, fix: null });

export const amiss = (state: Exclude<State, 'well'>, subject: string, saw: string, fix: string): Seen => ({
  subject,
  state,
  saw,
  fix,
});
