import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountId,
  carriesOurName,
  credentialId,
  instant,
  keyId,
  keyName,
  milliseconds,
  rotationId,
  secondsBetween,
  secretName,
  versionId,
} from '../../functions/domain/identifiers.ts';

describe('identifiers', () => {
  it.each([accountId, credentialId, keyId, rotationId, secretName, versionId])(
    'are the text they are made of',
    (make) => {
      expect(make('text-1')).toBe('text-1');
    },
  );

  it('of time are ISO 8601 in UTC with milliseconds, there and back', () => {
    expect(instant(Date.UTC(2026, 10, 21, 12))).toBe('2026-11-21T12:00:00.000Z');
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(milliseconds(instant(date.getTime()))).toBe(date.getTime());
      }),
    );
  });

  it('of time are so many seconds apart, fewer than none backwards', () => {
    expect(secondsBetween(instant(1_000), instant(3_500))).toBe(2.5);
    expect(secondsBetween(instant(3_500), instant(1_000))).toBe(-2.5);
  });
});

describe('the name of a key', () => {
  const parts = fc.stringMatching(/^[a-z0-9]{1,40}$/);

  it('is known as ours again, and fits into the shortest that a vendor allows', () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 5 }), (rotation, attempt) => {
        const name = keyName(rotationId(rotation), attempt);
        expect(name).toBe(`keyturn-${rotation}-${attempt}`);
        expect(carriesOurName(name)).toBe(true);
      }),
    );
    expect(keyName(rotationId('r'.repeat(58)), 10).length).toBeLessThanOrEqual(80);
  });

  it.each([
    ['keyturn-support-1', true],
    ['keyturn-support-12', true],
    ['keyturn-support', false],
    ['keyturn-support-0', false],
    ['keyturn-support-123', false],
    ['keyturn-support-1x', false],
    ['keyturn-support-1-of-mine', false],
    ['my-keyturn-support-1', false],
    ['support-1', false],
    ['', false],
  ])('%s carries our form: %s', (name, ours) => {
    expect(carriesOurName(name)).toBe(ours);
  });
});
