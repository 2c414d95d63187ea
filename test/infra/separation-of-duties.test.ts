import { describe, expect, it } from 'vitest';
import { type FunctionName, type Right, rightsOf } from '../../infra/constructs/permissions.ts';
import { reachableSource } from './reachable-source.ts';

const functionNames = Object.keys(rightsOf) as FunctionName[];
const having = (...rights: readonly Right[]): readonly FunctionName[] =>
  functionNames.filter((name) => rights.every((right) => rightsOf[name].includes(right)));

/** By the operations of a vendor that its source can come to. Two slots have one operation for both: it makes and it kills. */
const calling = async (operations: RegExp): Promise<readonly FunctionName[]> => {
  const sources = await Promise.all(functionNames.map(async (name) => [name, await reachableSource(name)] as const));
  return sources.filter(([, source]) => operations.test(source)).map(([name]) => name);
};
const making = /\bconnection\d*\.(createKey|regenerateSlot)\?*\.?\(/;
const killing = /\b(revokeKey|containKey|disableKey)\b/;

// At a vendor, whoever holds the admin key may do anything: IAM cannot divide that, the source can, and does. What IAM
// divides is what a role makes of it here: to store a key, to let it serve, to say that another is dead.
describe('nobody creates, revokes and audits', () => {
  it('who makes a key can come to no call that kills one', async () => {
    // Of two slots one is regenerated for the new key, the other against the old one.
    expect(await calling(making)).toEqual(['create-key', 'two-slot/create-key', 'two-slot/revoke-old']);
    const killers = await calling(killing);
    expect(killers).toContain('revoke-old');
    for (const maker of having('store-version')) expect(killers).not.toContain(maker);
  });

  it('who stores a key says of none that it is dead, that a rotation has ended, or that it serves', () => {
    expect(having('store-version')).toEqual(['create-key', 'two-slot/create-key']);
    const saying: readonly Right[] = [
      'write-obligation',
      'record-end',
      'move-pending',
      'move-current',
      'clear-labels',
      'write-incident',
    ];
    for (const right of saying) expect(having('store-version', right), right).toEqual([]);
  });

  it('who lets a key serve calls no vendor, but to put an old one back', () => {
    expect(having('move-current', 'admin-secret')).toEqual([
      'roll-back',
      'two-slot/roll-back',
      'human-created/roll-back',
      'reconcile',
    ]);
    expect(having('move-pending', 'admin-secret')).toEqual([]);
  });

  it('who records that a rotation is done calls no vendor, but for who goes on where a run was lost', () => {
    expect(having('record-end', 'admin-secret')).toEqual(['begin', 'reconcile']);
  });

  it('who faces the internet can put a message into a queue, and read what signs it', () => {
    expect(rightsOf.webhook).toEqual(['webhook-secrets', 'send-intake']);
  });
});

it('exactly these read an admin secret, and each of them calls the vendor', () => {
  expect(having('admin-secret')).toEqual([
    'contain',
    'begin',
    'create-key',
    'validate',
    'confirm',
    'check-usage',
    'disable-old',
    'revoke-old',
    'prove-refused',
    'roll-back',
    'two-slot/create-key',
    'two-slot/revoke-old',
    'two-slot/roll-back',
    'human-created/roll-back',
    'sweep-strays',
    'reconcile',
    'intake',
  ]);
});

it('a leaked admin key is described by who takes reports in, and by nobody else', () => {
  expect(having('describe-admin')).toEqual(['intake']);
});
