import type { Scenario } from '../simulation/world.ts';

export interface Way {
  readonly scenario: Scenario;
  /** What goes wrong, as the simulation writes it. */
  readonly plan: readonly string[];
}

const calm: readonly string[] = [];
const cutOverDenied = ['cut-over.vault.moveLabel#1=denied'];
const confirmFinds = ['confirm.http.GET models#1=person-kills-new'];

/** The ways that a run can take, of each strategy: between them they call every step of its definition. */
export const ways: Readonly<Record<string, Way>> = {
  'overlap-on-schedule': { scenario: { vendor: 'delete-only', mode: 'scheduled', setting: 'prompt' }, plan: calm },
  'overlap-reversible': { scenario: { vendor: 'reversible', mode: 'scheduled', setting: 'prompt' }, plan: calm },
  'overlap-first-issue': { scenario: { vendor: 'delete-only', mode: 'first-issue', setting: 'prompt' }, plan: calm },
  'overlap-contain-first': {
    scenario: { vendor: 'delete-only', mode: 'contain-first', setting: 'prompt' },
    plan: calm,
  },
  'overlap-replace-first': {
    scenario: { vendor: 'delete-only', mode: 'replace-first', setting: 'prompt' },
    plan: calm,
  },
  'overlap-rolled-back': {
    scenario: { vendor: 'delete-only', mode: 'scheduled', setting: 'slow-birth' },
    plan: calm,
  },
  'overlap-rolled-back-late': {
    scenario: { vendor: 'delete-only', mode: 'scheduled', setting: 'prompt' },
    plan: confirmFinds,
  },
  'overlap-slow-to-die': { scenario: { vendor: 'no-usage', mode: 'scheduled', setting: 'slow-death' }, plan: calm },
  'two-slot-on-schedule': { scenario: { vendor: 'two-slot', mode: 'scheduled', setting: 'prompt' }, plan: calm },
  'two-slot-contain-first': {
    scenario: { vendor: 'two-slot', mode: 'contain-first', setting: 'prompt' },
    plan: calm,
  },
  'two-slot-rolled-back': {
    scenario: { vendor: 'two-slot', mode: 'scheduled', setting: 'prompt' },
    plan: cutOverDenied,
  },
  'human-created-submitted': { scenario: { vendor: 'human', mode: 'scheduled', setting: 'prompt' }, plan: calm },
  'human-created-first-issue': { scenario: { vendor: 'human', mode: 'first-issue', setting: 'prompt' }, plan: calm },
  'human-created-contain-first': {
    scenario: { vendor: 'human', mode: 'contain-first', setting: 'prompt' },
    plan: calm,
  },
  'human-created-rolled-back': {
    scenario: { vendor: 'human', mode: 'scheduled', setting: 'prompt' },
    plan: cutOverDenied,
  },
};
