import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { rotationId } from '../../../functions/domain/identifiers.ts';
import type { Executions } from '../../../functions/ports.ts';
import { requestOf } from './samples.ts';

/** What every way to start runs does. */
export const executionsSuite = (name: string, open: () => Executions): void => {
  describe(`executions: ${name}`, () => {
    let executions: Executions;
    beforeEach(() => {
      executions = open();
    });

    it('does not know a run that was not started', async () => {
      const look = executions.look({ rotationId: rotationId(`r-${randomUUID()}`), provider: 'openai' });
      expect(await look).toEqual({ status: 'unknown', outcome: null });
    });

    it('starts a run once', async () => {
      const request = requestOf(`r-${randomUUID()}`);
      expect(await executions.start(request)).toBe('started');
      expect(await executions.start(request)).toBe('already-started');
      expect(await executions.start({ ...request, reason: 'another' })).toBe('already-started');
    });

    it('shows a run from its start on', async () => {
      const request = requestOf(`r-${randomUUID()}`);
      await executions.start(request);
      const { status } = await executions.look({ rotationId: request.rotationId, provider: 'openai' });
      expect(status).not.toBe('unknown');
    });
  });
};
