import { rollBackWith } from '../roll-back.ts';

/** A person made the key: it is disabled, which a person can undo, and not archived. */
export const rollBackSubmitted = rollBackWith('human-created/roll-back', async (connection, keys) => {
  for (const keyId of keys) await (connection.disableKey ?? connection.revokeKey)?.(keyId);
});
