// A process that drives one rotation to its end, unless it is killed. Run by kill.test.ts.
import { acquireEngineLock } from '../../functions/local/engine-lock.ts';
import { openLocal } from '../../functions/local/ports.ts';
import { fetchHttp } from '../../functions/shell/fetch-http.ts';
import { type KillQuestion, lane } from './kill-lane.ts';

const question: KillQuestion = JSON.parse(process.argv[2] ?? '');
const { credential, request } = lane(question.number);
const { folder, origins } = question;
const local = openLocal({ folder, credentials: [credential], http: fetchHttp(origins) });
const lock = acquireEngineLock(folder);
if (lock === null) throw new Error('The lock of a killed process is still held.');
await local.ports.executions.start(request);
process.stdout.write('driving\n');
const { state } = await local.engine.settle(request.rotationId);
process.stdout.write(`${state}\n`);
lock.release();
local.close();
