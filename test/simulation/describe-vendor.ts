import { describe, expect, it } from 'vitest';
import { runDangerousPairs, runSingles, type Tally, tallyText } from './matrix.ts';
import { settingsOf, type VendorName } from './vendor.ts';
import { modes, scenarioText } from './world.ts';

const shown = 10;

const expectNothingWrong = (name: string, tally: Tally): void => {
  process.stdout.write(`${tallyText(name, tally)}\n`);
  expect(tally.neverFired.slice(0, shown)).toEqual([]);
  expect(tally.unexplained.slice(0, shown).join('\n')).toBe('');
  // The shortest has ten: two slots that heal, and a person's first key.
  expect(tally.cases).toBeGreaterThanOrEqual(10);
};

/** Every single fault of a vendor's runs in every mode, and again in each setting that can make it end otherwise. */
export const describeSingles = (vendor: VendorName, which: 'under prompt' | 'in other settings'): void => {
  describe(`${vendor}: every fault and act at every call`, () => {
    for (const setting of settingsOf(vendor).filter((name) => (name === 'prompt') === (which === 'under prompt'))) {
      it.each(modes)(`%s, ${setting}`, async (mode) => {
        const scenario = { vendor, mode, setting };
        expectNothingWrong(`singles ${scenarioText(scenario)}`, await runSingles(scenario, 'touched'));
      });
    }
  });
};

/** Every two faults after which nobody knows what happened, at the calls that cannot be taken back. */
export const describeDangerousPairs = (vendor: VendorName): void => {
  describe(`${vendor}: dangerous pairs`, () => {
    it.each(modes)('%s', async (mode) => {
      const scenario = { vendor, mode, setting: 'prompt' } as const;
      expectNothingWrong(`pairs ${scenarioText(scenario)}`, await runDangerousPairs(scenario, 'sampled'));
    });
  });
};
