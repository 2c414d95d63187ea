// Takes the engine's lock of a folder, says so, and keeps it until somebody kills it.
import { acquireEngineLock } from '../../functions/local/engine-lock.ts';

const [, , folder = ''] = process.argv;
const lock = acquireEngineLock(folder);
process.stdout.write(lock === null ? 'refused\n' : 'held\n');
setInterval(() => lock, 60_000);
