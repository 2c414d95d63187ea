import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';

const canary = 'sk-proj-canary-0123456789abcdef';
let output = '';
let results: Record<string, { answer?: object; errorType?: string; message?: string; trace?: string[] }> = {};

beforeAll(async () => {
  const program = fileURLToPath(new URL('lambda-program.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program], {
    env: { ...process.env, CANARY: canary },
  });
  output = stdout + stderr;
  results = JSON.parse(/^RESULTS (.*)$/m.exec(stdout)?.[1] ?? '{}') as typeof results;
}, 60_000);

it('lets the answer through', () => {
  expect(results['fine']).toEqual({ answer: { keyId: 'words-of-the-answer' } });
});

it('throws what Step Functions reads: a name and a message, without stack and cause', () => {
  expect(results['refuses']).toEqual({
    errorType: 'Refused',
    message: 'It was turned down.',
    trace: ['Refused: It was turned down.'],
  });
});

it('lets no secret out by answer, error or log', () => {
  expect(results['returns']).toMatchObject({ errorType: 'NeedsPerson' });
  expect(results['throws']).toMatchObject({ errorType: 'Refused' });
  for (const form of [canary, canary.slice(0, 12), Buffer.from(canary).toString('base64').slice(0, 24)]) {
    expect(output).not.toContain(form);
  }
});

it('still logs: that it ended, that the journal is missing, and that something was withheld', () => {
  expect(output).toContain('by console');
  expect(output).toContain('The step ended.');
  expect(output).toMatch(/The journal has no entry of r-1, create-key, create/);
  expect(output.match(/was withheld/g)?.length).toBeGreaterThanOrEqual(4);
});

it('logs neither event nor answer', () => {
  expect(output.replace(/^RESULTS .*$/m, '')).not.toMatch(/words-of-the-(event|answer)/);
});
