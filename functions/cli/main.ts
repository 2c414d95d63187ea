import { randomUUID } from 'node:crypto';
import { engineClock } from '../local/clock.ts';
import { systemClock } from '../shell/system-clock.ts';
import { runCommand } from './run-command.ts';

const interrupted = new AbortController();
const interrupt = (): void => interrupted.abort();
process.once('SIGINT', interrupt);
process.once('SIGTERM', interrupt);

const exitCode = await runCommand(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  workingDirectory: process.cwd(),
  clock: systemClock,
  engineClock,
  newId: randomUUID,
  random: Math.random,
  interrupted: interrupted.signal,
});

// A step in flight, or a connection that is kept alive, would hold the process; every record is on disk by now.
process.stdout.write('', () => process.exit(exitCode));
