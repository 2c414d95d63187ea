import { approveIncident, planIncident } from '../triggers/approve-incident.ts';
import { accessLines } from './access-lines.ts';
import { askToGoOn } from './ask.ts';
import type { Answer, Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { uncheckedMeans } from './contain-words.ts';
import { emergencyOptions } from './emergency-options.ts';
import { followIncident } from './follow-incident.ts';
import { findIncident } from './incident.ts';
import { lookAtLeakedAdmin } from './look-at-admin.ts';
import { planLines, unnamedLines } from './plan-lines.ts';
import { chosenOrder } from './report-leak.ts';
import { approveRotation } from './resume.ts';
import { readRegister, type Session, withSession } from './session.ts';
import { whoDecides } from './who-decides.ts';

/** A person's word: to an incident that waits for one, or that the old key of a rotation may die although it is in use. */
export const approve: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), (session) =>
    call.arguments.positionals[0]?.startsWith('inc-') === true
      ? approveWaiting(call, session)
      : approveRotation(call, session),
  );

const approveWaiting = async (call: Call, session: Session): Promise<Answer> => {
  const { ports, flags, register } = session;
  const incident = await findIncident(session, call.arguments.positionals[0]);
  const { incidentId, state } = incident;
  if (state === 'dismissed' || state === 'noted') {
    throw new CommandError({
      what: `There is nothing to approve of ${incidentId}.`,
      why: state === 'noted' ? 'It names no key of ours.' : `${incident.decidedBy ?? 'Somebody'} dismissed it.`,
      next: `If a key leaked all the same: keyturn compromised --key KEY_ID${flags}`,
    });
  }
  if (incident.leak.kind === 'admin-key') {
    const own = (await ports.ledger.obligations('all')).filter((one) => one.incidentId === incidentId);
    return lookAtLeakedAdmin(call, session, own);
  }
  if (state === 'accepted') {
    call.say(`${incidentId} is approved already; this goes on with it.`);
    return followIncident(call, session, incident);
  }
  const containFirst = chosenOrder(call) ?? incident.containFirst;
  const { own, missing, unnamed, unlooked } = await planIncident(incident, ports);
  const waiting = own.map(({ keyId, target, credentialId }) => ({
    keyId,
    target,
    credentialId: credentialId ?? '',
    credential: register.credentials.find(({ id }) => id === credentialId) ?? null,
  }));
  const keys = [...waiting, ...missing];
  if (keys.length === 0) {
    throw new CommandError({
      what: `There is nothing to approve of ${incidentId}.`,
      why: 'No credential that it means serves a key at this moment.',
      next: `keyturn dismiss ${incidentId}${flags}`,
    });
  }
  for (const line of planLines(keys, containFirst, emergencyOptions(session).maximumStarts, call.io.stdout)) {
    call.say(line);
  }
  for (const line of unnamedLines(unnamed)) call.say(line);
  for (const line of await accessLines(incident.leak, keys, session, call.io.stdout)) call.say(line);
  if (unlooked !== undefined) for (const line of uncheckedMeans(unlooked)) call.say(line);
  await askToGoOn(call, `Replace ${keys.length === 1 ? 'this key' : `these ${keys.length} keys`}?`);
  const approved = await approveIncident(incidentId, { containFirst, decidedBy: whoDecides(call.io) }, ports);
  const decided = approved?.incident ?? (await findIncident(session, incidentId));
  return followIncident(call, session, decided);
};
