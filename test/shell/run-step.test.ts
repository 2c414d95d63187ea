import { describe, expect, it, onTestFinished } from 'vitest';
import { Fault, Superseded } from '../../functions/domain/fault.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { localLedger } from '../../functions/local/ledger.ts';
import { openStore } from '../../functions/local/store.ts';
import type { Ledger, Ports } from '../../functions/ports.ts';
import { type AnyStep, runStep } from '../../functions/shell/run-step.ts';
import { behindWall } from '../../functions/shell/wall.ts';
import type { StepName } from '../../functions/steps/step.ts';
import { at, requestOf } from '../conformance/ports/samples.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const request = requestOf('r-1');

/** A step that notes what it was asked to do. */
const stepThat = (act: () => Promise<JsonObject>, name: StepName = 'stage'): AnyStep & { readonly did: string[] } => {
  const did: string[] = [];
  return {
    name,
    did,
    observe: (input) => {
      did.push('observe');
      return Promise.resolve({ seen: input['rotationId'] });
    },
    decide: (view) => {
      did.push(`decide ${JSON.stringify(view)}`);
      return { kind: 'move' };
    },
    act: (decision) => {
      did.push(`act ${decision.kind}`);
      return act();
    },
  };
};

const portsWith = (change: (ledger: Ledger) => Ledger = (ledger) => ledger) => {
  const store = openStore(temporaryFolder());
  onTestFinished(store.close);
  const ledger = localLedger(store);
  const clock = { now: () => at(7), sleep: () => Promise.resolve() };
  const journal = async () =>
    (await ledger.entries(request.rotationId)).map(({ step, event, detail }) => [step, event, detail]);
  // The runner touches these two and hands on the rest unseen.
  return { ports: { ledger: change(ledger), clock } as unknown as Ports, journal };
};

describe('running a step', () => {
  it('looks, decides, acts, and writes down what it decided', async () => {
    const { ports, journal } = portsWith();
    const step = stepThat(() => Promise.resolve({ moved: true }));
    expect(await runStep(step, request, ports)).toEqual({ moved: true });
    expect(step.did).toEqual(['observe', 'decide {"seen":"r-1"}', 'act move']);
    expect(await journal()).toEqual([['stage', 'move', '']]);
  });

  it.each([
    new Fault('NothingChanged', 'It did not answer.'),
    new Fault('Refused', 'It was turned down.'),
    new Superseded('Another holds it.'),
  ])('writes down how it failed, and fails so: %s', async (error) => {
    const { ports, journal } = portsWith();
    await expect(
      runStep(
        stepThat(() => Promise.reject(error)),
        request,
        ports,
      ),
    ).rejects.toBe(error);
    expect(await journal()).toEqual([['stage', error.name, error.message]]);
  });

  it('makes OutcomeUnknown of what nobody foresaw, and does not quote it', async () => {
    const { ports, journal } = portsWith();
    const running = runStep(
      stepThat(() => Promise.reject(new RangeError('sk-something'))),
      request,
      ports,
    );
    await expect(running).rejects.toMatchObject({ name: 'OutcomeUnknown' });
    expect(JSON.stringify(await journal())).not.toContain('sk-something');
    expect(JSON.stringify(await journal())).toContain('RangeError');
  });

  it('writes no secret into the journal', async () => {
    const { ports, journal } = portsWith();
    const quoting = stepThat(() => {
      const text = new SecretValue('sk-proj-0123456789abcdef').expose();
      return Promise.reject(new Fault('Refused', `It says: ${text}`));
    });
    await expect(behindWall(() => runStep(quoting, request, ports))).rejects.toMatchObject({ name: 'Refused' });
    expect(await journal()).toHaveLength(1);
    expect(JSON.stringify(await journal())).not.toContain('sk-proj-0123');
  });

  it('does not start without the state of a rotation', async () => {
    const { ports } = portsWith();
    const step = stepThat(() => Promise.resolve({}));
    await expect(runStep(step, { rotationId: 'r-1' }, ports)).rejects.toMatchObject({ name: 'NeedsPerson' });
    expect(step.did).toEqual([]);
  });
});

describe('losing the journal', () => {
  const withoutJournal = () =>
    portsWith((ledger) => ({ ...ledger, append: () => Promise.reject(new Fault('OutcomeUnknown', 'secret words')) }));

  it('does not stop a step, but is told', async () => {
    const warnings: string[] = [];
    const step = stepThat(() => Promise.resolve({ moved: true }));
    const { ports } = withoutJournal();
    expect(await runStep(step, request, ports, (text) => warnings.push(text))).toEqual({ moved: true });
    expect(warnings).toEqual(['The journal has no entry of r-1, stage, move: OutcomeUnknown.']);
  });

  it('does not change how a step fails', async () => {
    const fault = new Fault('Refused', 'It was turned down.');
    const { ports } = withoutJournal();
    await expect(
      runStep(
        stepThat(() => Promise.reject(fault)),
        request,
        ports,
      ),
    ).rejects.toBe(fault);
  });

  it('is nothing to containment', async () => {
    const warnings: string[] = [];
    const step = stepThat(() => Promise.resolve({ contained: true }), 'contain');
    const { ports } = withoutJournal();
    expect(await runStep(step, request, ports, (text) => warnings.push(text))).toEqual({ contained: true });
    expect(warnings).toEqual([]);
  });
});
