/** Every condition that keeps a rotation from doing harm: its name, and what it holds off. */
export const guards = {
  fence: 'A run whose write to the ledger came too late goes no further.',
  'own-lease': 'A run that no longer holds the credential starts nothing.',
  'one-at-a-time': 'A scheduled run leaves a credential alone that another run is at work on.',
  'begins-once':
    'A run that has ended, or was taken over, does not begin again, however late its start is delivered once more.',
  'listed-is-alive': 'A refused key that the provider lists as active counts as alive: its doors may be closed to all.',
  'adopts-the-living': 'A key that an earlier run had ready is not taken up once it is refused.',
  'validate-before-first-issue': "A secret's first version serves at once, so its key is accepted before it is stored.",
  'validate-before-cut-over': 'A key that the provider does not accept is not put to use.',
  'cut-over-from-what-was-read': 'AWSCURRENT moves only from the version that it was on at the start.',
  'old-value-pinned': 'The old value can be read until it was seen refused, wherever AWSPREVIOUS goes.',
  'confirm-after-cut-over': 'A new key that is refused once it serves goes back.',
  'overlap-elapsed': 'The old key lives for as long as consumers may hold it.',
  'old-key-quiet': 'An old key that is in use is not taken away from whoever uses it.',
  're-read-before-retiring': 'The old key dies only while AWSCURRENT is on the new one.',
  're-probe-before-retiring': 'The old key dies only while the new one is accepted.',
  'disable-first': 'Where a key can come back, it is disabled before it is revoked.',
  're-read-after-disabling': 'A key that serves again by the time it is disabled is enabled again.',
  'free-slot-only': 'The slot that serves is not regenerated.',
  'free-slot-has-drained': 'The free slot is not regenerated while consumers may hold its value.',
  'slot-by-its-value': 'A slot is regenerated for the value that is to die, and not for its name.',
  'wait-for-lost-call': 'A regeneration that may still land is waited for before the next.',
  'ends-once': 'A run that has ended Done ends in no other way, whatever comes of its last step.',
  'told-before-the-next': 'The journal has the end of a run before another takes its place in the record.',
  'proof-before-done': 'Done is said when the old value was refused several times.',
  'listing-after-the-lag': 'A listing proves a key dead when the time that a revocation takes is over.',
  'roll-back-spares-what-serves': 'A new key that somebody has put to use meanwhile is not removed.',
  'way-back-to-the-living': 'AWSCURRENT goes back only to a key that is accepted.',
  'sent-is-dead': 'A key whose revocation was sent is nothing to go back to.',
  'leaked-stays-dead': 'A compromised key is not enabled again, whatever becomes of the rotation.',
  'emergency-stays-open': 'The rotation of a leaked key is left open until that key is dead.',
  'closed-after-the-lag': 'An obligation closes on a listing when the time that a revocation takes is over.',
  'closed-in-no-outage': 'A refusal closes an obligation when the vendor answers something else as well.',
  'healed-in-no-outage': 'A refused key is replaced when something shows that the vendor does not refuse every key.',
  'nothing-back-to-the-leaked': 'AWSCURRENT is not healed to a key that has leaked.',
  'submission-is-kept': 'The label of a key that a person has just handed in is no stale one.',
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
