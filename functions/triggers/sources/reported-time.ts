import * as z from 'zod/mini';
import { instant } from '../../domain/identifiers.ts';

/** A vendor's time: ISO 8601 with any precision, or AWS Health's `Sat, 05 Jun 2016 15:10:09 GMT`. */
export const reportedTime = z.pipe(
  z.string().check(
    z.maxLength(40),
    z.refine((text) => !Number.isNaN(Date.parse(text))),
  ),
  z.transform((text: string) => instant(Date.parse(text))),
);
