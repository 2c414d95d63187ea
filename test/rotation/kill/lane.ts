import { bundled, startLineProcess } from './line-process.ts';
import type { EngineAnswer, EngineQuestion, SimulatorsAnswer, SimulatorsQuestion } from './questions.ts';

/** A process with the providers and one with the engine, for one run after the other. */
export interface Lane {
  readonly simulate: (question: SimulatorsQuestion) => Promise<SimulatorsAnswer>;
  /** Asks again, in a new process that does not kill itself, whenever the engine was killed. */
  readonly rotate: (question: EngineQuestion) => Promise<EngineAnswer & { readonly kills: number }>;
  readonly killEngine: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type Programs = { readonly simulators: string; readonly engine: string };

/** Once for all lanes, so that all run the same code. */
export const preparePrograms = async (): Promise<Programs> => ({
  simulators: await bundled(new URL('simulators.ts', import.meta.url)),
  engine: await bundled(new URL('engine.ts', import.meta.url)),
});

export const openLane = (programs: Programs): Lane => {
  const simulators = startLineProcess<SimulatorsQuestion, SimulatorsAnswer>(programs.simulators);
  const startEngine = () => startLineProcess<EngineQuestion, EngineAnswer>(programs.engine);
  let engine = startEngine();
  return {
    simulate: async (question) => {
      const answer = await simulators.ask(question);
      if (answer === null) throw new Error('The simulators were killed.');
      return answer;
    },
    rotate: async (question) => {
      for (let kills = 0; ; kills += 1) {
        const answer = await engine.ask(kills === 0 ? question : { ...question, killAtWrite: null });
        if (answer !== null) return { ...answer, kills };
        engine = startEngine();
      }
    },
    killEngine: () => engine.kill(),
    close: async () => {
      await Promise.all([simulators.kill(), engine.kill()]);
    },
  };
};
