import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Accepts one finding of cdk-nag on one construct. The reason is for the person who reviews it. */
export const acknowledge = (construct: IConstruct, finding: string, reason: string): void => {
  for (const id of [finding, ...(otherNames[finding] ?? [])]) Validations.of(construct).acknowledge({ id, reason });
};

/** What one pack finds, another finds again under a name of its own. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'AwsSolutions-SQS3': ['Serverless-SQSRedrivePolicy'],
  'Serverless-LambdaDLQ': ['NIST.800.53.R5-LambdaDLQ'],
};
