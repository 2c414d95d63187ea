import { Fault } from '../domain/fault.ts';
import { type CredentialId, credentialId } from '../domain/identifiers.ts';
import type { CredentialRecord, Retirement } from '../domain/rotation.ts';
import { quote } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import { type Asked, type Worked, wordsOf, workOnRetirement } from '../watch/serve-retirements.ts';
import { askToGoOn } from './ask.ts';
import type { Answer, Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { timeOf } from './entry-line.ts';
import { type Declared, readRegister, type Session, withSession } from './session.ts';

/** Ends a credential that has left the register: its last key dies, its secret stays. */
export const retire: Run = async (call) => {
  const declared = await readRegister(call, 'ignored');
  const id = credentialId(call.arguments.positionals[0] ?? '');
  refuseDeclared(declared, id);
  return withSession(call, declared, async (session) => {
    const { ports, flags, running } = session;
    const { record, revision } = await ports.ledger.read(id);
    const done = record.retirement;
    if (done?.refusedAt != null) {
      call.say(`${id} was retired at ${timeOf(done.refusedAt)}: ${done.keyId} ${String(done.evidence)}.`);
      return { exitCode: 0, json: jsonOf(id, done) };
    }
    const asked = await whatToRetire(call, session, record, revision);
    sayWhat(call, asked);
    if (call.arguments.switches.has('dry-run')) {
      call.say(`now        ${await stateOf(asked, session)}`);
      call.say('A dry run: nothing was changed.');
      return { exitCode: 0, json: { ...jsonOf(id, asked.retirement), dryRun: true } };
    }
    if (done === null) {
      await askToGoOn(call, `Revoke ${asked.retirement.keyId} for good, once nobody uses it?`);
      if (!(await ports.ledger.replace({ ...record, retirement: asked.retirement }, revision)))
        throw changed(id, flags);
    }
    call.ifInterrupted({ what: 'Interrupted. It stays asked for.', next: `keyturn retire ${id}${flags}` });
    if (running === null) {
      call.say(`Asked for. Reconcile works on it every few minutes; to see how it stands: keyturn status${flags}`);
      return { exitCode: 0, json: jsonOf(id, asked.retirement) };
    }
    return untilRefused(call, session, id);
  });
};

const refuseDeclared = ({ register, registerFile }: Declared, id: CredentialId): void => {
  if (!register.credentials.some((credential) => credential.id === id)) return;
  throw new CommandError({
    what: `${id} is in the register.`,
    why: 'What is declared is kept alive and rotated.',
    next: `Remove it from ${registerFile}, deploy, and run the same command again.`,
  });
};

/** @throws CommandError where there is nothing to retire, or a rotation has to end first */
const whatToRetire = async (
  call: Call,
  { ports, flags }: Session,
  record: CredentialRecord,
  revision: number,
): Promise<Asked> => {
  const { credentialId: id, rotation, serving, lastEntry: entry } = record;
  if (revision === 0) throw await unknown(ports, id, flags);
  if (rotation !== null) {
    throw new CommandError({
      what: `${id} has a rotation open.`,
      why: `${rotation.rotationId} still works on its keys, from its own copy of the register's entry.`,
      next: `Let it end first: keyturn resume ${rotation.rotationId}${flags}`,
    });
  }
  if (serving === null) {
    throw new CommandError({
      what: `${id} has no key to retire.`,
      why: 'No rotation of it has ended with a key that serves. What a person put into its secret is not Keyturn’s.',
      next: 'Revoke that key at the provider, where there is one.',
    });
  }
  if (entry === null) {
    throw new CommandError({
      what: `Nobody knows where the key of ${id} lives.`,
      why: 'It was last rotated by an earlier version, which did not write that down.',
      next: `Put its entry back, then: keyturn rotate ${id}${flags}. From then on it can be retired.`,
    });
  }
  const retirement: Retirement = record.retirement ?? {
    keyId: serving.keyId,
    askedAt: ports.clock.now(),
    reason: call.arguments.values.get('reason') ?? 'asked for on the command line',
    sentAt: null,
    refusedAt: null,
    evidence: null,
  };
  return { record, revision, entry, retirement };
};

const unknown = async ({ ledger }: Session['ports'], id: CredentialId, flags: string): Promise<CommandError> => {
  const known = (await ledger.all()).map((record) => record.credentialId);
  const near = nearest(id, known);
  return new CommandError({
    what: `There is no credential ${quote(id)} on record.`,
    why: 'Keyturn has never rotated one of that name, so it has no key that Keyturn made.',
    next: near === null ? `keyturn status${flags}` : `Perhaps you meant ${near}.`,
  });
};

const changed = (id: CredentialId, flags: string): CommandError =>
  new CommandError(
    {
      what: `${id} was written by another at this moment.`,
      why: 'A run may have begun on it.',
      next: `Look, then try again: keyturn status${flags}`,
    },
    1,
  );

const sayWhat = ({ say }: Call, { entry, retirement }: Asked): void => {
  const { provider, account } = entry.target;
  say(`credential ${entry.id}, which is not in the register`);
  say(`key        ${retirement.keyId} at ${provider}, account ${account}: revoked for good, and seen refused`);
  say(`secret     ${entry.secret}: kept as it is`);
};

/** On AWS a person need not be allowed to look at keys: the functions are. */
const stateOf = async (asked: Asked, { ports }: Session): Promise<string> => {
  try {
    return wordsOf((await workOnRetirement(asked, ports, true)).decision);
  } catch (error) {
    if (error instanceof Fault) return `not readable from here: ${error.message}`;
    throw error;
  }
};

const pauseSeconds = 2;
/** Revoked so often and still accepted, it is for the next pass of reconcile, and for a person. */
const mostRevocations = 2;

/** On one machine nobody else does it. */
const untilRefused = async (call: Call, { ports, flags }: Session, id: CredentialId): Promise<Answer> => {
  const again = `It stays asked for, and goes on with: keyturn retire ${id}${flags}`;
  let revocations = 0;
  for (;;) {
    const { record, revision } = await ports.ledger.read(id);
    const { retirement, lastEntry: entry } = record;
    if (retirement === null || entry === null) throw changed(id, flags);
    const { decision, acted }: Worked = await workOnRetirement({ record, revision, entry, retirement }, ports, false);
    const { keyId, sentAt } = retirement;
    if (decision.kind === 'close' && acted) {
      call.say(`${keyId} ${decision.evidence}. ${id} is retired.`);
      return { exitCode: 0, json: jsonOf(id, (await ports.ledger.read(id)).record.retirement ?? retirement) };
    }
    if (decision.kind === 'revoke' && acted) {
      revocations += 1;
      call.say(`${keyId} was revoked.`);
    }
    const isOver = decision.kind === 'needs-person' || (decision.kind === 'wait' && sentAt === null);
    if (isOver || revocations > mostRevocations) {
      call.say(`Not yet: ${wordsOf(decision)}. ${again}`);
      return {
        exitCode: decision.kind === 'wait' ? 0 : 1,
        json: { ...jsonOf(id, retirement), waits: wordsOf(decision) },
      };
    }
    await ports.clock.sleep(pauseSeconds);
  }
};

const jsonOf = (credential: CredentialId, { keyId, askedAt, sentAt, refusedAt, evidence }: Retirement) => ({
  credential,
  keyId,
  askedAt,
  sentAt,
  refusedAt,
  evidence,
});
