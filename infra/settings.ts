import type { Node } from 'constructs';
import { z } from 'zod';

/**
 * How a deployment differs from another: CDK context, with the defaults in cdk.json. Change them there, or for one
 * run with `npx cdk deploy --all -c environment=development`.
 */
const settings = z.object({
  /** The register's file, from the folder of cdk.json. */
  register: z.string().min(1),
  /** In production the audit bucket cannot be emptied by anybody before its retention ends. */
  environment: z.enum(['production', 'development']),
  /** How long a failed step's call may still be in flight before anything is rolled back, in seconds. */
  letCallsLandSeconds: z.coerce.number().int().positive(),
  /** How often it is asked which credentials are due. */
  dueSweepMinutes: z.coerce.number().int().min(1).max(60),
  /** How many rotations of one provider a sweep starts; the next sweep starts the rest. */
  maximumStartsPerSweep: z.coerce.number().int().min(1).max(1000),
  /** How often leaked keys that no run works on, dead keys that serve, and what runs left behind are looked for. */
  reconcileMinutes: z.coerce.number().int().min(1).max(5),
  /** How often keys are looked for that nothing points at. */
  straySweepMinutes: z.coerce.number().int().min(1).max(360),
  /** How old such a key must be before it is removed, in seconds; longer than a rotation takes to store a key. */
  strayGraceSeconds: z.coerce.number().int().min(900),
  /** One of the periods that CloudWatch Logs knows. */
  logRetentionDays: z.coerce
    .number()
    .refine((days) => logRetentions.has(days), 'is not a period that CloudWatch Logs knows, such as 90, 400 or 731'),
});

export type Settings = z.infer<typeof settings>;

/** AWS::Logs::LogGroup RetentionInDays, read 2026-11. */
const logRetentions = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** A deployment that must not be synthesised; the message is all that a person needs. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

/** @throws DeploymentError naming each setting that does not fit */
export const readSettings = (node: Node): Settings => {
  const given = Object.fromEntries(Object.keys(settings.shape).map((key) => [key, node.tryGetContext(key)]));
  const parsed = settings.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new DeploymentError(
    [
      'The deployment settings do not fit.',
      ...problems,
      'Nothing was synthesised. They are the context in cdk.json, or -c name=value.',
    ].join('\n'),
  );
};
