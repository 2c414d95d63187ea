import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialId, keyId, rotationId } from '../functions/domain/identifiers.ts';
import { emptyRecord } from '../functions/domain/rotation.ts';
import { SecretValue } from '../functions/domain/secret-value.ts';
import {
  readEntry,
  readObligation,
  readPayload,
  readRecord,
  writePayload,
  writeStored,
} from '../functions/stored-text.ts';
import { entryOf, obligationOf } from './conformance/ports/samples.ts';

const canary = 'sk-canary-Zk81xQp07LmB2vTr';
/** JSON, sometimes with the names that JavaScript gives a meaning to, or in the form of a record of ours. */
const names = fc.constantFrom(
  '__proto__',
  'constructor',
  'form',
  'is',
  'keyId',
  'target',
  'apiKey',
  'rotationId',
  'step',
);
const values = fc.oneof(fc.json(), fc.constantFrom('1', `"${canary}"`, '{"__proto__":{"polluted":1}}', '[[]]', '""'));
const objects = fc
  .array(fc.tuple(names, values), { maxLength: 4 })
  .map((fields) => `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`);
const texts = fc.oneof(
  fc.string(),
  fc.constant(canary),
  objects,
  objects.map((is) => `{"form":1,"is":${is}}`),
  objects.map((is) => `{"form":2,"is":${is}}`),
);

/** Null where it is turned down, which tells nothing of what stands there. */
const readOrNull = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch (error) {
    expect(error).toMatchObject({ name: 'NeedsPerson' });
    expect(String(error)).not.toContain(canary);
    return null;
  }
};

describe('the text of a record', () => {
  it.each([
    ['readRecord', readRecord, ['credentialId', 'epoch']],
    ['readObligation', readObligation, ['keyId', 'target']],
    ['readEntry', readEntry, ['rotationId', 'step', 'event']],
  ] as const)('%s reads what has the form, and turns down everything else', (_name, read, needed) => {
    fc.assert(
      fc.property(texts, (text) => {
        const is = readOrNull<object>(() => read(text));
        if (is !== null) expect(needed.every((field) => Object.hasOwn(is, field))).toBe(true);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, number) => {
        const record = { ...emptyRecord(credentialId(text)), epoch: number };
        const obligation = obligationOf(text, { reason: text });
        const entry = entryOf(text, credentialId(text), number, text);
        expect(readRecord(writeStored(record))).toEqual(record);
        expect(readObligation(writeStored(obligation))).toEqual(obligation);
        expect(readEntry(writeStored(entry))).toEqual(entry);
      }),
    );
  });
});

describe('the text of a secret', () => {
  it('gives back key, id and rotation', () => {
    const optional = fc.option(fc.string());
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), optional, optional, (text, key, rotation) => {
        const payload = {
          apiKey: new SecretValue(text),
          keyId: key === null ? null : keyId(key),
          rotationId: rotation === null ? null : rotationId(rotation),
        };
        const read = readPayload(writePayload(payload));
        expect(read.apiKey.expose()).toBe(text);
        expect([read.keyId, read.rotationId]).toEqual([payload.keyId, payload.rotationId]);
      }),
    );
  });

  it('that Keyturn did not write is the key itself, JSON with an apiKey, or turned down', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const read = readOrNull(() => readPayload(new SecretValue(text)));
        const parsed = parsedOrText(text);
        const isObject = typeof parsed === 'object' && parsed !== null;
        if (read === null) expect(isObject).toBe(true);
        else if (!isObject) expect([read.apiKey.expose(), read.keyId, read.rotationId]).toEqual([text, null, null]);
        else expect(read.apiKey.expose()).toBe((parsed as { apiKey?: unknown }).apiKey);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

const parsedOrText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
