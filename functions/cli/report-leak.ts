import type { Credential } from '../domain/credential.ts';
import type { CompromiseReport } from '../domain/incident.ts';
import { withUncheckedId } from '../domain/obligation.ts';
import { providerOf } from '../providers/index.ts';
import { quote } from '../register/key-like.ts';
import { nearest } from '../register/nearest.ts';
import { lookAtReport, type ReportLook, takeReport } from '../triggers/compromise.ts';
import type { LeakedKey } from '../triggers/resolve-leak.ts';
import { askToGoOn } from './ask.ts';
import type { Answer, Call } from './call.ts';
import { checkAdminKey, listedKeys } from './check-admin-key.ts';
import { clockLines, readClock } from './clock-lines.ts';
import { CommandError } from './command-error.ts';
import { breaksBy, stoppedMeans, uncheckedMeans } from './contain-words.ts';
import { emergencyOptions } from './emergency-options.ts';
import { follow, sayHowItStands } from './follow.ts';
import { followIncident } from './follow-incident.ts';
import { type Session, strategyOfProvider } from './session.ts';
import { whoDecides } from './who-decides.ts';

/** What the person chose; null: what the credential declares. */
export const chosenOrder = ({ arguments: { switches } }: Call): boolean | null => {
  if (switches.has('contain-first') && switches.has('replace-first')) {
    throw new CommandError({
      what: 'The options do not fit together.',
      why: '--contain-first and --replace-first are opposites.',
      next: 'Give one of them, or none: then each credential does as the register declares.',
    });
  }
  if (switches.has('contain-first')) return true;
  return switches.has('replace-first') ? false : null;
};

/**
 * One key has leaked: shows what will happen and what will break, asks, starts it, follows it, and prints the clock.
 *
 * @param question for the person, of the key that was found
 */
export const reportLeak = async (
  call: Call,
  session: Session,
  report: CompromiseReport,
  question: (key: LeakedKey) => string,
): Promise<Answer> => {
  const { ports, flags } = session;
  const options = emergencyOptions(session);
  const choice = { containFirst: chosenOrder(call), decidedBy: whoDecides(call.io) };
  const look = await lookAtReport(report, ports, options, choice);
  const [key] = look.resolved.keys;
  if (key === undefined) throw await notFound(session, report, look);
  const { credential, keyId } = key;
  if (credential !== null) {
    const containFirst = choice.containFirst ?? credential.emergency === 'contain-first';
    refuseWithoutKey(session, credential, containFirst || !key.serves);
    await checkAdminKey(session, credential);
    if (key.serves) for (const line of breaksBy(credential, containFirst, keyId)) call.say(line);
    else call.say(`Key ${keyId} does not serve: it is stopped and seen refused, and nothing is replaced.`);
    if (containFirst || !key.serves) call.say(stoppedMeans(key.target.provider));
  } else {
    call.say(`${key.credentialId} is not in the register any more: ${keyId} is stopped, and not replaced.`);
  }
  const { unlooked } = look.resolved;
  if (unlooked !== undefined) for (const line of uncheckedMeans(unlooked)) call.say(line);
  await askToGoOn(call, question(key));
  const told = unlooked === undefined ? report : { ...report, reason: withUncheckedId(report.reason) };
  const { accepted, unrecorded } = await takeReport(told, ports, options, choice);
  const { incidentId } = accepted;
  if (unrecorded !== null) call.say(`It is started, but not all of it is on record yet: ${unrecorded.message}`);
  const [started] = accepted.keys;
  const rotationId = started?.rotationId ?? null;
  if (credential === null || rotationId === null) {
    const found = await ports.ledger.incident(incidentId);
    return found === null ? { exitCode: 1, json: { incidentId } } : followIncident(call, session, found.incident);
  }
  call.say(`${incidentId}: ${rotationId} started, an emergency of ${credential.id}.`);
  if (call.arguments.switches.has('detach')) {
    sayHowItStands(call, session, rotationId);
    return { exitCode: 0, json: { incidentId, rotationId, credential: credential.id, started: true } };
  }
  const answer = await follow(call, session, credential, { rotationId, urgency: 'emergency' }, keyId);
  const incident = (await ports.ledger.incident(incidentId))?.incident;
  if (incident === undefined) return { ...answer, json: { ...answer.json, incidentId } };
  const clock = await readClock(session, incident, [key]);
  for (const line of clockLines(clock, call.io.stdout)) call.say(line);
  call.say(`The report: keyturn incident ${incidentId}${flags}`);
  return { ...answer, json: { ...answer.json, incidentId, clock } };
};

/** Nobody but a person makes these keys: a rotation without one could only end in a request for one. */
export const refuseWithoutKey = ({ flags }: Session, { id, target }: Credential, containsFirst: boolean): void => {
  if (containsFirst || strategyOfProvider(target.provider) !== 'human-created') return;
  throw new CommandError({
    what: `${id} cannot be rotated without a new key.`,
    why: `Only a person can make keys at ${providerOf(target.provider).title}.`,
    next: `Make one there, then hand it in: keyturn submit ${id}${flags} (has the old one leaked: keyturn compromised --credential ${id} --contain-first${flags})`,
  });
};

/** A mistyped id would be "contained" and "proven dead" while the leaked key lives. */
const notFound = async (
  session: Session,
  { leak }: CompromiseReport,
  { resolved }: ReportLook,
): Promise<CommandError> => {
  if (leak.kind === 'unknown') {
    return new CommandError(
      {
        what: 'No key of ours has this value.',
        why: resolved.why,
        next: `If it may be of one of our accounts, find its id in the vendor's console, then: keyturn compromised --key KEY_ID --account ACCOUNT${session.flags}`,
      },
      1,
    );
  }
  if (leak.kind !== 'key') {
    return new CommandError({
      what: 'Nothing was found that could have leaked.',
      why: resolved.why,
      next: `If you know the key's id: keyturn compromised --key KEY_ID --account ACCOUNT${session.flags}`,
    });
  }
  const credential = session.register.credentials.find(({ target }) => target.account === leak.account);
  const listed = credential === undefined ? null : await listedKeys(session, credential);
  const near = nearest(leak.keyId, listed ?? []);
  return new CommandError({
    what: `${leak.account} has no key ${quote(leak.keyId)}.`,
    why: `${resolved.why} It is mistyped, or in another account.`,
    next:
      near === null
        ? `Look at the keys there, or at what serves: keyturn status${session.flags}`
        : `Perhaps you meant --key ${near}`,
  });
};
