// Simulated providers as a process: each question makes a new world and ends the one before. Run by kill.test.ts.
import { type AllSimulators, startAll } from '../../../functions/local/simulated/all.ts';
import { answerLines } from './answer-lines.ts';
import { clockFile } from './clock-file.ts';
import type { SimulatorsAnswer, SimulatorsQuestion } from './questions.ts';

let world: AllSimulators | undefined;
await answerLines(async (line): Promise<SimulatorsAnswer> => {
  const { clock, provider, options }: SimulatorsQuestion = JSON.parse(line);
  await world?.close();
  world = await startAll({ [provider]: options }, clockFile(clock).clock.now);
  const simulator = world.simulators[provider];
  if (simulator === undefined) throw new Error(`There is no simulated ${provider}.`);
  return { origin: simulator.origin, origins: simulator.origins, control: `${world.control}/${provider}` };
});
await world?.close();
