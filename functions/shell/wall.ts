import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';
import { Fault, faultNames } from '../domain/fault.ts';
import { onExposure } from '../domain/secret-value.ts';
import { formsOf } from './secret-forms.ts';

/** Wall 4: what was exposed in one invocation may not leave it, but through the call that spends it. */
const invocations = new AsyncLocalStorage<Set<string>>();

onExposure((value) => {
  const forms = invocations.getStore();
  // Its own text is among its forms: a value that was exposed before is known.
  if (forms === undefined || forms.has(value)) return;
  for (const form of formsOf(value)) forms.add(form);
});

const withheld = 'The text was withheld, because it held a secret value. Nothing else is known of it.';

/**
 * Runs an invocation behind the wall.
 *
 * @throws Fault `NeedsPerson` when its answer holds a value that it exposed; what it throws keeps its name, and loses
 * its message, when that does
 */
export const behindWall = <T>(run: () => Promise<T>): Promise<T> =>
  invocations.run(new Set(), async () => {
    const answer = await run().catch((error: unknown) => {
      throw holdsSecret(textOf(error)) ? redacted(error) : error;
    });
    if (!holdsSecret(textOfAnswer(answer))) return answer;
    throw new Fault('NeedsPerson', `A step's answer was refused. ${withheld}`);
  });

/** Whether the text holds a value that the present invocation has exposed, in any form that is easily turned back. */
export const holdsSecret = (text: string): boolean => {
  for (const form of invocations.getStore() ?? []) if (text.includes(form)) return true;
  return false;
};

/** The value, unless a log of it would hold a secret. */
export const guarded = <T>(value: T): T | string =>
  holdsSecret(typeof value === 'string' ? value : textOf(value)) ? withheld : value;

/** As it would leave: JSON, which has no text for `undefined`. */
const textOfAnswer = (answer: unknown): string => JSON.stringify([answer]);

/** Everything that a log would show of it: message, stack, fields and causes. */
const textOf = (error: unknown): string => inspect(error, { depth: 8, maxStringLength: null });

const redacted = (error: unknown): Error => {
  const name = error instanceof Error ? error.name : '';
  const known = faultNames.find((fault) => fault === name);
  if (known !== undefined) return new Fault(known, withheld);
  const other = new Error(withheld);
  other.name = holdsSecret(name) ? 'Error' : name;
  return other;
};
