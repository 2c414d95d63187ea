import { createHmac } from 'node:crypto';
import { type KeyId, keyId } from '../domain/identifiers.ts';
import type { SecretValue } from '../domain/secret-value.ts';

/**
 * Keeps these digests apart from every other use of the same value. It is no secret: what protects the value is
 * its own length (at least 128 random bits), not this key.
 */
const domain = 'keyturn/slot-key-id/v1';

/**
 * The id of what a slot holds. A slot has no id of its own, so the value names it: the same value in the same slot
 * has the same id, and a regenerated slot has a new one. 64 bits of digest tell two values apart and give nothing back.
 */
export const slotKeyId = (slot: string, value: SecretValue): KeyId =>
  keyId(`${slot}:${createHmac('sha256', domain).update(value.expose()).digest('hex').slice(0, 16)}`);

/** The slot that a key id names; null when the id was not made by `slotKeyId`. */
export const slotOf = (id: KeyId): string | null => /^(.+):[0-9a-f]{16}$/.exec(id)?.[1] ?? null;
