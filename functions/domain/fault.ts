/** What a failed step knows about the world. The names are the ones that the workflows catch. */
export const faultNames = ['NothingChanged', 'OutcomeUnknown', 'Refused', 'NeedsPerson'] as const;
export type FaultName = (typeof faultNames)[number];

/**
 * A step failed, and this is what it leaves behind.
 *
 * - `NothingChanged`: the world is as it was; try again.
 * - `OutcomeUnknown`: the effect may or may not have happened, or may still; try again later, looking first.
 * - `Refused`: it was understood and turned down; trying again will not help; roll back.
 * - `NeedsPerson`: only a person can mend it; the message says what and how.
 *
 * It carries no `cause`: a vendor's error may quote a key.
 */
export class Fault extends Error {
  override readonly name: FaultName;

  /**
   * @param name what is known about the world
   * @param message what failed, why, and what did and did not change; never a secret
   */
  constructor(name: FaultName, message: string) {
    super(message);
    this.name = name;
  }
}

/** Not a failure: another rotation or a person holds what this rotation held. Theirs is untouched. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}
