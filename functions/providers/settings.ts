import type { ZodMiniType } from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { type Parser, SettingsError } from './provider.ts';

/** `zod/mini` has no words of its own: without these, every message is "Invalid input". */
const { localeError } = en();

/** A provider's parser of settings. It names each field that does not fit, and never quotes what stands there. */
export const parseWith =
  <S>(schema: ZodMiniType<S>): Parser<S> =>
  (settings) => {
    const result = schema.safeParse(settings, { error: localeError });
    if (result.success) return result.data;
    throw new SettingsError(
      result.error.issues
        .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
        .join('; '),
    );
  };
