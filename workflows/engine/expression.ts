import jsonata from 'jsonata';
import type { Json, JsonObject } from '../../functions/domain/json.ts';
import type { Failure } from './journal.ts';
import { throughText } from './through-text.ts';

/** What `$states` holds. */
export type StatesVariable = {
  readonly input: JsonObject;
  readonly result?: { readonly Payload: Json };
  readonly errorOutput?: { readonly Error: string; readonly Cause: string };
  readonly context: { readonly Execution: { readonly Name: string }; readonly State: { readonly Name: string } };
};

export type Evaluated =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** A part of a definition, compiled: JSON in which text of the form `{% ... %}` is an expression. */
export type Template = (states: StatesVariable) => Promise<Evaluated>;

/**
 * @param part JSON from a definition
 * @param fields the fields of `$states` that exist where the part stands
 * @throws TypeError, saying what is wrong, for an expression that the generator does not emit
 */
export const compileTemplate = (part: Json, fields: readonly string[]): Template => {
  if (typeof part === 'string') return isExpression(part) ? compileExpression(part, fields) : constant(part);
  if (part === null || typeof part !== 'object') return constant(part);
  const parts = Object.entries(part).map(([key, value]) => [key, compileTemplate(value, fields)] as const);
  return async (states) => {
    const values: [string, Json][] = [];
    for (const [key, template] of parts) {
      const evaluated = await template(states);
      if (evaluated.kind === 'failed') return evaluated;
      values.push([key, evaluated.value]);
    }
    return {
      kind: 'value',
      value: Array.isArray(part) ? values.map(([, value]) => value) : Object.fromEntries(values),
    };
  };
};

const constant =
  (value: Json): Template =>
  async () => ({ kind: 'value', value });

const isExpression = (text: string): boolean => {
  if (text.startsWith('{%') && text.endsWith('%}')) return true;
  if (text.includes('{%') || text.includes('%}')) throw new TypeError('an expression stands alone between {% and %}');
  return false;
};

const compileExpression = (text: string, fields: readonly string[]): Template => {
  const source = text.slice(2, -2).trim();
  const expression = parse(source);
  refuseUnknown(expression.ast(), fields);
  return async (states) => {
    try {
      const value: unknown = await expression.evaluate(undefined, { states });
      if (value === undefined) return failed(`${source} has no value.`);
      // By way of text: JSONata marks its lists with properties of its own.
      return { kind: 'value', value: throughText(value) };
    } catch (error) {
      return failed(`${source} cannot be evaluated: ${codeOf(error)}.`);
    }
  };
};

const failed = (cause: string): Evaluated => ({
  kind: 'failed',
  failure: { error: 'States.QueryEvaluationError', cause },
});

const parse = (source: string): jsonata.Expression => {
  try {
    return jsonata(source);
  } catch (error) {
    throw new TypeError(`the expression ${source} does not parse: ${codeOf(error)}`);
  }
};

/** The code and not the message, which may quote the execution's data. */
const codeOf = (error: unknown): string => {
  const code: unknown = fieldOf(error, 'code');
  return typeof code === 'string' ? `JSONata ${code}` : 'unknown reason';
};

/** What the generator writes. Step Functions has functions that jsonata lacks, and the reverse. */
const knownFunctions = ['merge', 'substring', 'substringBefore', 'substringAfter'];
const knownNodes = ['binary', 'unary', 'function', 'path', 'variable', 'name', 'string', 'number', 'value'];

/** Walks JSONata's syntax tree: every object with a `type` is a node of it. */
const refuseUnknown = (part: unknown, fields: readonly string[]): void => {
  if (typeof part !== 'object' || part === null) return;
  const type = fieldOf(part, 'type');
  const rest = typeof type === 'string' ? withoutHead(part, type, fields) : part;
  for (const each of Object.values(rest)) refuseUnknown(each, fields);
};

/** The node without the name that it starts with, `$states.input` or a function's, which is checked here. */
const withoutHead = (node: object, type: string, fields: readonly string[]): object => {
  if (!knownNodes.includes(type)) throw new TypeError(`a JSONata expression of the kind ${type} is not known`);
  if (type === 'variable') throw new TypeError(`the variable $${nameIn(node)} is not known`);
  if (type === 'path') {
    const [variable, field, ...steps] = stepsIn(node);
    if (fieldOf(variable, 'type') !== 'variable' || nameIn(variable) !== 'states') {
      throw new TypeError('a path must start with $states');
    }
    if (!fields.includes(nameIn(field))) throw new TypeError(`$states.${nameIn(field)} is not known here`);
    return { ...node, steps: [field, ...steps] };
  }
  if (type === 'function') {
    const name = nameIn(fieldOf(node, 'procedure'));
    if (!knownFunctions.includes(name)) throw new TypeError(`the function $${name} is not known`);
    return { ...node, procedure: null };
  }
  return node;
};

const nameIn = (node: unknown): string => String(fieldOf(node, 'value'));

const stepsIn = (path: object): readonly unknown[] => {
  const steps = fieldOf(path, 'steps');
  return Array.isArray(steps) ? steps : [];
};

const fieldOf = (part: unknown, name: string): unknown =>
  typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined;
