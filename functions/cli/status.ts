import type { Credential } from '../domain/credential.ts';
import { dueInstant } from '../domain/decisions/due.ts';
import { Fault } from '../domain/fault.ts';
import type { Instant, KeyId } from '../domain/identifiers.ts';
import type { Obligation } from '../domain/obligation.ts';
import { type CredentialRecord, emptyRecord } from '../domain/rotation.ts';
import type { Run } from './call.ts';
import { timeOf } from './entry-line.ts';
import { findCredential, readRegister, type Session, withSession } from './session.ts';
import { keyIdNow } from './summary.ts';
import { table } from './table.ts';

type Row = {
  readonly credential: Credential;
  readonly keyId: KeyId | null;
  /** Why the key's id could not be read; null when it could. */
  readonly unread: string | null;
  readonly record: CredentialRecord;
  readonly dueAt: Instant | null;
  readonly obligations: readonly Obligation[];
};

/** Every credential, or one: its key, when it is due, what is open. */
export const status: Run = async (call) => {
  const [given] = call.arguments.positionals;
  const declared = await readRegister(call, 'ignored');
  const credentials = given === undefined ? declared.register.credentials : [findCredential(declared, given)];
  return withSession(call, declared, async (session) => {
    const { ports } = session;
    const records = new Map((await ports.ledger.all()).map((record) => [record.credentialId, record]));
    const open = await ports.ledger.obligations('open');
    const rows = await inGroups(credentials, (credential) =>
      rowOf(session, credential, records.get(credential.id) ?? emptyRecord(credential.id), open),
    );
    const shown = [
      ['CREDENTIAL', 'KEY', 'LAST ROTATED', 'NEXT DUE', 'OPEN ROTATION', 'COMPROMISED'],
      ...rows.map((row) => cellsOf(row, ports.clock.now())),
    ];
    for (const line of table(shown, call.io.stdout)) call.say(line);
    for (const { rotation, lastEnded } of given === undefined ? [] : rows.map(({ record }) => record)) {
      if (rotation !== null) call.say(`The open rotation: keyturn show ${rotation.rotationId}${session.flags}`);
      if (lastEnded !== null)
        call.say(`The last that ended (${lastEnded.outcome}): keyturn show ${lastEnded.rotationId}${session.flags}`);
    }
    const left = given === undefined ? leftIn(records, declared.register.credentials) : [];
    for (const record of left)
      call.say(`${record.credentialId} is not in the register: ${whatLives(record, session.flags)}`);
    return { exitCode: 0, json: { credentials: rows.map(jsonOf), left: left.map(leftJson) } };
  });
};

/** What has left the register, and has a key that lives or a rotation that is open. */
const leftIn = (
  records: ReadonlyMap<string, CredentialRecord>,
  declared: readonly Credential[],
): readonly CredentialRecord[] => {
  const known = new Set<string>(declared.map(({ id }) => id));
  return [...records.values()].filter(
    ({ credentialId, serving, rotation }) => !known.has(credentialId) && (serving !== null || rotation !== null),
  );
};

const whatLives = (
  { credentialId, rotation, serving, retirement, lastEntry }: CredentialRecord,
  flags: string,
): string => {
  if (rotation !== null)
    return `its rotation ${rotation.rotationId} is open, and goes on with the entry as it was. keyturn show ${rotation.rotationId}${flags}`;
  const { provider, account } = lastEntry?.target ?? { provider: 'its provider', account: null };
  const key = `its key ${serving?.keyId ?? ''} at ${provider}${account === null ? '' : `, account ${account},`}`;
  if (retirement !== null) return `${key} is being retired, and not seen refused yet.`;
  return `${key} lives, and nobody rotates it. keyturn retire ${credentialId}${flags}`;
};

const leftJson = ({ credentialId, rotation, serving, retirement, lastEntry }: CredentialRecord) => ({
  credential: credentialId,
  keyId: serving?.keyId ?? null,
  provider: lastEntry?.target.provider ?? null,
  account: lastEntry?.target.account ?? null,
  secret: lastEntry?.secret ?? null,
  rotationId: rotation?.rotationId ?? null,
  retirement,
});

const atOnce = 8;

const inGroups = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> => {
  const done: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    done.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  }
  return done;
};

const rowOf = async (
  session: Session,
  credential: Credential,
  record: CredentialRecord,
  open: readonly Obligation[],
): Promise<Row> => {
  const look = await keyIdNow(session, credential).catch((error: unknown) => {
    if (error instanceof Fault) return error;
    throw error;
  });
  return {
    credential,
    keyId: look instanceof Fault ? null : look,
    unread: look instanceof Fault ? look.message : null,
    record,
    dueAt: dueInstant(credential, record.lastRotatedAt),
    obligations: open.filter(({ credentialId }) => credentialId === credential.id),
  };
};

const cellsOf = ({ credential, keyId, unread, record, dueAt, obligations }: Row, now: Instant): readonly string[] => {
  const { rotation, lastRotatedAt } = record;
  return [
    credential.id,
    unread === null ? (keyId ?? '-') : 'not readable',
    lastRotatedAt === null ? 'never' : timeOf(lastRotatedAt),
    dueAt === null || dueAt <= now ? 'now' : timeOf(dueAt),
    rotation === null ? '-' : `${rotation.endedAs ?? rotation.phase} ${rotation.rotationId}`,
    obligations.length === 0 ? '-' : obligations.map((obligation) => obligation.keyId).join(', '),
  ];
};

const jsonOf = ({ credential, keyId, unread, record, dueAt, obligations }: Row) => ({
  credential: credential.id,
  provider: credential.target.provider,
  account: credential.target.account,
  secret: credential.secret,
  keyId,
  ...(unread === null ? {} : { unread }),
  lastRotatedAt: record.lastRotatedAt,
  dueAt,
  rotation: record.rotation && {
    rotationId: record.rotation.rotationId,
    urgency: record.rotation.urgency,
    phase: record.rotation.phase,
    endedAs: record.rotation.endedAs,
    startedAt: record.rotation.startedAt,
    containedAt: record.rotation.containedAt,
    cutOverAt: record.rotation.cutOverAt,
    oldKeyId: record.rotation.old?.keyId ?? null,
    newKeyId: record.rotation.new?.keyId ?? null,
  },
  lastEnded: record.lastEnded,
  obligations,
  leftovers: record.leftovers,
});
