import { expect, it } from 'vitest';
import { keyId } from '../../functions/domain/identifiers.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import { slotKeyId, slotOf } from '../../functions/providers/slot-key-id.ts';

it('the id of what a slot holds tells the slot, and one value from another', () => {
  const ids = ['Key1', 'Key2'].flatMap((slot) => ['one', 'two'].map((text) => slotKeyId(slot, new SecretValue(text))));
  expect(new Set(ids).size).toBe(4);
  expect(ids.map(slotOf)).toEqual(['Key1', 'Key1', 'Key2', 'Key2']);
  expect(slotKeyId('Key1', new SecretValue('one'))).toBe(ids[0]);
});

it.each([
  'Key1:0123456789abcde',
  'Key1:0123456789abcdef0',
  'Key1:0123456789abcdeg',
  ':0123456789abcdef',
  '\nKey1:0123456789abcdef',
  'sk-1',
])('%j is none', (text) => {
  expect(slotOf(keyId(text))).toBeNull();
});
