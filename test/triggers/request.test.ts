import fc from 'fast-check';
import { expect, it } from 'vitest';
import { credentialId, instant, keyId } from '../../functions/domain/identifiers.ts';
import { requestId, rotationRequest } from '../../functions/triggers/request.ts';
import { credentialOf } from './sweep-world.ts';

const at = instant(Date.parse('2026-11-21T23:59:59Z'));
const wish = {
  credential: credentialOf('shop'),
  requestKey: 'alert-1',
  at,
  reason: 'leaked',
  letCallsLandSeconds: 900,
};

it('every field is there', () => {
  expect(rotationRequest({ ...wish, urgency: 'scheduled' })).toEqual({
    rotationId: 'shop-20261121-60a52758',
    credentialId: 'shop',
    urgency: 'scheduled',
    containFirst: false,
    leakedKeyId: null,
    incident: null,
    replacement: 'now',
    target: credentialOf('shop').target,
    secret: credentialOf('shop').secret,
    approved: false,
    reason: 'leaked',
    letCallsLandSeconds: 900,
  });
});

it.each([
  ['scheduled', 'contain-first', undefined, false],
  ['scheduled', 'contain-first', true, false],
  ['emergency', 'contain-first', undefined, true],
  ['emergency', 'contain-first', false, false],
  ['emergency', 'replace-first', undefined, false],
  ['emergency', 'replace-first', true, true],
] as const)('%s, the register says %s and the wish %s: contains first %s', (urgency, emergency, wanted, expected) => {
  const containFirst = wanted === undefined ? {} : { containFirst: wanted };
  const request = rotationRequest({
    ...wish,
    credential: credentialOf('shop', { emergency }),
    urgency,
    ...containFirst,
  });
  expect(request.containFirst).toBe(expected);
});

it('carries the leaked key and the approval', () => {
  const request = rotationRequest({ ...wish, urgency: 'emergency', leakedKeyId: keyId('key_1'), approved: true });
  expect(request).toMatchObject({ leakedKeyId: 'key_1', approved: true });
});

it('is another rotation for another credential, key or day, and the same for the same', () => {
  const shop = credentialId('shop');
  const ids = [
    requestId(shop, 'a', at),
    requestId(shop, 'b', at),
    requestId(credentialId('shop-a'), '', at),
    requestId(shop, 'a', instant(Date.parse('2026-11-22T00:00:00Z'))),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(requestId(shop, 'a', instant(Date.parse('2026-11-21T00:00:00Z')))).toBe(ids[0]);
});

it('has an id that a state machine takes as its execution name', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,39}$/), fc.string(), (id, key) => {
      expect(requestId(credentialId(id), key, at)).toMatch(/^[a-z][a-z0-9-]{0,39}-20261121-[0-9a-f]{8}$/);
    }),
  );
});
