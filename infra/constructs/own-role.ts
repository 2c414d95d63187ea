import { Role, type RoleProps } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** A role whose policies are its own, and come and go with it. */
export const ownRole = (scope: Construct, id: string, props: RoleProps): Role => {
  const role = new Role(scope, id, props);
  acknowledge(
    role,
    'NIST.800.53.R5-IAMNoInlinePolicy',
    'Its rights are those of one job. A policy that stood by itself could be attached to another role as well, and be changed for both.',
  );
  return role;
};
