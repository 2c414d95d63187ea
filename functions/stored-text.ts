import * as z from 'zod/mini';
import { Fault } from './domain/fault.ts';
import { keyId, rotationId } from './domain/identifiers.ts';
import type { Incident } from './domain/incident.ts';
import type { KeyPrint } from './domain/key-print.ts';
import type { Obligation } from './domain/obligation.ts';
import type { CredentialRecord } from './domain/rotation.ts';
import { SecretValue } from './domain/secret-value.ts';
import type { JournalEntry, KeyPayload } from './ports.ts';

/**
 * Grows when a record of an earlier Keyturn can no longer be read as it is, or one of ours not by the Keyturn before. A
 * field more is neither: who does not know it keeps it. A new phase or outcome is, and so takes two deploys, or the
 * first could not be rolled back: one that reads both forms, and a later one that writes the new. A version that meets
 * a form which it does not know touches nothing.
 */
const form = 1;

const has = (value: unknown, ...fields: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && fields.every((field) => field in value);

/** Keyturn 0.1.0 wrote obligations without these. */
type Later = 'incidentId' | 'reportedAt' | 'firstRefusedAt' | 'replacedAt' | 'consumersMovedAt';
type StoredObligation = Omit<Obligation, Later> & Partial<Pick<Obligation, Later>>;
const nothingLater = { incidentId: null, firstRefusedAt: null, replacedAt: null, consumersMovedAt: null } as const;

/** And records without these. */
type LaterOfRecord = 'lastEntry' | 'retirement';
type StoredRecord = Omit<CredentialRecord, LaterOfRecord> & Partial<Pick<CredentialRecord, LaterOfRecord>>;

/** Our own writing is trusted for what is inside; the form's number and the fields that find it are checked. */
const forms = {
  record: z.object({ form: z.literal(form), is: z.custom<StoredRecord>((is) => has(is, 'credentialId', 'epoch')) }),
  obligation: z.object({ form: z.literal(form), is: z.custom<StoredObligation>((is) => has(is, 'keyId', 'target')) }),
  entry: z.object({
    form: z.literal(form),
    is: z.custom<JournalEntry>((is) => has(is, 'rotationId', 'step', 'event')),
  }),
  print: z.object({ form: z.literal(form), is: z.custom<KeyPrint>((is) => has(is, 'fingerprint', 'keyId')) }),
  incident: z.object({ form: z.literal(form), is: z.custom<Incident>((is) => has(is, 'incidentId', 'acceptedAt')) }),
};

/** The text in which both sets of adapters keep a record. */
export const writeStored = (is: CredentialRecord | Obligation | JournalEntry | KeyPrint | Incident): string =>
  JSON.stringify({ form, is });

export const readRecord = (text: string): CredentialRecord => ({
  lastEntry: null,
  retirement: null,
  ...readStored(forms.record, text, 'credential'),
});
export const readEntry = (text: string): JournalEntry => readStored(forms.entry, text, 'journal entry');
export const readPrint = (text: string): KeyPrint => readStored(forms.print, text, 'print of a key');
export const readIncident = (text: string): Incident => readStored(forms.incident, text, 'incident');

export const readObligation = (text: string): Obligation => {
  const is = readStored(forms.obligation, text, 'obligation');
  return { ...nothingLater, reportedAt: is.acceptedAt, ...is };
};

/** @throws Fault `NeedsPerson` for text that this version of Keyturn did not write and cannot read */
const readStored = <T>(schema: z.ZodMiniType<{ form: 1; is: T }>, text: string, what: string): T => {
  const parsed = schema.safeParse(json(text));
  if (parsed.success) return parsed.data.is;
  throw new Fault(
    'NeedsPerson',
    `A stored ${what} is not in the form that this version of Keyturn reads: another version wrote it, or it was ` +
      'edited by hand. Nothing was changed. Use the version that wrote it, or restore the record.',
  );
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What consumers read: they take `apiKey`. The same payload is always the same text. */
export const writePayload = ({ apiKey, keyId, rotationId }: KeyPayload): SecretValue =>
  new SecretValue(JSON.stringify({ apiKey: apiKey.expose(), keyId, rotationId }));

const payload = z.object({
  apiKey: z.string().check(z.minLength(1)),
  keyId: z.nullish(z.string()),
  rotationId: z.nullish(z.string()),
});

/**
 * Reads a version's text: ours, or one that was there before Keyturn, which is the key itself or JSON with an
 * `apiKey`.
 *
 * @throws Fault `NeedsPerson` for JSON without an `apiKey`
 */
export const readPayload = (text: SecretValue): KeyPayload => {
  const value = json(text.expose());
  if (typeof value !== 'object' || value === null) return { apiKey: text, keyId: null, rotationId: null };
  const parsed = payload.safeParse(value);
  if (!parsed.success) {
    throw new Fault(
      'NeedsPerson',
      'The secret holds JSON without the field "apiKey", so Keyturn cannot tell which part of it is the key. ' +
        'Nothing was changed. Store {"apiKey":"..."} or the key alone, and let its consumers read that.',
    );
  }
  const { data } = parsed;
  return {
    apiKey: new SecretValue(data.apiKey),
    keyId: data.keyId == null ? null : keyId(data.keyId),
    rotationId: data.rotationId == null ? null : rotationId(data.rotationId),
  };
};
