// Which events report a compromise: what the sources hear, and what the rules of the deployment let through to them.

/** https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html, read 2026-11. */
export const exposedCode = 'AWS_RISK_CREDENTIALS_EXPOSED';

/**
 * Findings that say: somebody reads secrets who should not, or uses a workload's own role from elsewhere.
 * https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html, read 2026-11.
 */
export const findingTypes: readonly string[] = [
  'CredentialAccess:IAMUser/AnomalousBehavior',
  'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS',
  'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS',
];

/**
 * How Okta says that a person's account ended. The names are the usual ones; nobody here has read them in Okta's list
 * (https://developer.okta.com/docs/reference/api/event-types/) or seen them from a tenant: compare them with yours.
 */
export const accountEndings: Readonly<Record<string, string>> = {
  'user.lifecycle.deactivate': 'deactivated',
  'user.lifecycle.suspend': 'suspended',
};

export const busDetailType = 'Keyturn compromise';
