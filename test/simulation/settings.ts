/**
 * How slow the world is, and how late a call can land. The five are chosen for what each one breaks. On each commit every
 * single runs under `prompt`, and under the others those that the setting touches (enumerate.ts, singlesTouchedBy).
 */
export interface Setting {
  /** How long a new key is refused, and a dead one still accepted, in seconds. */
  readonly activationLagSeconds: number;
  readonly revocationLagSeconds: number;
  /** Keys on one page of a listing. */
  readonly pageSize: number;
  /** How long after its caller died a call lands, in seconds. */
  readonly lateSeconds: number;
}

export const letCallsLandSeconds = 120;

export const settings = {
  /** Everything at once, on one page: what most tests assume. */
  prompt: { activationLagSeconds: 0, revocationLagSeconds: 0, pageSize: 100, lateSeconds: 45 },
  /** As vendors are: a moment either way, a page per key, and a call that lands just before its waiter looks. */
  lagging: { activationLagSeconds: 20, revocationLagSeconds: 30, pageSize: 1, lateSeconds: 115 },
  /** A dead key is accepted for longer than ProveRefused asks (604 s). */
  'slow-death': { activationLagSeconds: 0, revocationLagSeconds: 1380, pageSize: 100, lateSeconds: 45 },
  /** A new key is refused for longer than Validate asks (176 s): nothing may be cut over, and nothing left behind. */
  'slow-birth': { activationLagSeconds: 300, revocationLagSeconds: 0, pageSize: 1, lateSeconds: 45 },
  /** Calls land later than anybody waits (4 min, as in AWS's outage of 2025-10-19): what no order closes, sweeps must. */
  'too-late': { activationLagSeconds: 0, revocationLagSeconds: 0, pageSize: 100, lateSeconds: 240 },
} as const satisfies Readonly<Record<string, Setting>>;
export type SettingName = keyof typeof settings;
export const settingNames = [
  'prompt',
  'lagging',
  'slow-death',
  'slow-birth',
  'too-late',
] as const satisfies readonly SettingName[];
