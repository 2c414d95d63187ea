import type { ZodType } from 'zod';
import { type Parser, SettingsError } from './provider.ts';

/** A provider's parser of settings. It names each field that does not fit, and never quotes what stands there. */
export const parseWith =
  <S>(schema: ZodType<S>): Parser<S> =>
  (settings) => {
    const result = schema.safeParse(settings);
    if (result.success) return result.data;
    throw new SettingsError(
      result.error.issues
        .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
        .join('; '),
    );
  };
