import { replaceSteps } from './flow.ts';
import { overlap } from './overlap.ts';

/** A person makes the key and submits it; from there everything is as in the overlap flow. */
export const humanCreated = replaceSteps(
  overlap,
  'Adopt the key that a person submitted, move to it, wait, revoke the old one, prove that it is refused.',
  { CreateKey: 'human-created/create-key', RollBack: 'human-created/roll-back' },
);
