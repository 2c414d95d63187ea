import { z } from 'zod';
import { startAll } from './all.ts';

// All simulated providers as one process: node functions/cli/run.mjs functions/local/simulated/main.ts ['{"openai":{...}}']
// One line of JSON says where they are: {"origins":{...},"control":"http://127.0.0.1:1234"}.
// It ends when its stdin closes, so that it never outlives who started it, or on SIGTERM.
const optionsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const all = await startAll(optionsSchema.parse(JSON.parse(process.argv[2] ?? '{}')));

const end = (): void => {
  void all.close().then(() => {
    process.stdin.destroy();
  });
};
process.stdin.resume().once('end', end).once('error', end);
process.once('SIGTERM', end);

// Only now: who reads this line may end the process at once.
process.stdout.write(`${JSON.stringify({ origins: all.origins, control: all.control })}\n`);
