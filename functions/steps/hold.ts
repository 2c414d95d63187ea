import { Fault, Superseded } from '../domain/fault.ts';
import { guard } from '../domain/guard.ts';
import type { CredentialRecord, OpenRotation, RotationRequest } from '../domain/rotation.ts';
import type { Ports } from '../ports.ts';

/** The open rotation as the ledger has it, and what is needed to write it back. */
export interface Held {
  readonly record: CredentialRecord;
  readonly revision: number;
  readonly rotation: OpenRotation;
}

type Owner = Pick<RotationRequest, 'credentialId' | 'rotationId'>;

/**
 * Reads the rotation that this run holds.
 *
 * @throws Superseded when the lease is another's: this run must start no further effect
 */
export const hold = async ({ ledger }: Pick<Ports, 'ledger'>, owner: Owner): Promise<Held> =>
  holding(await ledger.read(owner.credentialId), owner);

/** The same of a record that was read before. @throws Superseded */
export const holding = ({ record, revision }: Omit<Held, 'rotation'>, owner: Owner): Held => {
  const { lease, rotation } = record;
  if (rotation === null || !guard('own-lease', lease?.rotationId === owner.rotationId)) {
    throw new Superseded(`${owner.rotationId} no longer holds ${owner.credentialId}; it starts nothing further.`);
  }
  return { record, revision, rotation };
};

/**
 * Writes what is about to be done, or was. The condition on the revision is the fence: a run that has lost the lease
 * cannot write, so it cannot go on to act.
 *
 * @throws Fault `NothingChanged` when somebody wrote in between
 */
export const write = async (
  { ledger }: Pick<Ports, 'ledger'>,
  held: Held,
  change: Partial<OpenRotation>,
): Promise<Held> => {
  const rotation = { ...held.rotation, ...change };
  const record = { ...held.record, rotation };
  await replace({ ledger }, record, held.revision);
  return { record, revision: held.revision + 1, rotation };
};

/** @throws Fault `NothingChanged` when somebody wrote in between */
export const replace = async (
  { ledger }: Pick<Ports, 'ledger'>,
  record: CredentialRecord,
  revision: number,
): Promise<void> => {
  if (guard('fence', await ledger.replace(record, revision))) return;
  throw new Fault(
    'NothingChanged',
    `The ledger's item of ${record.credentialId} was changed by another at this moment.`,
  );
};
