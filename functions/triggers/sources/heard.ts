import type * as z from 'zod/mini';

/** What a source makes of a body or an event: what it reports, or why it reports nothing. No text of it holds a value. */
export type Heard<T> =
  | { readonly kind: 'heard'; readonly items: readonly [T, ...(readonly T[])] }
  /** Understood, and no compromise. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** Not the form that the vendor documents. `where` names fields of ours, never what stood in them. */
  | { readonly kind: 'malformed'; readonly where: string };

export const heard = <T>(first: T, ...rest: readonly T[]): Heard<T> => ({ kind: 'heard', items: [first, ...rest] });
export const ignored = (why: string): Heard<never> => ({ kind: 'ignored', why });
export const malformed = ({ issues }: z.core.$ZodError): Heard<never> => ({
  kind: 'malformed',
  where: issues.map(({ path }) => path.join('.') || 'the whole').join(', '),
});
