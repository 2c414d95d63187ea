// A process that drives rotations to their end, then sweeps, unless it is killed. Run by kill.test.ts.
import { Fault } from '../../../functions/domain/fault.ts';
import { acquireEngineLock } from '../../../functions/local/engine-lock.ts';
import { openLocal } from '../../../functions/local/ports.ts';
import { openStore, type Store } from '../../../functions/local/store.ts';
import type { Ports } from '../../../functions/ports.ts';
import { fetchHttp } from '../../../functions/shell/fetch-http.ts';
import { sweepStrays } from '../../../functions/watch/sweep-strays.ts';
import { answerLines } from './answer-lines.ts';
import { clockFile, type SharedTime } from './clock-file.ts';
import type { EngineAnswer, EngineQuestion } from './questions.ts';

const graceSeconds = 600;
const sweepsAtMost = 3;

/** The sweep stands on a schedule: one that could not look is followed by the next. */
const sweep = async (ports: Ports, time: SharedTime): Promise<number | null> => {
  for (let sweeps = 0; sweeps < sweepsAtMost; sweeps += 1) {
    time.advance(graceSeconds);
    try {
      const swept = await sweepStrays(ports, { provider: null, graceSeconds, dryRun: false });
      return swept.filter(({ revoked }) => revoked).length;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
  return null;
};

/** As the power cut would do it: whatever was to come after this instant does not. */
const killedAt = (store: Store, plan: EngineQuestion['killAtWrite'], count: () => number): Store => ({
  ...store,
  write: async (work) => {
    const strike = (when: 'before' | 'after'): void => {
      if (plan?.at === number && plan.when === when) process.kill(process.pid, 'SIGKILL');
    };
    const number = count();
    strike('before');
    const answer = await store.write(work);
    strike('after');
    return answer;
  },
});

await answerLines(async (line): Promise<EngineAnswer> => {
  const question: EngineQuestion = JSON.parse(line);
  const { folder, credential, request, stall, killAtWrite } = question;
  const time = clockFile(question.clock);
  const http = fetchHttp(question.origins);
  let requests = 0;
  let writes = 0;
  const local = openLocal({
    folder,
    store: killedAt(openStore(folder), killAtWrite, () => (writes += 1)),
    credentials: [credential],
    clock: time.clock,
    engineClock: time.engineClock,
    random: () => 0.5,
    http: {
      send: (asked) => {
        requests += 1;
        return http.send(requests === stall?.at ? { ...asked, timeoutSeconds: stall.timeoutSeconds } : asked);
      },
    },
  });
  const lock = acquireEngineLock(folder);
  if (lock === null) throw new Error('The lock of a killed process is still held.');
  await local.ports.executions.start(request);
  for (let wakeAt = await local.engine.runUntilIdle(); wakeAt !== null; wakeAt = await local.engine.runUntilIdle()) {
    time.advanceTo(wakeAt);
  }
  const { state } = await local.engine.settle(request.rotationId);
  const strays = await sweep(local.ports, time);
  lock.release();
  local.close();
  return { state, strays, writes };
});
