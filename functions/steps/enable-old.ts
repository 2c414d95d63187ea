import { guard } from '../domain/guard.ts';
import type { OpenRotation } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import type { Connection } from '../providers/provider.ts';

/**
 * Brings the old key back where it was disabled, unless it has leaked: a leaked key stays dead, whatever becomes of the
 * rotation. The report may have come since this one began.
 */
export const enableOld = async (
  connection: Connection,
  { old, credential, urgency, containedAt }: OpenRotation,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<void> => {
  if (old === null || connection.enableKey === undefined) return;
  const isReported = (await ledger.obligations('all')).some(
    ({ keyId, target }) => keyId === old.keyId && target.account === credential.target.account,
  );
  const hasLeaked = isReported || urgency === 'emergency' || containedAt !== null;
  if (guard('leaked-stays-dead', !hasLeaked)) await connection.enableKey(old.keyId);
};
