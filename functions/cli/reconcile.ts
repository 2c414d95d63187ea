import type { Notice, Ports } from '../ports.ts';
import { type Escalated, escalate } from '../watch/escalate.ts';
import { reconcile as reconcileOnce } from '../watch/reconcile.ts';
import type { Call, Run } from './call.ts';
import { readRegister, strategyOfProvider, withSession } from './session.ts';
import { table } from './table.ts';

/** All of them at once: a person waits for it. */
const maximumStarts = 1000;

/** Puts right what a crash, a lost answer, a late call or a person left behind. */
export const reconcile: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), async ({ ports, letCallsLandSeconds, running, flags }) => {
    const dryRun = call.arguments.switches.has('dry-run');
    const { found, failed } = await reconcileOnce(ports, {
      provider: null,
      strategyOf: strategyOfProvider,
      maximumStarts,
      letCallsLandSeconds,
      dryRun,
    });
    const rows = found.map(({ part, subject, found: what, did }) => [part, subject, what, did ?? '-']);
    if (rows.length > 0) {
      for (const line of table([['PART', 'CREDENTIAL', 'FOUND', 'DONE'], ...rows], call.io.stdout)) call.say(line);
    }
    for (const { part, subject, fault, detail } of failed) call.say(`${subject}: ${part} failed, ${fault}: ${detail}`);
    const done = found.filter(({ did }) => did !== null).length;
    call.say(
      `${found.length} found, ${done} acted on, ${failed.length} failed.${dryRun ? ' A dry run: nothing was changed.' : ''}`,
    );
    if (running !== null && done > 0) call.say(`What was started goes on with: keyturn resume${flags}`);
    // On AWS a schedule of its own does it, every minute.
    const untold = running === null || dryRun ? [] : await tellPeople(call, ports);
    return {
      exitCode: failed.length + untold.length > 0 ? 1 : 0,
      json: { found, failed: [...failed, ...untold], dryRun },
    };
  });

/** Tells of incidents whatever somebody has to hear now, and says what was told. */
const tellPeople = async (call: Call, ports: Ports): Promise<Escalated['failed']> => {
  const told: Notice[] = [];
  const notices: Ports['notices'] = {
    send: async (notice) => {
      await ports.notices.send(notice);
      told.push(notice);
    },
  };
  const { failed } = await escalate({ ...ports, notices });
  for (const { contact, subject } of told) call.say(`Told ${contact}: ${subject}`);
  for (const { incidentId, why } of failed) call.say(`${incidentId}: not everybody was told: ${why}`);
  return failed;
};
