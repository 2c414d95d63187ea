import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type GuardName, guards } from '../../functions/domain/guard.ts';
import type { AnyStep } from '../../functions/shell/run-step.ts';
import { createKey } from '../../functions/steps/create-key.ts';
import { readPlan } from './plan.ts';
import { residualsOf } from './residuals.ts';
import { runCase } from './run.ts';
import { type Build, readScenario } from './world.ts';

const off = vi.hoisted(() => new Set<string>());
vi.mock('../../functions/domain/guard.ts', async (original) => ({
  ...(await original<object>()),
  guard: (name: string, holds: boolean) => off.has(name) || holds,
}));

beforeEach(() => off.clear());

/** What is violated and explained by no residual. */
const wrongIn = async (line: string, build?: Build): Promise<readonly string[]> => {
  const [where = '', ...words] = line.split(' ');
  const plan = readPlan(words);
  const scenario = readScenario(where);
  const result = await runCase(scenario, plan, false, build);
  if (build === undefined && off.size === 0) expect(result.notFired).toEqual([]);
  return residualsOf(plan, result, scenario.setting) === null ? result.violations : [];
};

const changed = (asl: string, from: string, to: string): string => {
  expect(asl).toContain(from);
  return asl.replace(from, to);
};

/** By guard: the case that is well with it, and not without. */
const cases: Readonly<Record<GuardName, string>> = {
  fence: 'delete-only/scheduled/prompt create-key.http.GET~api_keys#1=duplicate',
  'own-lease': 'human/scheduled/prompt validate.ledger.append#1=compromise-new',
  'one-at-a-time': 'delete-only/scheduled/prompt cut-over.ledger.replace#1=second-schedule',
  'begins-once': 'delete-only/contain-first/prompt begin.ledger.read#1=again-later',
  'listed-is-alive':
    'reversible/contain-first/prompt contain.ledger.putObligation#1=outage contain.http.POST~api_keys/:id#2=vendor-refuses-values',
  'adopts-the-living':
    'reversible/contain-first/prompt sweep.ledger.all#1=compromise-new cut-over.ledger.replace#1=outage',
  'validate-before-first-issue': 'delete-only/first-issue/lagging',
  'validate-before-cut-over': 'delete-only/scheduled/lagging',
  'cut-over-from-what-was-read': 'delete-only/scheduled/prompt create-key.vault.read#1=person-moves-current',
  'old-value-pinned':
    'delete-only/scheduled/prompt check-usage.ledger.read#1=person-moves-current check-usage.ledger.append#1=person-rolls-back',
  'confirm-after-cut-over': 'reversible/scheduled/prompt confirm.http.GET~models#1=person-kills-new',
  'overlap-elapsed': 'delete-only/scheduled/prompt',
  'old-key-quiet': 'delete-only/scheduled/prompt',
  're-read-before-retiring': 'delete-only/scheduled/prompt revoke-old.vault.describe#1=person-rolls-back',
  're-probe-before-retiring': 'delete-only/scheduled/prompt disable-old.http.GET~models#1=person-kills-new',
  'disable-first': 'reversible/scheduled/prompt revoke-old.http.POST~api_keys/:id#1=person-rolls-back',
  're-read-after-disabling':
    'reversible/scheduled/prompt disable-old.http.POST~api_keys/:id#1=person-rolls-back disable-old.ledger.append#1=outage',
  'free-slot-only': 'two-slot/scheduled/prompt',
  'free-slot-has-drained':
    'two-slot/scheduled/prompt two-slot/revoke-old.vault.describe#1=person-rolls-back reconcile.ledger.obligations#1=second-schedule',
  'slot-by-its-value': 'two-slot/scheduled/prompt two-slot/create-key.http.POST~token#1=provider-kills-old',
  'wait-for-lost-call': 'two-slot/scheduled/prompt two-slot/create-key.http.POST~regenerateKey#1=overdue',
  'ends-once': 'reversible/heal/prompt finish.ledger.append#1=crash-after finish.ledger.replace#1=compromise-old',
  'told-before-the-next':
    'delete-only/contain-first/prompt finish.ledger.append#1=throttle finish.vault.moveLabel#1=compromise-new',
  'proof-before-done': 'delete-only/scheduled/lagging',
  'listing-after-the-lag': 'delete-only/contain-first/lagging contain.vault.describe#1=person-moves-current',
  'roll-back-spares-what-serves': 'delete-only/scheduled/slow-birth roll-back.vault.describe#2=person-cuts-over',
  'way-back-to-the-living':
    'delete-only/scheduled/prompt confirm.http.GET~models#1=person-kills-new roll-back.http.GET~models#1=provider-kills-old',
  'sent-is-dead': 'delete-only/scheduled/slow-death prove-refused.http.GET~models#4=person-kills-new',
  'leaked-stays-dead': 'reversible/replace-first/prompt revoke-old.vault.describe#1=person-moves-current',
  'emergency-stays-open': 'human/replace-first/prompt',
  'closed-after-the-lag':
    'delete-only/contain-first/lagging contain.vault.readAdmin#1=outage reconcile.vault.describe#1=person-moves-current reconcile.executions.start#1=denied start-due.ledger.all#1=sweep-now',
  'closed-in-no-outage': 'human/replace-first/prompt sweep.http.GET~api_keys#1=vendor-refuses-all',
  'healed-in-no-outage': 'delete-only/scheduled/prompt disable-old.http.GET~models#1=vendor-refuses-all',
  'nothing-back-to-the-leaked':
    'delete-only/replace-first/prompt disable-old.http.GET~models#1=person-kills-new reconcile.http.DELETE~api_keys/:id#1=denied reconcile.executions.start#1=denied',
  'submission-is-kept': 'human/scheduled/prompt submit.executions.start#1=sweep-now',
  'obligation-outlives-its-run': 'delete-only/contain-first/prompt contain.vault.readAdmin#1=outage',
  'sweep-grace':
    'delete-only/scheduled/prompt confirm.vault.describe#1=person-moves-current record-outcome.ledger.append#1=sweep-now',
  'sweep-only-our-own': 'delete-only/scheduled/prompt',
  'sweep-leaves-a-way-back': 'delete-only/heal/prompt finish.vault.moveLabel#3=person-rolls-back',
  'sweep-spares-what-serves':
    'delete-only/scheduled/prompt confirm.vault.describe#1=person-moves-current sweep.vault.describe#5=person-rolls-back',
};

/** What a guard needs beside its case: another line of defence taken away, or a consumer that does as it likes. */
const builds: Partial<Record<GuardName, Build>> = {
  'overlap-elapsed': { definition: (asl) => changed(asl, '{% $states.input.overlapSeconds %}', '{% 1 %}') },
  'old-key-quiet': { consumerHoldsSeconds: 3_000 },
};

describe('without a guard the simulation is red, and with it green:', () => {
  it.each(Object.entries(guards))('%s (%s)', async (name) => {
    const line = cases[name as GuardName];
    const build = builds[name as GuardName];
    expect(await wrongIn(line, build)).toEqual([]);
    off.add(name);
    expect(await wrongIn(line, build)).not.toEqual([]);
  });
});

/** The order of things, and what is not there: made wrong in a build of its own. */
const holes: Readonly<Record<string, readonly [line: string, build: Build]>> = {
  'a: strays are deleted before a key is made': [
    'delete-only/first-issue/prompt create-key.http.GET~api_keys#1=duplicate',
    { steps: { 'create-key': deletingFirst(createKey) } },
  ],
  'b: a compromise names the credential, and not the key': [
    'delete-only/scheduled/prompt confirm.ledger.read#1=compromise-old',
    { request: (request) => ({ ...request, leakedKeyId: null, containFirst: false }) },
  ],
  'd: containment waits for the ledger': [
    'delete-only/contain-first/prompt begin.ledger.read#1=outage',
    { definition: (asl) => changed(asl, '"Next": "Contain"', '"Next": "Begin"') },
  ],
  'g: rolling back does not wait for calls to land': [
    'delete-only/scheduled/prompt cut-over.vault.moveLabel#2=overdue cut-over.ledger.replace#2=denied',
    { letCallsLandSeconds: 1 },
  ],
  'h: nobody clears the label that a late call puts back': [
    'delete-only/scheduled/too-late stage.vault.moveLabel#1=late stage.ledger.replace#1=denied',
    { reconciles: false },
  ],
  'i: there is a way back after containment': [
    'delete-only/contain-first/prompt create-key.http.POST~api_keys#1=outage',
    { definition: (asl) => changed(asl, '$states.input.contained = true', '$states.input.contained = 7') },
  ],
  'j: a live old key counts as success': [
    'delete-only/scheduled/slow-death',
    { definition: (asl) => changed(asl, '"Next": "CutOverOldLive"', '"Next": "Done"') },
  ],
  'a page that breaks off counts as the whole listing': [
    'delete-only/scheduled/lagging confirm.vault.describe#1=person-moves-current sweep.http.GET~api_keys#1=truncated',
    { believesPages: true },
  ],
  'an intent is not written before the deed': [
    'delete-only/scheduled/prompt',
    {
      ledger: (ledger) => ({
        ...ledger,
        replace: (record, revision) => {
          const { rotation } = record;
          const without =
            rotation?.phase === 'creating' ? { ...record, rotation: { ...rotation, attempts: [] } } : record;
          return ledger.replace(without, revision);
        },
      }),
    },
  ],
};

describe('each hole of the first design is found:', () => {
  it.each(Object.entries(holes))('%s', async (_, [line, build]) => {
    expect(await wrongIn(line)).toEqual([]);
    expect(await wrongIn(line, build)).not.toEqual([]);
  });
});

function deletingFirst(step: AnyStep): AnyStep {
  return {
    ...step,
    name: step.name,
    observe: (input, ports) => step.observe(input, ports),
    decide: (view) => step.decide(view),
    act: async (decision, view, input, ports) => {
      const { target } = (view as { readonly held: { readonly rotation: { readonly credential: never } } }).held
        .rotation.credential;
      const connection = await ports.connect(target);
      const strays = (await connection.listKeys?.())?.filter(({ name }) => name?.startsWith('keyturn-support'));
      if (decision.kind === 'create') for (const { keyId } of strays ?? []) await connection.revokeKey?.(keyId);
      return step.act(decision, view, input, ports);
    },
  };
}
