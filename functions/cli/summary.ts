import type { Credential, Strategy } from '../domain/credential.ts';
import type { Instant, KeyId, RotationId } from '../domain/identifiers.ts';
import type { Outcome, RotationRequest, Urgency } from '../domain/rotation.ts';
import type { JournalEntry } from '../ports.ts';
import { readCurrent } from '../steps/current-key.ts';
import { type Session, strategyOfProvider } from './session.ts';

/** How a rotation went: what `--json` prints of it. */
export type Summary = {
  readonly rotationId: RotationId;
  readonly credential: string;
  readonly provider: string;
  readonly strategy: Strategy;
  readonly urgency: Urgency;
  readonly outcome: Outcome | null;
  /** Why it ended so; what was seen, when it is `Done`. */
  readonly detail: string;
  readonly startedAt: Instant | null;
  readonly containedAt: Instant | null;
  readonly cutOverAt: Instant | null;
  readonly oldKeyRefusedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly oldKeyId: string | null;
  readonly newKeyId: string | null;
};

/** @param oldKeyId the key that served, or was said to have leaked, when it was started */
export const summaryOf = async (
  session: Session,
  credential: Credential,
  { rotationId, urgency }: Pick<RotationRequest, 'rotationId' | 'urgency'>,
  outcome: Outcome | null,
  oldKeyId: string | null,
): Promise<Summary> => {
  const { ledger } = session.ports;
  const entries = await ledger.entries(rotationId);
  const { rotation } = (await ledger.read(credential.id)).record;
  const open = rotation?.rotationId === rotationId ? rotation : null;
  const times = timesOf(entries);
  return {
    rotationId,
    credential: credential.id,
    provider: credential.target.provider,
    strategy: strategyOfProvider(credential.target.provider),
    urgency,
    outcome,
    ...times,
    containedAt: times.containedAt ?? open?.containedAt ?? null,
    cutOverAt: open?.cutOverAt ?? times.cutOverAt,
    oldKeyId: open?.old?.keyId ?? oldKeyId,
    newKeyId: outcome === 'Done' ? await keyIdNow(session, credential) : (open?.new?.keyId ?? null),
  };
};

/** The id of the key that AWSCURRENT holds; null when there is none, or when Keyturn did not write it. */
export const keyIdNow = async (session: Session, credential: Credential): Promise<KeyId | null> =>
  (await readCurrent(session.ports, credential)).current?.keyId ?? null;

/** What the journal tells of a rotation. After a crash an entry may stand twice: the first one counts. */
export const timesOf = (
  entries: readonly JournalEntry[],
): Pick<Summary, 'detail' | 'startedAt' | 'containedAt' | 'cutOverAt' | 'oldKeyRefusedAt' | 'endedAt'> => {
  const first = (step: string, ...events: readonly string[]): JournalEntry | undefined =>
    entries.find((entry) => entry.step === step && (events.length === 0 || events.includes(entry.event)));
  const end = first('end');
  return {
    detail: end?.detail ?? '',
    startedAt: entries[0]?.at ?? null,
    containedAt: first('contain', 'contain', 'disable', 'revoke')?.at ?? null,
    // A first key serves from the moment that it is stored.
    cutOverAt: (first('cut-over', 'move', 'already') ?? first('confirm', 'confirmed'))?.at ?? null,
    oldKeyRefusedAt: first('prove-refused', 'proven')?.at ?? null,
    endedAt: end?.at ?? null,
  };
};
