import type { Urgency } from '../../../functions/domain/rotation.ts';
import type { ProviderId } from '../rotation-world.ts';

export interface Scenario {
  readonly name: string;
  readonly provider: ProviderId;
  readonly urgency: Urgency;
  /** Whether there is a key before; without one it is the credential's first. */
  readonly hasOldKey: boolean;
  /** What differs from the simulator's defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Long enough that each wait for the vendor takes a few looks; every request takes a second. */
const lags = { activationLagSeconds: 3, revocationLagSeconds: 3 };

const scheduled = { urgency: 'scheduled', hasOldKey: true } as const;
const emergency = { urgency: 'emergency', hasOldKey: true } as const;

/** Every strategy on schedule, and the ways that differ from it before the cut-over. */
export const scenarios: readonly Scenario[] = [
  { name: 'openai', provider: 'openai', ...scheduled, options: lags },
  { name: 'pinecone', provider: 'pinecone', ...scheduled, options: lags },
  { name: 'azure-openai', provider: 'azure-openai', ...scheduled, options: {} },
  { name: 'anthropic', provider: 'anthropic', ...scheduled, options: lags },
  { name: 'openai, leaked', provider: 'openai', ...emergency, options: lags },
  { name: 'openai, first key', provider: 'openai', urgency: 'scheduled', hasOldKey: false, options: lags },
];
