import type { Obligation } from '../domain/obligation.ts';
import type { OpenRotation } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';
import { inGroups } from './in-groups.ts';

const atOnce = 16;

/** The rotations that the credentials of open obligations have open: how far their replacement has come. */
export const openRotations = async (
  { ledger }: Pick<Ports, 'ledger'>,
  obligations: readonly Obligation[],
): Promise<readonly OpenRotation[]> => {
  const open = obligations.filter(({ refusedAt }) => refusedAt === null);
  const ids = new Set(open.map(({ credentialId }) => credentialId).filter((id) => id !== null));
  const items = await inGroups([...ids], atOnce, (id) => ledger.read(id));
  return items.map(({ record }) => record.rotation).filter((rotation) => rotation !== null);
};
