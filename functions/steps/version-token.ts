import { createHash } from 'node:crypto';
import { type RotationId, type VersionId, versionId } from '../domain/identifiers.ts';

/** Ours alone: any fixed UUID will do (RFC 9562, section 6.6). */
const namespace = Buffer.from('5f0c6c9e2d3b4a7e9a418d1f6b7c2e54', 'hex');

/**
 * The version that a rotation stores its key under: a UUIDv5 of the rotation's id. It is the vault's idempotency
 * token, so all attempts of a rotation share it and the first key stored wins.
 */
export const versionToken = (rotation: RotationId): VersionId => {
  const hash = createHash('sha1').update(namespace).update(rotation).digest().subarray(0, 16);
  // RFC 9562, section 5.5: the version in the high half of byte 6, the variant in the two high bits of byte 8.
  hash[6] = (hash.readUInt8(6) & 0x0f) | 0x50;
  hash[8] = (hash.readUInt8(8) & 0x3f) | 0x80;
  const digits = hash.toString('hex');
  return versionId(digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
};
