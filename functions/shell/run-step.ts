import * as z from 'zod/mini';
import { Fault, faultNames, Superseded } from '../domain/fault.ts';
import { credentialId, rotationId } from '../domain/identifiers.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JournalEntry, Ports } from '../ports.ts';
import type { StepName } from '../steps/step.ts';
import { guarded } from './wall.ts';

/**
 * Any step, whatever its state, view and decision are; what it decides from is its own affair. The methods are
 * written as methods because only those compare loosely enough for that.
 */
export interface AnyStep {
  readonly name: StepName;
  observe(input: JsonObject, ports: Ports): Promise<unknown>;
  decide(view: unknown): { readonly kind: string };
  act(decision: { readonly kind: string }, view: unknown, input: JsonObject, ports: Ports): Promise<JsonObject>;
}

/** Tells somebody that a record could not be written. Never a secret. */
export type Warn = (text: string) => void;

const ownerForm = z.object({
  rotationId: z.pipe(z.string(), z.transform(rotationId)),
  credentialId: z.pipe(z.string(), z.transform(credentialId)),
});

/**
 * Observes, decides, acts, and adds to the journal how the step ended. Losing the journal does not stop a step: least
 * of all containment, for which it is not even a warning.
 *
 * @returns the step's own answer, to be merged into the rotation's state
 * @throws Fault or Superseded as the step did; whatever else it threw is a Fault `OutcomeUnknown`
 */
export const runStep = async (
  step: AnyStep,
  input: JsonObject,
  ports: Ports,
  warn: Warn = () => undefined,
): Promise<JsonObject> => {
  const owner = ownerForm.safeParse(input);
  if (!owner.success) {
    throw new Fault('NeedsPerson', `${step.name} was started without the state of a rotation; nothing was done.`);
  }
  const record = (event: string, detail: string): Promise<void> =>
    append(
      ports,
      { ...owner.data, at: ports.clock.now(), step: step.name, event, detail: guarded(detail) },
      step.name === 'contain' ? () => undefined : warn,
    );
  try {
    const view = await step.observe(input, ports);
    const decision = step.decide(view);
    const output = await step.act(decision, view, input, ports);
    await record(decision.kind, '');
    return output;
  } catch (error) {
    const known = knownFault(error, step.name);
    await record(known.name, known.message);
    throw known;
  }
};

const append = async ({ ledger }: Pick<Ports, 'ledger'>, entry: JournalEntry, warn: Warn): Promise<void> => {
  try {
    await ledger.append(entry);
  } catch (error) {
    const why = error instanceof Fault ? error.name : 'it failed';
    warn(`The journal has no entry of ${entry.rotationId}, ${entry.step}, ${entry.event}: ${why}.`);
  }
};

/** An error that no one foresaw says nothing about the world, and its message may quote anything. */
const knownFault = (error: unknown, step: string): Error => {
  if (error instanceof Superseded) return error;
  if (error instanceof Error && faultNames.some((name) => name === error.name)) return error;
  const what = error instanceof Error ? error.constructor.name : typeof error;
  return new Fault('OutcomeUnknown', `${step} stopped at an unforeseen ${what}; its effect may have happened.`);
};
