import { holdsCanary } from '../simulation/canary.ts';
import { type Recording, writeRecordings } from './recording.ts';
import { runWay } from './run-way.ts';
import { ways } from './ways.ts';

// Writes down the definitions as they are, and what today's steps are given and answer in every way that a run can take.
// The same name again replaces what was never deployed. What was deployed stays for a year after the next deploy: so long
// may a run that began under it go on (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, 2026-11).

const [name] = process.argv.slice(2);
if (name === undefined || !/^\d{4}-\d{2}-\d{2}[\w.-]*$/.test(name)) {
  process.stderr.write(
    [
      'A recording has a name that begins with the day.',
      'Without it nobody could tell which one came first.',
      'Nothing was recorded.',
      'Run: node --import tsx test/day-two/record.ts 2026-11-21',
      '',
    ].join('\n'),
  );
  process.exitCode = 2;
} else {
  const recordings = new Map<string, Recording>();
  for (const [way, how] of Object.entries(ways)) {
    const { world, recording } = await runWay(how);
    if (world.referee.violations.size > 0 || holdsCanary(JSON.stringify(recording))) {
      throw new Error(`${way} is not fit to be recorded: ${[...world.referee.violations].join('; ')}`);
    }
    recordings.set(way, recording);
    process.stdout.write(`${way}: ${recording.ended.map(({ state }) => state).join(' ')}\n`);
  }
  writeRecordings(name, recordings);
}
