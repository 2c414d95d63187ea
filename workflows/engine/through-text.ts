import { z } from 'zod';
import type { Json } from '../../functions/domain/json.ts';

const json = z.json();

/**
 * The value as it arrives when it is sent as JSON: nothing of the original is shared.
 * @throws what the value's `toJSON` throws, and for a value that has no JSON
 */
export const throughText = (value: unknown): Json => json.parse(JSON.parse(JSON.stringify(value)));
