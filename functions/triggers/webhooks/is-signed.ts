import { createHmac, timingSafeEqual } from 'node:crypto';

const form = /^sha256=([0-9a-f]{64})$/;

/**
 * Whether the header is `sha256=` and the hex of the body's HMAC-SHA256 under one of the keys. Over the bytes as they
 * came: the same JSON written anew is another body. Every key is tried, so that the time taken tells nothing.
 */
export const isSigned = (header: string, body: Uint8Array, keys: readonly string[]): boolean => {
  const hex = form.exec(header)?.[1];
  if (hex === undefined) return false;
  const given = Buffer.from(hex, 'hex');
  const fits = keys.map((key) => timingSafeEqual(createHmac('sha256', key).update(body).digest(), given));
  return fits.includes(true);
};
