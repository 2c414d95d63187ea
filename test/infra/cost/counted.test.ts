import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { strategies } from '../../../functions/domain/credential.ts';
import type { JsonObject } from '../../../functions/domain/json.ts';
import { readCounted, transitionsOf } from '../../../infra/cost/counted.ts';
import { flows } from '../../../workflows/strategies.ts';
import { substitute, substitutions } from '../../../workflows/substitutions.ts';
import { engineWorld, errorNamed } from '../../support/engine-world.ts';

// The committed counts against the committed ASL, without an emulator: the embedded engine walks it, and must enter the
// states that were counted.
const counted = readCounted();

/** What the steps answer when all goes well; the others answer nothing that a choice asks for. */
const answers: Readonly<Record<string, JsonObject>> = {
  begin: { start: 'create', hasOldKey: true, overlapSeconds: 60 },
  confirm: { hasOldKey: true },
  'check-usage': { oldKeyUse: 'over' },
};

const walk = async (
  strategy: (typeof strategies)[number],
  request: JsonObject,
  hasKey: boolean,
): Promise<readonly string[]> => {
  const { [strategy]: flow } = flows;
  const steps = Object.values(substitutions(flow)).map((step) => [
    step,
    () => {
      if (step.endsWith('create-key') && !hasKey) throw errorNamed('NeedsPerson');
      return answers[step] ?? {};
    },
  ]);
  const asl = readFileSync(new URL(`../../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');
  const world = engineWorld(Object.fromEntries(steps) as Parameters<typeof engineWorld>[0], {
    definitions: { main: substitute(asl, substitutions(flow)) },
  });
  await world.ended({ ...request, letCallsLandSeconds: 9 });
  const history = await world.journal.history('run');
  return history.flatMap((entry) => (entry.event === 'entered' ? [entry.state] : []));
};

const scheduled = { urgency: 'scheduled', containFirst: false };
// Contain says that it did.
const emergency = { urgency: 'emergency', containFirst: true, contained: true };

describe.each(strategies)('the counts of %s are of the workflow as it is', (strategy) => {
  it('scheduled', async () => {
    const path = await walk(strategy, scheduled, true);
    expect(counted.rotations[strategy].scheduled.executions).toEqual([path]);
    expect(transitionsOf(counted.rotations[strategy].scheduled)).toBe(path.length + 1);
  });

  it('in an emergency', async () => {
    const path = await walk(strategy, emergency, true);
    // What only a person can make is waited for: the first run contains, and the one that the person starts replaces.
    const before = strategy === 'human-created' ? [await walk(strategy, emergency, false)] : [];
    expect(counted.rotations[strategy].emergency.executions).toEqual([...before, path]);
  });
});
