import { expect, it } from 'vitest';
import { rotationId } from '../../functions/domain/identifiers.ts';
import { versionToken } from '../../functions/steps/version-token.ts';

it('is the UUIDv5 of the rotation, the same on every machine and in every version of Keyturn', () => {
  // Computed with Python: uuid.uuid5(UUID('5f0c6c9e-2d3b-4a7e-9a41-8d1f6b7c2e54'), 'chat-20261101-0001').
  expect(versionToken(rotationId('chat-20261101-0001'))).toBe('a7031d3b-7b41-559c-b255-bb2d80cb0d2d');
});

it('differs from rotation to rotation', () => {
  const tokens = Array.from({ length: 100 }, (_, index) => versionToken(rotationId(`r-${index}`)));
  expect(new Set(tokens).size).toBe(100);
});
