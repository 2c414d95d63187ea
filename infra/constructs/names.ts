import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Physical names are fixed, so that the command line finds them without asking CloudFormation. */
export const foundationStackName = 'keyturn-foundation';
export const ledgerTableName = 'keyturn-ledger';
export const busName = 'keyturn';
export const topicName = 'keyturn-people';
export const eventSource = 'keyturn';
export const intakeStackName = 'keyturn-intake';
export const intakeQueueName = 'keyturn-intake.fifo';
export const intakeFailedQueueName = 'keyturn-intake-failed.fifo';
export const dashboardName = 'keyturn';

export const providerStackName = (provider: string): string => `keyturn-${provider}`;
export const machineName = (provider: string): string => `keyturn-${provider}`;
export const functionName = (provider: string, name: string): string => `keyturn-${provider}-${name}`;
/** Where the stack's calls and events end that could not be delivered. */
export const undeliveredQueueName = (stackName: string): string => `${stackName}-undelivered`;
export const logGroupName = (provider: string): string => `/keyturn/${provider}`;

/** The prefixes of what lies in Secrets Manager. */
export const adminSecrets = (provider: string): string => `keyturn/admin/${provider}/*`;
/** Two secrets for each source; what faces the internet reads the first only. Six letters of Secrets Manager's own end an ARN. */
export const webhookSecrets = 'keyturn/sources/*/webhook-??????';
export const sourceTokens = 'keyturn/sources/*/token-??????';
export const managedSecrets = (provider: string): string => `keyturn/${provider}/*`;

/** The ARN of something with a fixed name, so that no stack need refer to another for it. */
export const arn = (scope: Construct, service: string, resource: string, name: string): string =>
  Stack.of(scope).formatArn({ service, resource, resourceName: name, arnFormat: ArnFormat.COLON_RESOURCE_NAME });

export const secretArn = (scope: Construct, pattern: string): string => arn(scope, 'secretsmanager', 'secret', pattern);

/** A queue's ARN is the one that names no kind of resource. */
export const sqsArn = (scope: Construct, name: string): string =>
  Stack.of(scope).formatArn({ service: 'sqs', resource: name, arnFormat: ArnFormat.NO_RESOURCE_NAME });

/** Our rules, on whatever bus: another than the account's own stands in the ARN before the name. */
export const ourRules = (scope: Construct): string =>
  Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: '*keyturn-*' });

/** What a service may act for: this account only. Without it, another account's resource could make ours act. */
export const thisAccountOnly = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
