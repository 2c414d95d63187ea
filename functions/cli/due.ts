import { startDue } from '../triggers/start-due.ts';
import type { Answer, Run } from './call.ts';
import { follow } from './follow.ts';
import { readRegister, strategyOfProvider, withSession } from './session.ts';
import { keyIdNow } from './summary.ts';

/** Everything that is due, at once. */
const maximumStarts = 1000;

/** Starts every rotation that is due. On one machine it drives them to their ends. */
export const due: Run = async (call) =>
  withSession(call, await readRegister(call, 'checked'), async (session) => {
    const { ports, register, letCallsLandSeconds, running, flags } = session;
    const report = await startDue(ports, { strategyOf: strategyOfProvider, maximumStarts, letCallsLandSeconds });
    for (const { credentialId, rotationId } of report.started) call.say(`${credentialId}: started ${rotationId}`);
    for (const credentialId of report.reminded) {
      call.say(`${credentialId}: its owner was asked for a new key: keyturn submit ${credentialId}${flags}`);
    }
    for (const { credentialId, reason } of report.skipped) call.say(`${credentialId}: not started, ${reason}`);
    for (const { credentialId, fault, detail } of report.failed)
      call.say(`${credentialId}: failed, ${fault}: ${detail}`);
    call.say(`${report.started.length} started, ${report.notDue} not due.`);
    const answers: Answer[] = [];
    if (running !== null && !call.arguments.switches.has('detach')) {
      for (const { credentialId, rotationId } of report.started) {
        const open = (await ports.ledger.read(credentialId)).record.rotation;
        // What has left the register is rotated to its end by the copy of its entry.
        const credential = register.credentials.find(({ id }) => id === credentialId) ?? open?.credential;
        if (credential === undefined) continue;
        const oldKeyId = await keyIdNow(session, credential);
        answers.push(
          await follow(call, session, credential, { rotationId, urgency: open?.urgency ?? 'scheduled' }, oldKeyId),
        );
      }
    }
    const failed = report.failed.length > 0 || answers.some(({ exitCode }) => exitCode !== 0);
    return { exitCode: failed ? 1 : 0, json: { ...report, rotations: answers.map(({ json }) => json) } };
  });
