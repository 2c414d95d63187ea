import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPlan } from './plan.ts';
import { runCase } from './run.ts';
import { vendorNames } from './vendor.ts';
import { readScenario } from './world.ts';

// The judge asks what must never happen; this asks that what happens is what was read and approved: the calls of each
// calm run, and how it goes on where one thing goes wrong, with one plan for each thing that a run can find or say.
const plans = readFileSync(new URL('stories/plans.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n');

const entry = /^\d{4}\S+ (?<run>\S+) (?<step>\S+): (?<event>\S+)/;
const call = /^(?:read|write) (?<step>[a-z-]+|[a-z-]+\/[a-z-]+)\.(?<what>[^#]+)#\d+$/;

/** Lines that belong together as one, and a part that comes several times in a row once: `a, b ×3`. */
const joined = (parts: readonly (readonly [of: string, part: string])[]): readonly string[] => {
  const lines: { readonly of: string; readonly parts: { readonly text: string; times: number }[] }[] = [];
  for (const [of, text] of parts) {
    if (lines.at(-1)?.of !== of) lines.push({ of, parts: [] });
    const line = lines.at(-1)?.parts ?? [];
    const last = line.at(-1);
    if (last?.text === text) last.times += 1;
    else line.push({ text, times: 1 });
  }
  return lines.map(
    ({ of, parts: each }) =>
      `  ${of}: ${each.map(({ text, times }) => (times === 1 ? text : `${text} ×${times}`)).join(', ')}`,
  );
};

/** The last word stands for all that is not told, the record and every detail: `npm run simulate -- --replay` tells it. */
const told = async (plan: string): Promise<string> => {
  const [where = '', ...words] = plan.split(' ');
  const faults = readPlan(words);
  const { story, outcomes } = await runCase(readScenario(where), faults);
  // The calls of the calm run stand for those of the others.
  const lines = story().filter((line) => faults.size === 0 || !call.test(line));
  const groups = (pattern: RegExp): readonly Readonly<Record<string, string>>[] =>
    lines.flatMap((line) => [pattern.exec(line)?.groups ?? []].flat());
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
  return [
    plan,
    ...joined(groups(call).map(({ step = '', what = '' }) => [step, what])),
    ...joined(groups(entry).map(({ run = '', step = '', event = '' }) => [run, `${step} ${event}`])),
    `  ${outcomes} ${digest}`,
  ].join('\n');
};

it.each(vendorNames)('the stories of %s are the reviewed ones', async (vendor) => {
  const stories: string[] = [];
  for (const plan of plans.filter((each) => each.startsWith(`${vendor}/`))) stories.push(await told(plan));
  await expect(`${stories.join('\n')}\n`).toMatchFileSnapshot(`stories/${vendor}.golden.txt`);
});
