import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { strategies } from '../../functions/domain/credential.ts';

const count = z.number().int().nonnegative();
/** By IAM action: `secretsmanager:GetSecretValue`. */
const calls = z.record(z.string().regex(/^[a-z]+:[A-Za-z]+$/), count);

const rotation = z.strictObject({
  /** The states that each execution entered, in order. A person's strategy takes two in an emergency. */
  executions: z.array(z.array(z.string())).min(1),
  /** By the last part of the function's name. */
  functions: z.record(
    z.string(),
    z.strictObject({
      invocations: count,
      /** The longest of its invocations, its cold start among them. Recorded, and held by no test. */
      milliseconds: count,
      calls,
    }),
  ),
  /** Of all that it writes to the ledger, by the size of each item. */
  writeUnits: count,
});

const sweep = z.strictObject({
  milliseconds: count,
  /** How many credentials one run looks at; the next run looks at others. Null: at all of them. */
  mostLooks: count.nullable(),
  /** How often it lists every credential's record. */
  listings: count,
  /** What else it asks for, whatever the register holds. */
  calls,
  /** What it asks for each of its provider's credentials. */
  callsPerCredential: calls,
  /** What it asks for each credential, of whichever provider, whose rotation has ended within a week. */
  callsPerRecentEnd: calls,
});

const form = z.strictObject({
  about: z.string(),
  ledger: z.strictObject({
    /** A listing is a query of each. */
    partitions: count,
    /** A credential's record between two rotations. */
    recordBytes: count,
  }),
  rotations: z.record(z.enum(strategies), z.strictObject({ scheduled: rotation, emergency: rotation })),
  sweeps: z.record(z.string(), sweep),
});

/** What ran and was counted, on an emulator of AWS: test/emulator/counted.test.ts writes it, and fails when it is stale. */
export type Counted = z.infer<typeof form>;
export type CountedRotation = z.infer<typeof rotation>;
export type CountedSweep = z.infer<typeof sweep>;
export type Calls = z.infer<typeof calls>;

export const countedFile = new URL('counted.json', import.meta.url);

export const readCounted = (): Counted => form.parse(JSON.parse(readFileSync(countedFile, 'utf8')));

/** The start of an execution is one, and so is each state that it enters; a retry would be one more. */
export const transitionsOf = ({ executions }: CountedRotation): number =>
  executions.reduce((sum, states) => sum + 1 + states.length, 0);
