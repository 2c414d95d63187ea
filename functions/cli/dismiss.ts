import { dismissIncident } from '../triggers/approve-incident.ts';
import { isApproved } from '../triggers/compromise.ts';
import { askToGoOn } from './ask.ts';
import type { Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { findIncident } from './incident.ts';
import { readRegister, withSession } from './session.ts';
import { whoDecides } from './who-decides.ts';

/** A person says that an incident is none. Only what has touched nothing can be dismissed. */
export const dismiss: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), async (session) => {
    const { ports, flags } = session;
    const incident = await findIncident(session, call.arguments.positionals[0]);
    const { incidentId, state, decidedBy } = incident;
    if (isApproved(incident)) {
      throw new CommandError({
        what: `${incidentId} cannot be dismissed.`,
        why: `${decidedBy ?? 'A person'} has approved it.`,
        next: `To go on with it: keyturn approve ${incidentId}${flags}`,
      });
    }
    if (state !== 'awaiting-approval') {
      throw new CommandError({
        what: `${incidentId} cannot be dismissed.`,
        why:
          state === 'contained-only'
            ? 'Its keys are stopped already; what is missing is their replacement.'
            : `It does not wait for approval: it is ${state}.`,
        next: `keyturn ${state === 'contained-only' ? 'approve' : 'incident'} ${incidentId}${flags}`,
      });
    }
    await askToGoOn(call, `Dismiss ${incidentId}? Nothing will be stopped or replaced.`);
    const dismissed = await dismissIncident(incidentId, whoDecides(call.io), ports);
    if (dismissed === null) {
      throw new CommandError({
        what: `${incidentId} was decided by somebody else at this moment.`,
        why: 'It does not wait any more.',
        next: `keyturn incident ${incidentId}${flags}`,
      });
    }
    call.say(`${incidentId} is dismissed.`);
    return { exitCode: 0, json: { incidentId, state: dismissed.state } };
  });
