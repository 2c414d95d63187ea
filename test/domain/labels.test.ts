import { describe, expect, it } from 'vitest';
import { keyId, rotationId, versionId } from '../../functions/domain/identifiers.ts';
import {
  current,
  holderOf,
  isOurs,
  labelOf,
  leakedAdminLabel,
  newLabel,
  oldLabel,
  pending,
} from '../../functions/domain/labels.ts';

const rotation = rotationId('support-20261121-0a1b2c3d');
const [one, two, three] = ['v-1', 'v-2', 'v-3'].map(versionId);
const versions = [
  { versionId: one!, labels: [current, oldLabel(rotation)] },
  { versionId: two!, labels: [pending] },
  { versionId: three!, labels: [] },
];

describe('labels', () => {
  it('of ours tell the rotation, and the new version from the old one', () => {
    expect([newLabel(rotation), oldLabel(rotation)]).toEqual([
      'keyturn-new-support-20261121-0a1b2c3d',
      'keyturn-old-support-20261121-0a1b2c3d',
    ]);
    expect([newLabel(rotation), oldLabel(rotation), current, `their-${newLabel(rotation)}`].map(isOurs)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('of an admin secret tell the key that has leaked', () => {
    expect(leakedAdminLabel(keyId('key-1'))).toBe('keyturn-leaked-key-1');
  });

  it.each([
    [current, one],
    [pending, two],
    ['AWSPREVIOUS', null],
  ])('%s is found on its version', (label, version) => {
    expect(holderOf(versions, label)).toBe(version);
  });

  it.each([
    ['one of ours before any other', one, oldLabel(rotation)],
    ['what there is', two, pending],
    ['nothing', three, null],
    ['nothing of a version that is not there', versionId('v-4'), null],
  ])('a version is read by %s', (_case, version, label) => {
    expect(labelOf(versions, version!)).toBe(label);
  });
});
