import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import { quote } from './key-like.ts';
import { nearest } from './nearest.ts';
import type { Finding, Path } from './problem.ts';
import { type DeclaredAccount, type DeclaredCredential, type RegisterSchema, registerSchema } from './schema.ts';

/** An entry and where it stands in the file. */
export type Entry<T> = { readonly path: Path; readonly value: T };

/** A finding with the reason why it is one. */
export type ShapeFinding = Finding & { readonly why: string };

export type Shaped = {
  readonly accounts: readonly Entry<DeclaredAccount>[];
  readonly credentials: readonly Entry<DeclaredCredential>[];
  readonly findings: readonly ShapeFinding[];
};

/** Sorts the entries that have the register's shape from what is wrong with the others. */
export const shapeOf = (data: Json, providerIds: readonly [string, ...string[]]): Shaped => {
  const schema = registerSchema(providerIds);
  const lists = z.strictObject({ accounts: z.array(z.json()), credentials: z.array(z.json()) }).safeParse(data);
  const findings = findingsOf(lists.error, [], data, schema);
  const listed = (name: 'accounts' | 'credentials'): readonly Json[] => {
    const list = child(data, name);
    return list !== undefined && isList(list) ? list : [];
  };
  const read = <T>(name: 'accounts' | 'credentials', element: z.ZodType<T>): readonly Entry<T>[] =>
    listed(name).flatMap((value, index) => {
      const path = [name, index];
      const parsed = element.safeParse(value);
      if (parsed.success) return [{ path, value: parsed.data }];
      findings.push(...findingsOf(parsed.error, path, data, schema));
      return [];
    });
  const accounts = read('accounts', schema.shape.accounts.element);
  return { accounts, credentials: read('credentials', schema.shape.credentials.element), findings };
};

const findingsOf = (error: z.ZodError | undefined, base: Path, data: Json, schema: RegisterSchema): ShapeFinding[] =>
  (error?.issues ?? []).flatMap((issue) => explain(issue, [...base, ...issue.path.map(partOf)], data, schema));

const partOf = (part: PropertyKey): string | number => (typeof part === 'number' ? part : String(part));

const explain = (issue: z.core.$ZodIssue, path: Path, data: Json, schema: RegisterSchema): readonly ShapeFinding[] => {
  const subject = subjectOf(path, data);
  const field = schemaAt(schema, path);
  const value = valueAt(data, path);
  const name = nameOf(path);
  // What follows a semicolon is about leaving it out.
  const why = `${name} is ${lowerFirst(field.description.split(';')[0] ?? '')}`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearest(key, field.keys);
      return {
        path: [...path, key],
        what: `${subject} has an unknown key ${quote(key)}`,
        why: 'a misspelt setting would silently not apply',
        next: meant === null ? `use one of ${field.keys.join(', ')}, or remove it` : `write \`${meant}\`, or remove it`,
      };
    });
  }
  if (value === undefined) {
    return [{ path, what: `${subject} has no ${name}`, why, next: `add ${name}${field.example}` }];
  }
  const next = field.names.length > 0 ? suggest(value, field.names) : `correct it${field.example}`;
  return [{ path, what: `${name} of ${subject} ${fault(issue, value)}`, why, next }];
};

const fault = (issue: z.core.$ZodIssue, value: Json): string => {
  if (issue.code === 'invalid_type') return `is ${kindOf(value)} and not ${nounOf(issue.expected)}`;
  if (issue.code === 'too_big') return `is ${issue.origin === 'string' ? 'longer' : 'larger'} than ${issue.maximum}`;
  if (issue.code === 'too_small') return issue.origin === 'number' ? `is not more than ${issue.minimum}` : 'is empty';
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'invalid_value')
    return `is none that is known${typeof value === 'string' ? ` (${quote(value)})` : ''}`;
  return typeof value === 'string' ? `has not the right form (${quote(value)})` : 'has not the right form';
};

const suggest = (value: Json, names: readonly string[]): string => {
  const meant = typeof value === 'string' ? nearest(value, names) : null;
  return meant === null ? `write one of ${names.join(', ')}` : `write \`${meant}\`, or another of ${names.join(', ')}`;
};

const nounOf = (expected: string): string => {
  const nouns: Readonly<Record<string, string>> = {
    string: 'text',
    array: 'a list',
    object: 'a group of keys',
    record: 'a group of keys',
    number: 'a number',
  };
  return nouns[expected] ?? expected;
};

const kindOf = (value: Json): string => {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'without bounds';
  return typeof value === 'string' ? 'text' : `a ${typeof value} (put text in quotes)`;
};

/** `Credential checkout-openai`, or `Credential 3` when it has no proper id. */
const subjectOf = (path: Path, data: Json): string => {
  const [list, index] = path;
  if (typeof index !== 'number') return 'the register';
  const kind = list === 'accounts' ? 'account' : 'credential';
  const id = valueAt(data, [list ?? '', index, 'id']);
  return typeof id === 'string' && /^[a-z0-9-]{1,40}$/.test(id) ? `${kind} ${id}` : `${kind} ${index + 1}`;
};

const nameOf = (path: Path): string => {
  const words = path.slice(2).filter((part) => typeof part === 'string');
  if (words.length > 0) return `\`${words.join('.')}\``;
  return path.length === 1 ? `\`${String(path[0])}\`` : 'the form';
};

const valueAt = (data: Json, path: Path): Json | undefined => {
  let value: Json | undefined = data;
  for (const part of path) value = child(value, part);
  return value;
};

const child = (value: Json | undefined, part: string | number): Json | undefined => {
  if (value === null || typeof value !== 'object') return undefined;
  if (isList(value)) return typeof part === 'number' ? value[part] : undefined;
  return typeof part === 'string' && Object.hasOwn(value, part) ? value[part] : undefined;
};

const isUnknownList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

type Field = {
  readonly description: string;
  /** `, for example ...`, or nothing. */
  readonly example: string;
  /** The keys that are known here. */
  readonly keys: readonly string[];
  /** The values that are possible here, when they are few. */
  readonly names: readonly string[];
};

/** What the schema says of a place: the nearest description on the way to it. */
const schemaAt = (schema: z.core.$ZodType, path: Path): Field => {
  let at: z.core.$ZodType = schema;
  let description = 'what the register needs';
  let examples: readonly unknown[] = [];
  const describe = (): void => {
    const meta = z.globalRegistry.get(at);
    if (meta?.description !== undefined) description = meta.description;
    const given: unknown = meta?.['examples'];
    examples = isUnknownList(given) ? given : [];
  };
  describe();
  for (const part of path) {
    const inner = unwrap(at);
    if (isObject(inner)) at = inner.shape[String(part)] ?? inner;
    else if (inner instanceof z.ZodArray) at = inner.element;
    describe();
  }
  const end = unwrap(at);
  return {
    description,
    example: examples.length > 0 ? `, for example ${String(examples[0])}` : '',
    keys: isObject(end) ? Object.keys(end.shape) : [],
    names: end instanceof z.ZodEnum ? end.options.map(String) : [],
  };
};

const isObject = (schema: z.core.$ZodType): schema is z.ZodObject<Record<string, z.core.$ZodType>> =>
  schema instanceof z.ZodObject;

const unwrap = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.def.innerType) : schema;

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
