import { describe, expect, it } from 'vitest';
import { canaryText, holdsCanary } from './canary.ts';
import { singlesOf } from './enumerate.ts';
import { planText, readPlan } from './plan.ts';
import { randomPlan, sequence } from './random-plan.ts';
import { caseText, runCase } from './run.ts';
import { readScenario } from './world.ts';

const scenario = readScenario('delete-only/scheduled/prompt');

describe('the simulation itself', () => {
  it('does the same for the same plan, three times', async () => {
    const plan = readPlan(['create-key.http.POST~api_keys#1=late', 'finish.ledger.replace#1=duplicate']);
    const hashes = [];
    for (let times = 0; times < 3; times += 1) hashes.push((await runCase(scenario, plan)).hash());
    expect(new Set(hashes).size).toBe(1);
    expect((await runCase(scenario, new Map())).hash()).not.toBe(hashes[0]);
  });

  it('does the same whatever ran before it, where several work at one instant', async () => {
    const plan = readPlan(['validate.ledger.append#1=compromise-new']);
    const hashes = [];
    for (const forgets of [false, true]) {
      hashes.push((await runCase(readScenario('human/scheduled/prompt'), plan, false, { forgets })).hash());
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('finds a plan that is known to be bad', async () => {
    const plan = readPlan(['revoke-old.http.DELETE~api_keys/:id#1=person-rolls-back']);
    const { violations } = await runCase(scenario, plan);
    expect(violations).toContain('I1 revoke-old killed the key that serves');
  });

  it('says of a fault that it never came to its turn', async () => {
    const { notFired } = await runCase(scenario, readPlan(['roll-back.ledger.read#1=lost']));
    expect(notFired).toEqual(['roll-back.ledger.read#1']);
  });

  it('prints a plan as one line that reads back as the same plan', async () => {
    const plan = readPlan(['create-key.http.GET~api_keys#1=stale', 'begin.ledger.read#1=clock-10']);
    expect(readPlan(planText(plan).split(' '))).toEqual(plan);
    expect(caseText(scenario, plan)).toBe(
      "npm run simulate -- --replay 'delete-only/scheduled/prompt create-key.http.GET~api_keys#1=stale begin.ledger.read#1=clock-10'",
    );
    expect(() => readPlan(['begin.ledger.read#1=nonsense'])).toThrow(TypeError);
  });

  it('draws plans of which nearly every one is another', async () => {
    const { sites } = await runCase(scenario, new Map(), true);
    expect(singlesOf(sites).length).toBeGreaterThan(1_000);
    const random = sequence(1);
    const drawn = Array.from({ length: 2_000 }, () => planText(randomPlan(sites, random)));
    expect(new Set(drawn).size / drawn.length).toBeGreaterThan(0.9);
  });

  it.each([
    ['as it is', (text: string) => text],
    ['escaped as JSON', (text: string) => JSON.stringify({ text: `"${text}"` })],
    ['URL-encoded', (text: string) => encodeURIComponent(text)],
    ['in base64', (text: string) => Buffer.from(`x${text}`).toString('base64')],
    ['in base64url', (text: string) => Buffer.from(`xy${text}`).toString('base64url')],
    ['in hexadecimal', (text: string) => Buffer.from(text).toString('hex')],
    ['in UTF-16', (text: string) => Buffer.from(text, 'utf16le').toString('latin1')],
    ['its last twelve characters', (text: string) => text.slice(-12)],
    ['its first characters', (text: string) => text.slice(0, 20)],
  ])('sees a secret value that leaves %s', (_, encode) => {
    const value = `sk-svcacct-${canaryText()('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 74)}`;
    expect(holdsCanary(`before ${encode(value)} after`)).toBe(true);
    expect(holdsCanary('before and after')).toBe(false);
  });

  it('sees a step that tells a value', async () => {
    const { violations } = await runCase(scenario, new Map(), false, {
      steps: {
        validate: {
          name: 'validate',
          observe: async () => null,
          decide: () => ({ kind: 'tell' }),
          act: async () => ({ told: canaryText()('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij', 40) }),
        },
      },
    });
    expect(violations).toContain('I4 a secret value has left');
  });
});
