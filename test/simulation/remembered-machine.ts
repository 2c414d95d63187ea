import type { Evaluated, StatesVariable, Template } from '../../workflows/engine/expression.ts';
import { type Machine, type MachineState, readMachine } from '../../workflows/engine/machine.ts';

const machines = new Map<string, Machine>();
const longestMemory = 200_000;

/**
 * Reads a definition once per process, and evaluates each expression once for each different input: an expression is
 * pure, and a hundred thousand cases ask the same few of them. What is evaluated is evaluated by JSONata all the same.
 */
export const rememberedMachine = (name: string, text: string): Machine => {
  const known = machines.get(text);
  if (known !== undefined) return known;
  const { startAt, states } = readMachine(name, text);
  const machine = { startAt, states: new Map([...states].map(([state, of]) => [state, remembered(of)] as const)) };
  machines.set(text, machine);
  return machine;
};

const remembered = (state: MachineState): MachineState => {
  switch (state.type) {
    case 'Task':
      return {
        ...state,
        payload: memo(state.payload),
        output: memo(state.output),
        catchers: state.catchers.map((catcher) => ({ ...catcher, output: memo(catcher.output) })),
      };
    case 'Wait':
      return { ...state, seconds: memo(state.seconds) };
    case 'Choice':
      return {
        ...state,
        rules: state.rules.map((rule) => ({
          ...rule,
          condition: memo(rule.condition),
          output: rule.output && memo(rule.output),
        })),
      };
    case 'Pass':
      return { ...state, output: state.output && memo(state.output) };
    case 'Succeed':
    case 'Fail':
      return state;
  }
};

const memos = new Map<Template, Template>();

const memo = (template: Template): Template => {
  const known = memos.get(template);
  if (known !== undefined) return known;
  const answers = new Map<string, Promise<Evaluated>>();
  const remembering: Template = (states: StatesVariable) => {
    const { input, result, errorOutput } = states;
    const key = `${textOf(input)} ${textOf(result)} ${textOf(errorOutput)}`;
    const answer = answers.get(key) ?? template(states);
    if (answers.size > longestMemory) answers.clear();
    answers.set(key, answer);
    return answer;
  };
  memos.set(template, remembering);
  return remembering;
};

const texts = new WeakMap<object, string>();

/** What goes from state to state is never changed, only replaced: its text stays the same. */
const textOf = (part: object | undefined): string => {
  if (part === undefined) return '';
  const text = texts.get(part) ?? JSON.stringify(part);
  texts.set(part, text);
  return text;
};
