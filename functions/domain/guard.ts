/** Every condition that keeps a rotation from doing harm: its name, and what it holds off. */
export const guards = {
  fence: 'A run whose write to the ledger came too late goes no further.',
  'own-lease': 'A run that no longer holds the credential starts nothing.',
  'one-at-a-time': 'A scheduled run leaves a credential alone that another run is at work on.',
  'validate-before-first-issue': "A secret's first version serves at once, so its key is accepted before it is stored.",
  'validate-before-cut-over': 'A key that the provider does not accept is not put to use.',
  'cut-over-from-what-was-read': 'AWSCURRENT moves only from the version that it was on at the start.',
  'confirm-after-cut-over': 'A new key that is refused once it serves goes back.',
  'overlap-elapsed': 'The old key lives for as long as consumers may hold it.',
  'old-key-quiet': 'An old key that is in use is not taken away from whoever uses it.',
  're-read-before-retiring': 'The old key dies only while AWSCURRENT is on the new one.',
  're-probe-before-retiring': 'The old key dies only while the new one is accepted.',
  'disable-first': 'Where a key can come back, it is disabled before it is revoked.',
  're-read-after-disabling': 'A key that serves again by the time it is disabled is enabled again.',
  'free-slot-only': 'The slot that serves is not regenerated.',
  'wait-for-lost-call': 'A regeneration that may still land is waited for before the next.',
  'proof-before-done': 'Done is said when the old value was refused several times.',
  'way-back-to-the-living': 'AWSCURRENT goes back only to a key that is accepted.',
  'sent-is-dead': 'A key whose revocation was sent is nothing to go back to.',
  'leaked-stays-dead': 'A compromised key is not enabled again, whatever becomes of the rotation.',
  'obligation-outlives-its-run': 'A compromise is on record also when its run failed before it began.',
  'sweep-grace': 'A stray is left alone for as long as somebody may be about to store it.',
  'sweep-only-our-own': 'A key that the ledger does not know is never revoked.',
  'sweep-leaves-a-way-back': 'A key that has served is not swept while what serves now is refused.',
  'sweep-spares-what-serves': 'A key that serves is never revoked as a stray.',
} as const;
export type GuardName = keyof typeof guards;

/**
 * Says that a condition is one of the guards. A test build switches single guards off, as if they always held, and the
 * simulation must then turn red: test/simulation/guards.test.ts.
 */
export const guard = (_name: GuardName, holds: boolean): boolean => holds;
