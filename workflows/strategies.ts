import type { Strategy } from '../functions/domain/credential.ts';
import type { Flow } from './flow.ts';
import { humanCreated } from './human-created.ts';
import { overlap } from './overlap.ts';
import { twoSlot } from './two-slot.ts';

/** The flow of each strategy. */
export const flows: { readonly [Name in Strategy]: Flow } = {
  overlap,
  'two-slot': twoSlot,
  'human-created': humanCreated,
};
