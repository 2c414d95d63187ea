import { Fault } from '../domain/fault.ts';
import type { CompromiseReport, Incident, Leak } from '../domain/incident.ts';
import { timeOf } from '../domain/time-words.ts';
import { adminKeySteps } from '../providers/admin-key-steps.ts';
import { approveIncident, servingKeys, unnamedOf } from '../triggers/approve-incident.ts';
import { lookAtReport, takeReport } from '../triggers/compromise.ts';
import { sweepStrays } from '../watch/sweep-strays.ts';
import { accessLines } from './access-lines.ts';
import { askToGoOn } from './ask.ts';
import type { Answer, Call, Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { emergencyOptions } from './emergency-options.ts';
import { followIncident } from './follow-incident.ts';
import { planLines, unnamedLines } from './plan-lines.ts';
import { type Named, readLeakedValue, readNamed, readScan } from './read-leak.ts';
import { chosenOrder, reportLeak } from './report-leak.ts';
import { readRegister, type Session, withSession } from './session.ts';
import { whoDecides } from './who-decides.ts';

/** Something has leaked: stops it, replaces it, sees it refused, and says how long that took. */
export const compromised: Run = async (call) => {
  chosenOrder(call);
  // While a key is out, a rule that some entry breaks must not stand in the way.
  const declared = await readRegister(call, 'ignored');
  const named = readNamed(call, declared);
  return withSession(call, declared, async (session) => {
    if (named.kind === 'scan') return reportScan(call, session, named);
    const leak = named.kind === 'leak' ? named.leak : await readLeakedValue(call, session);
    const report = leadReport(call, session, leak);
    switch (leak.kind) {
      case 'provider':
      case 'account':
      case 'owner':
      case 'person':
      case 'principal':
        return reportMany(call, session, report);
      case 'admin-key':
        return reportAdminKey(call, session, report, leak);
      case 'credential':
      case 'key':
      case 'fingerprint':
      case 'leak-hash':
      case 'hint':
      case 'unknown':
        return reportLeak(
          call,
          session,
          report,
          ({ keyId, credentialId, serves }) => `${serves ? 'Stop and replace' : 'Stop'} ${keyId} of ${credentialId}?`,
        );
    }
  });
};

export const leadReport = (call: Call, { ports }: Session, leak: Leak): CompromiseReport => ({
  source: 'security-lead',
  dedupeKey: `cli/${call.io.newId()}`,
  reference: `keyturn ${call.arguments.switches.has('emergency') ? 'rotate --emergency' : 'compromised'}`,
  reason: call.arguments.values.get('reason') ?? 'reported on the command line',
  reportedAt: ports.clock.now(),
  leak,
});

/** Many keys: planned, confirmed, started as fast as the providers allow. The same command again goes on with it. */
const reportMany = async (call: Call, session: Session, report: CompromiseReport): Promise<Answer> => {
  const { ports, flags } = session;
  const options = emergencyOptions(session);
  const choice = { containFirst: chosenOrder(call), decidedBy: whoDecides(call.io) };
  const begun = await findBegun(session, report);
  if (begun?.state === 'accepted') {
    call.say(`${begun.incidentId} says the same and is not over: this goes on with it.`);
    return followIncident(call, session, begun);
  }
  const { resolved } = await lookAtReport(report, ports, options, choice);
  const keys = await servingKeys(resolved.reach, ports);
  if (keys.length === 0) {
    throw new CommandError({
      what: 'Nothing was found that could have leaked.',
      why: resolved.reach.length === 0 ? resolved.why : `${resolved.why} None of them serves a key.`,
      next: `keyturn status${flags}`,
    });
  }
  call.say(resolved.why);
  for (const line of planLines(keys, choice.containFirst, options.maximumStarts, call.io.stdout)) call.say(line);
  for (const line of unnamedLines(unnamedOf(resolved.reach, keys))) call.say(line);
  for (const line of await accessLines(report.leak, keys, session, call.io.stdout)) call.say(line);
  await askToGoOn(call, `Stop and replace ${keys.length === 1 ? 'this key' : `these ${keys.length} keys`}?`);
  const { incidentId } = begun ?? (await takeReport(report, ports, options, choice)).accepted;
  const approved = await approveIncident(incidentId, choice, ports);
  if (approved === null) return { exitCode: 1, json: { incidentId } };
  call.say(
    `${incidentId}: accepted, ${approved.obligations.length} ${approved.obligations.length === 1 ? 'key' : 'keys'}.`,
  );
  return followIncident(call, session, approved.incident);
};

/** An incident of the same leak that the lead has begun, and that was interrupted. */
const findBegun = async ({ ports }: Session, { leak }: CompromiseReport): Promise<Incident | null> => {
  const same = (await ports.ledger.incidents(null)).filter(
    (incident) => incident.source === 'security-lead' && JSON.stringify(incident.leak) === JSON.stringify(leak),
  );
  const open = new Set((await ports.ledger.obligations('open')).map(({ incidentId }) => incidentId));
  return (
    same.findLast(
      ({ state, incidentId }) => state === 'awaiting-approval' || (state === 'accepted' && open.has(incidentId)),
    ) ?? null
  );
};

/** Keyturn does not make admin keys: a person does, and Keyturn sees the leaked one refused. */
const reportAdminKey = async (
  call: Call,
  session: Session,
  report: CompromiseReport,
  { account, expiresAt }: Extract<Leak, { kind: 'admin-key' }>,
): Promise<Answer> => {
  const { ports, flags, register } = session;
  const credential = register.credentials.find(({ target }) => target.account === account);
  if (credential === undefined) {
    throw new CommandError({
      what: `Nobody could tell when the admin key of ${account} is refused.`,
      why: 'No credential of the register uses the account, so it is not known where to ask.',
      next: "Replace it in the vendor's console.",
    });
  }
  const { provider } = credential.target;
  call.say(`Keyturn cannot replace the admin key of ${account} by itself. At the vendor:`);
  for (const [index, step] of adminKeySteps(provider).entries()) call.say(`  ${index + 1}. ${step}`);
  call.say(`Store the new one before the old one is deleted: keyturn admin set ${account}${flags}`);
  const asWhat = expiresAt === undefined ? 'leaked' : `expiring at ${timeOf(expiresAt)}`;
  await askToGoOn(call, `Keep the admin key of ${account} on record as ${asWhat}, until it is seen refused?`);
  const choice = { containFirst: null, decidedBy: whoDecides(call.io) };
  const { accepted, unrecorded } = await takeReport(report, ports, emergencyOptions(session), choice);
  if (unrecorded !== null) call.say(`Not all of it is on record yet: ${unrecorded.message}`);
  const { incidentId } = accepted;
  if (expiresAt !== undefined) {
    call.say(
      `${incidentId} is open until the old admin key is seen refused; people are called from ${timeOf(expiresAt)} on: keyturn admin set ${account}${flags}`,
    );
    return { exitCode: 0, json: { incidentId, account, expiresAt } };
  }
  const unknown = await unknownKeys(session, provider, account);
  if (unknown === null) {
    call.say('What it could have made cannot be listed at this moment. Look later: keyturn sweep --dry-run');
  } else if (unknown.length === 0) {
    call.say(`Every key of ${account} is one that Keyturn knows.`);
  } else {
    call.say('Keys that nobody knows; the leaked admin key could have made them:');
    for (const { keyId, name } of unknown) call.say(`  ${keyId}${name === null ? '' : ` (${name})`}`);
    call.say(`To stop one of them: keyturn compromised --key KEY_ID --account ${account}${flags}`);
  }
  call.say(`${incidentId} is open until the leaked admin key is seen refused: keyturn admin set ${account}${flags}`);
  return {
    exitCode: 0,
    json: {
      incidentId,
      account,
      unknownKeys: unknown?.map(({ keyId, name }) => ({ keyId, name })) ?? null,
    },
  };
};

/** Live keys that are in nobody's records; null when they cannot be listed. */
const unknownKeys = async ({ ports }: Session, provider: string, account: string) => {
  try {
    const swept = await sweepStrays(ports, { provider, graceSeconds: Infinity, dryRun: true });
    return swept.filter((key) => key.account === account && ['unknown', 'not-in-our-ledger'].includes(key.found));
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
};

/** What a scanner found. What is a key of ours for certain is stopped and replaced; what may be one waits. */
const reportScan = async (call: Call, session: Session, scan: Extract<Named, { kind: 'scan' }>): Promise<Answer> => {
  const { ports, flags } = session;
  const options = emergencyOptions(session);
  const choice = { containFirst: chosenOrder(call), decidedBy: whoDecides(call.io) };
  const reports = await readScan(call, session, scan, ports.clock.now());
  const looks = await Promise.all(
    reports.map(async (report) => ({ report, look: await lookAtReport(report, ports, options, choice) })),
  );
  const found = new Set<string>();
  const ours = looks.filter(({ look: { known, decision, resolved } }) => {
    if (known === null && decision.kind === 'note') return false;
    // A scanner finds the same key in many places: one report of it is enough.
    const [key] = resolved.keys;
    const isFirst = key === undefined || !found.has(key.keyId);
    if (key !== undefined) found.add(key.keyId);
    return isFirst;
  });
  const keys = new Map(
    ours
      .filter(({ look }) => look.decision.kind === 'contain-and-replace')
      .flatMap(({ look }) => look.resolved.keys.map((key) => [key.keyId, key] as const)),
  );
  call.say(`${reports.length} findings, ${keys.size} keys of ours, the rest of none of ours, or found twice.`);
  if (ours.length === 0) return { exitCode: 0, json: { findings: reports.length, incidents: [] } };
  if (keys.size > 0) {
    for (const line of planLines([...keys.values()], choice.containFirst, options.maximumStarts, call.io.stdout))
      call.say(line);
    await askToGoOn(call, `Stop and replace ${keys.size === 1 ? 'this key' : `these ${keys.size} keys`}?`);
  }
  const answers: Answer[] = [];
  for (const { report } of ours) {
    const { accepted, unrecorded } = await takeReport(report, ports, options, choice);
    if (unrecorded !== null) call.say(`Not all of it is on record yet: ${unrecorded.message}`);
    const { incidentId, state } = accepted;
    call.say(`${incidentId}: ${report.reference}`);
    if (state === 'awaiting-approval') call.say(`  One key fits: keyturn approve ${incidentId}${flags}`);
    const item = state === 'accepted' ? await ports.ledger.incident(incidentId) : null;
    if (item !== null) answers.push(await followIncident(call, session, item.incident));
  }
  return {
    exitCode: answers.every(({ exitCode }) => exitCode === 0) ? 0 : 1,
    json: { findings: reports.length, incidents: answers.map(({ json }) => json) },
  };
};
