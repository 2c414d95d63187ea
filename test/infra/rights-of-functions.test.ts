import { expect, it } from 'vitest';
import { type FunctionName, rightsOf } from '../../infra/constructs/permissions.ts';
import { reachableSource } from './reachable-source.ts';
import { type Call, includes, type Need, rightsOfCalls } from './rights-of-calls.ts';

const isCall = (name: string): name is Call => name in rightsOfCalls;

/** The call as the table names it. `given` is the text of its arguments, as esbuild prints it. */
const callOf = (called: string, given: string): Call => {
  const [first = '', second = '', third = ''] = given.split(/, ?/);
  // Of two bindings of one name esbuild gives the second a number.
  const word = (text: string): string =>
    (/^[a-z]+/i.exec(text)?.[0] ?? '').replace(/^(current)Label$|^(newLabel)led$/, '$1$2');
  let name = called;
  if (called === 'vault.read') name = `vault.read under ${word(third)}`;
  if (called === 'vault.moveLabel') name = `vault.moveLabel ${word(second)}`;
  if (called === 'vault.describe' && first.startsWith('adminSecret')) name = 'vault.describe of an admin secret';
  if (isCall(name)) return name;
  throw new TypeError(`${name} has no right: say in rights-of-calls.ts which it needs.`);
};

const callsIn = (text: string): readonly Call[] => [
  ...[
    ...text.matchAll(
      /\b((?:ledger|vault|notices|executions|fingerprints|intake)\??\.\w+|connect|secretsOf)\((?=([^;]*))/g,
    ),
  ].map(([, called = '', given = '']) => callOf(called.replace('?', ''), given)),
  ...(/\bledger\.append\(\{[^}]*step: "end"/.test(text) ? (['ledger.append of an end'] as const) : []),
];

it.each(Object.keys(rightsOf) as FunctionName[])(
  '%s has the rights that its source uses, and no more',
  async (name) => {
    const needed = new Set<Need>(callsIn(await reachableSource(name)).map((call) => rightsOfCalls[call]));
    const included = new Set([...needed].flatMap((need) => includes[need] ?? []));
    // What AWS does in a function's name is in no source.
    const own = rightsOf[name].filter((right) => right !== 'undelivered' && right !== 'receive-intake');
    expect(own.toSorted()).toEqual([...needed].filter((need) => !included.has(need)).toSorted());
  },
);
