import type { Io } from './io.ts';

/** Who decides, for the record: the name by which this machine knows the person. */
export const whoDecides = ({ env }: Pick<Io, 'env'>): string =>
  env['USER'] ?? env['USERNAME'] ?? 'a person on the command line';
