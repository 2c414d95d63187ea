import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fetchHttp } from '../../../functions/shell/fetch-http.ts';

const started: ReturnType<typeof run>[] = [];
afterEach(async () => {
  for (const process of started.splice(0)) {
    process.stdin.end();
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
  }
});

const run = (options: object) =>
  spawn(process.execPath, ['functions/cli/run.mjs', 'functions/local/simulated/main.ts', JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });

const readySchema = z.object({ origins: z.record(z.string(), z.string()), control: z.string() });

const start = async (options: object = {}) => {
  const process = run(options);
  started.push(process);
  const [line] = await once(createInterface(process.stdout), 'line');
  const { origins, control } = readySchema.parse(JSON.parse(String(line)));
  const tell = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${control}${path}`, { method, body: body === undefined ? null : JSON.stringify(body) });
    if (!answer.ok) throw new TypeError(`HTTP ${answer.status}`);
    return answer.status === 204 ? null : answer.json();
  };
  return { process, origins, tell, http: fetchHttp(origins) };
};

const madeSchema = z.object({ keyId: z.string(), value: z.string() });

// The first start bundles the sources, which takes a while on a busy machine.
describe('the simulated providers as a process', { timeout: 60_000 }, () => {
  it('are read and altered from another one', async () => {
    const { origins, tell, http } = await start({ openai: { models: ['only-this'] } });
    expect(Object.keys(origins)).toEqual(
      expect.arrayContaining(['https://api.openai.com', 'https://login.pinecone.io']),
    );
    const { keyId, value } = madeSchema.parse(await tell('POST', '/openai/keys', { name: 'by a person' }));
    const models = () =>
      http.send({
        method: 'GET',
        url: 'https://api.openai.com/v1/models',
        headers: { authorization: `Bearer ${value}` },
        timeoutSeconds: 5,
      });
    expect(await models()).toMatchObject({ status: 200, body: expect.stringContaining('only-this') });
    await tell('PATCH', '/openai/options', { models: ['another'] });
    expect((await models()).body).toContain('another');
    await tell('POST', '/openai/faults', { kind: 'status', status: 429, times: 2 });
    expect((await models()).status).toBe(429);
    await tell('DELETE', '/openai/faults');
    expect((await models()).status).toBe(200);
    expect(await tell('GET', '/openai')).toMatchObject({
      keys: [{ id: keyId, name: 'by a person', value }],
      requests: Array(4).fill({ method: 'GET', path: '/v1/models' }),
    });
    await expect(tell('POST', '/openai/faults', { kind: 'earthquake' })).rejects.toThrow('400');
    await expect(tell('GET', '/nobody')).rejects.toThrow('404');
  });

  it.each(['stdin', 'SIGTERM'])('end with %s', async (how) => {
    const { process } = await start();
    const exit = once(process, 'exit');
    if (how === 'stdin') process.stdin.end();
    else process.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });
});
