import { strategyOf } from '../../functions/providers/connect.ts';
import { providerOf } from '../../functions/providers/index.ts';
import type { ReconcileOptions } from '../../functions/watch/pass.ts';
import { type ReconcileReport, reconcile } from '../../functions/watch/reconcile.ts';
import type { RotationWorld } from '../rotation/rotation-world.ts';

export const options: ReconcileOptions = {
  provider: null,
  strategyOf: (provider) => strategyOf(providerOf(provider)),
  maximumStarts: 20,
  letCallsLandSeconds: 120,
  dryRun: false,
};

export type Reconciled = Pick<ReconcileReport, 'found' | 'failed'>;

/** One pass over a world. Every key here is put there by hand, so its print says nothing: print-current has its tests. */
export const reconcileOnce = async (
  { local }: RotationWorld,
  change: Partial<ReconcileOptions> = {},
): Promise<Reconciled> => {
  const { found, failed } = await reconcile(local.ports, { ...options, ...change });
  return { found: found.filter(({ part }) => part !== 'prints'), failed };
};

/** What a pass did, as `part: deed`. */
export const deeds = ({ found }: Reconciled): readonly string[] =>
  found.flatMap(({ part, did }) => (did === null ? [] : [`${part}: ${did}`]));
