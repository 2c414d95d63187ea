import type { StepName } from '../functions/steps/step.ts';
import type { Flow } from './flow.ts';

/**
 * What stands for the `${...}` of a flow's ASL: the state's name, and the step whose function goes there. On AWS
 * that is the function's ARN (`DefinitionSubstitutions`), on one machine the step's name.
 */
export const substitutions = (flow: Flow): Readonly<Record<string, StepName>> =>
  Object.fromEntries(
    Object.entries(flow.states).flatMap(([name, state]) => (state.kind === 'step' ? [[name, state.run] as const] : [])),
  );

/**
 * Puts them into the text, as CloudFormation does.
 * @throws TypeError when the text names a key that is not there
 */
export const substitute = (aslText: string, values: Readonly<Record<string, string>>): string =>
  aslText.replaceAll(/\$\{([A-Za-z0-9]+)\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new TypeError(`The definition asks for \${${key}}, and there is no value for it.`);
    return value;
  });
