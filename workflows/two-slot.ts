import { replaceSteps } from './flow.ts';
import { overlap } from './overlap.ts';

/** Two slots that live side by side: regenerate the one not in use, move, regenerate the other. */
export const twoSlot = replaceSteps(
  overlap,
  'Regenerate the slot not in use, move to it, wait, regenerate the other, prove that its old value is refused.',
  { CreateKey: 'two-slot/create-key', RevokeOld: 'two-slot/revoke-old', RollBack: 'two-slot/roll-back' },
);
