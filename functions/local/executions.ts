import type { Engine } from '../../workflows/engine/engine.ts';
import type { Journal } from '../../workflows/engine/journal.ts';
import type { Strategy } from '../domain/credential.ts';
import { outcomes } from '../domain/rotation.ts';
import type { Executions } from '../ports.ts';

/**
 * @param start the engine's; what it has started is driven by whichever process holds the engine's lock
 * @param strategyOf the strategy of a provider by its id
 */
export const localExecutions = (
  start: Engine['start'],
  journal: Pick<Journal, 'read'>,
  strategyOf: (provider: string) => Strategy,
): Executions => ({
  async start(request) {
    const answer = await start(request.rotationId, strategyOf(request.target.provider), request);
    return answer === 'started' ? 'started' : 'already-started';
  },

  async look({ rotationId }) {
    const execution = await journal.read(rotationId);
    if (execution === null) return { status: 'unknown', outcome: null };
    if (execution.status === 'running') return { status: 'running', outcome: null };
    return { status: 'ended', outcome: outcomes.find((outcome) => outcome === execution.state) ?? null };
  },
});
