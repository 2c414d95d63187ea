import type { StackProps } from 'aws-cdk-lib';
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
  /**
   * Who besides Keyturn's own roles may use the keys of its secrets: ARNs of IAM roles, separated by commas, with `*` for
   * what differs. Those who run `keyturn`, and one to break the glass with. Everybody else is then denied to read an admin
   * secret and to write any, even as an administrator. Empty: whoever IAM lets.
   */
  operatorRoles: z
    .string()
    .regex(
      /^$|^arn:aws[\w-]*:iam::\d{12}:role\/[^,\s]+(,arn:aws[\w-]*:iam::\d{12}:role\/[^,\s]+)*$/,
      'must be ARNs of roles, such as arn:aws:iam::123456789012:role/security-lead',
    )
    .transform((arns) => (arns === '' ? [] : arns.split(','))),
  /**
   * The region of the stacks; empty: wherever the command line deploys to. AWS tells of leaked access keys in us-east-1
   * and us-west-2 only: what forwards it to another region can be made only when that region is known.
   */
  homeRegion: z
    .string()
    .regex(/^$|^(?!cn-|us-gov-)[a-z]+(-[a-z]+)+-\d$/, 'is no region of the commercial partition, such as eu-central-1')
    .transform((region) => (region === '' ? null : region)),
  /** The partner event bus that Okta streams its log to: `aws.partner/okta.com/...`; empty: none. */
  oktaEventBus: z
    .string()
    .regex(
      /^$|^aws\.partner\/okta\.com\/./,
      'is no partner event bus of Okta, such as aws.partner/okta.com/acme/keyturn',
    )
    .transform((name) => (name === '' ? null : name)),
  /** What GitHub is asked about, separated by commas: `orgs/acme,repos/acme/app`; empty: GitHub is not asked. */
  githubScopes: z
    .string()
    .regex(
      /^$|^(orgs\/[\w.-]+|repos\/[\w.-]+\/[\w.-]+)(,(orgs\/[\w.-]+|repos\/[\w.-]+\/[\w.-]+))*$/,
      'must be like orgs/acme,repos/acme/app',
    )
    .transform((scopes) => (scopes === '' ? null : scopes)),
  /** Whether GitGuardian is asked for its incidents. */
  gitguardianPoll: z.union([z.boolean(), z.stringbool()]),
  /** How often they are asked, for what a webhook lost. */
  pollMinutes: z.coerce.number().int().min(5).max(60),
  /** How far back they are asked each time: longer than any outage of ours. */
  pollBackDays: z.coerce.number().int().min(1).max(3650),
  /** How many webhooks are answered at once; more are turned away, so that a flood is no one else's. */
  webhookConcurrency: z.coerce.number().int().min(1).max(100),
  /** Where RUNBOOK.md is read: every alarm ends with the link to its entry there. */
  runbookUrl: z
    .string()
    .regex(
      /^(RUNBOOK\.md|https:\/\/[^\s#]+)$/,
      'is not where RUNBOOK.md is read, such as https://github.com/acme/keyturn/blob/main/RUNBOOK.md',
    ),
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

/** Where a stack goes: what is not told stays open, and the command line decides. */
export const environmentOf = ({ homeRegion }: Settings): Pick<StackProps, 'env'> =>
  homeRegion === null ? {} : { env: { region: homeRegion } };

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
