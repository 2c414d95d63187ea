import { type CredentialId, type RotationId, rotationId } from '../domain/identifiers.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { CredentialRecord } from '../domain/rotation.ts';
import type { JournalEntry } from '../ports.ts';
import { quote } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import { CommandError } from './command-error.ts';
import type { Session } from './session.ts';

/** What the ledger knows of a rotation. */
export interface FoundRotation {
  readonly rotationId: RotationId;
  readonly credentialId: CredentialId;
  readonly entries: readonly JournalEntry[];
  /** Its credential's record; the rotation is open in it when the ids agree. */
  readonly record: CredentialRecord | null;
  /** Compromised keys that it was the last to serve, and that nobody has seen refused. */
  readonly obligations: readonly Obligation[];
}

/** @throws CommandError when nothing is known of it, with the name that was probably meant */
export const findRotation = async ({ ports, flags }: Session, given: string | undefined): Promise<FoundRotation> => {
  const id = rotationId(given ?? '');
  const entries = await ports.ledger.entries(id);
  const records = await ports.ledger.all();
  const obligations = (await ports.ledger.obligations('open')).filter((obligation) => obligation.rotationId === id);
  const open = records.find((record) => record.rotation?.rotationId === id);
  const owner = open?.credentialId ?? entries[0]?.credentialId ?? obligations[0]?.credentialId ?? null;
  if (owner !== null) {
    const record = records.find(({ credentialId }) => credentialId === owner) ?? null;
    return { rotationId: id, credentialId: owner, entries, record, obligations };
  }
  const known = records.flatMap(({ rotation, lastEnded }) => [rotation?.rotationId, lastEnded?.rotationId]);
  const near = nearest(
    id,
    known.filter((name) => name !== undefined),
  );
  const credential = records.find(({ credentialId }) => credentialId === given);
  const latest = credential?.rotation?.rotationId ?? credential?.lastEnded?.rotationId ?? near;
  throw new CommandError({
    what: `There is no rotation ${quote(id)} on record.`,
    why:
      credential === undefined
        ? 'No step of a rotation of that name has run.'
        : 'That is a credential; a rotation has an id of its own.',
    next:
      latest === null ? `keyturn status${flags}` : `Perhaps you meant ${latest}. All of them: keyturn status${flags}`,
  });
};
