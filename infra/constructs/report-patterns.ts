import { type EventPattern, Match } from 'aws-cdk-lib/aws-events';
import { accountEndings, busDetailType, exposedCode, findingTypes } from '../../functions/domain/report-events.ts';

/** AWS found an access key in public. */
const awsHealth = { source: ['aws.health'], detail: { eventTypeCode: [exposedCode] } };

/** AWS's own answer to that, as CloudTrail tells it; it needs a trail in us-east-1. */
const quarantine = {
  source: ['aws.iam'],
  detailType: ['AWS API Call via CloudTrail'],
  detail: {
    eventName: ['AttachUserPolicy'],
    requestParameters: { policyArn: Match.wildcard('*:policy/AWSCompromisedKeyQuarantine*') },
  },
};

const guardduty = { source: ['aws.guardduty'], detail: { type: [...findingTypes] } };

const okta = { source: Match.prefix('aws.partner/okta.com/'), detail: { eventType: Object.keys(accountEndings) } };

const bus = { detailType: [busDetailType] };

/** Which events may report a compromise: what every source ignores is left where it is. */
export const reportPatterns = { awsHealth, quarantine, guardduty, okta, bus } satisfies Record<string, EventPattern>;

/** Those that AWS sends in us-east-1, and in part in us-west-2, wherever the account works. */
export const globalPatterns: Readonly<Record<string, EventPattern>> = { 'aws-health': awsHealth, quarantine };
