import { describe, expect, it } from 'vitest';
import { type CompromiseView, decideCompromise } from '../../functions/domain/decisions/compromise.ts';

/** A machine shows the value of a key that serves, and nothing has happened in this hour. */
const proven: CompromiseView = {
  proof: 'fingerprint',
  byLead: false,
  fits: 1,
  isUnderObligation: false,
  automaticThisHour: 0,
  automaticPerHour: 3,
  serves: true,
  secondsSinceEmergency: null,
  floorSeconds: 900,
};

describe('decideCompromise', () => {
  it.each<[string, Partial<CompromiseView>, string]>([
    ['a proven key', {}, 'contain-and-replace'],
    ['nothing of ours', { proof: 'none', fits: 0 }, 'note'],
    ['nothing proven, whatever it fits, and whoever says so', { proof: 'none', byLead: true }, 'note'],
    ['a fingerprint of no key', { fits: 0 }, 'note'],
    ['a hint that one key fits', { proof: 'hint' }, 'ask'],
    ['a hint that two keys fit', { proof: 'hint', fits: 2 }, 'note'],
    ['a hint, from the lead as well', { proof: 'hint', byLead: true }, 'ask'],
    ['a hint that no key fits', { proof: 'hint', fits: 0 }, 'note'],
    ['a key that a machine names', { proof: 'named' }, 'ask'],
    ['a key that the lead names', { proof: 'named', byLead: true }, 'contain-and-replace'],
    ['a person, from a machine', { proof: 'reach', fits: 40 }, 'ask'],
    ['everything of a provider, from the lead', { proof: 'reach', fits: 40, byLead: true }, 'contain-and-replace'],
    ['a person with nothing', { proof: 'reach', fits: 0 }, 'note'],
    ['a key under an obligation', { isUnderObligation: true }, 'repeated'],
    ['the same, and the lead insists', { isUnderObligation: true, byLead: true }, 'contain-and-replace'],
    ['the last of the budget', { automaticThisHour: 2 }, 'contain-and-replace'],
    ['beyond the budget', { automaticThisHour: 3 }, 'contain-only: budget'],
    ['far beyond the budget', { automaticThisHour: 10_000 }, 'contain-only: budget'],
    [
      'beyond the budget, of a key that does not serve',
      { automaticThisHour: 3, serves: false },
      'contain-only: budget',
    ],
    ['beyond the budget, by the lead', { automaticThisHour: 3, byLead: true }, 'contain-and-replace'],
    ['within the floor', { secondsSinceEmergency: 899 }, 'contain-only: floor'],
    ['at the floor', { secondsSinceEmergency: 900 }, 'contain-and-replace'],
    [
      'within the floor, of a key that does not serve',
      { secondsSinceEmergency: 1, serves: false },
      'contain-and-replace',
    ],
    ['within the floor, by the lead', { secondsSinceEmergency: 1, byLead: true }, 'contain-and-replace'],
  ])('%s: %o', (_name, change, expected) => {
    const decision = decideCompromise({ ...proven, ...change });
    expect('why' in decision ? `${decision.kind}: ${decision.why}` : decision.kind).toBe(expected);
  });
});
