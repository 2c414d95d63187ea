import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../functions/domain/json.ts';

/** What a step does when it is invoked: answers, or fails with that name. The last of a list is repeated. */
export type Act = { readonly answers: Json } | { readonly fails: string };
export type Script = Readonly<Record<string, readonly Act[]>>;

/** Deals out the acts of a run's steps, in order; the same for whichever interpreter invokes them. */
export const dealer = () => {
  const dealt = new Map<string, number>();
  return (run: string, script: Script, step: string): Act => {
    const acts = script[step] ?? [{ answers: {} }];
    const count = dealt.get(`${run} ${step}`) ?? 0;
    dealt.set(`${run} ${step}`, count + 1);
    return acts[Math.min(count, acts.length - 1)] ?? { answers: {} };
  };
};

/** Tells the functions in the emulator what to do. A run's script is part of its input. */
export const startPrompter = async (): Promise<{ readonly port: number; readonly close: () => void }> => {
  const deal = dealer();
  const server = createServer((incoming, outgoing) => {
    let text = '';
    incoming.on('data', (chunk) => (text += String(chunk)));
    incoming.on('end', () => {
      const { step, event } = JSON.parse(text) as { step: string; event: { run: string; script: Script } };
      outgoing.end(JSON.stringify(deal(event.run, event.script, step)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
};

/** A function that does as the prompter says; it is what stands in every state. */
export const scriptedFunction = (port: number): string => `
const { request } = require('node:http');
exports.handler = (event) => new Promise((resolve, reject) => {
  const asking = request({ port: ${port}, host: '127.0.0.1', method: 'POST' }, (answer) => {
    let text = '';
    answer.on('data', (chunk) => (text += chunk));
    answer.on('end', () => {
      const act = JSON.parse(text);
      if ('answers' in act) return resolve(act.answers);
      const error = Object.assign(new Error('as the script says'), { name: act.fails });
      error.stack = act.fails + ': as the script says';
      reject(error);
    });
  });
  asking.end(JSON.stringify({ step: process.env.STEP, event }));
});
`;
