import { rollBackWith } from '../roll-back.ts';

/** A slot cannot be given back: both values stay as they are, and only labels move. */
export const rollBackSlots = rollBackWith('two-slot/roll-back', () => Promise.resolve());
