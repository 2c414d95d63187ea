/** What any of the functions finds in its environment, but for the name of its step. */
export const functionEnvironment = {
  AWS_REGION: 'eu-central-1',
  KEYTURN_PROVIDER: 'openai',
  KEYTURN_LEDGER_TABLE: 'keyturn-ledger',
  KEYTURN_PEOPLE_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:keyturn-people',
  KEYTURN_BUS_NAME: 'keyturn',
  KEYTURN_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:123456789012:stateMachine:keyturn-openai',
  KEYTURN_MANAGED_KEY_ARN: 'arn:aws:kms:eu-central-1:123456789012:key/1',
  KEYTURN_LET_CALLS_LAND_SECONDS: '300',
  KEYTURN_MAXIMUM_STARTS: '20',
  KEYTURN_STRAY_GRACE_SECONDS: '1800',
  KEYTURN_FINGERPRINT_KEY_ID: 'arn:aws:kms:eu-central-1:123456789012:key/2',
  KEYTURN_STATE_MACHINE_PREFIX: 'arn:aws:states:eu-central-1:123456789012:stateMachine:keyturn-',
  KEYTURN_INTAKE_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/keyturn-intake.fifo',
  KEYTURN_GITHUB_SCOPES: 'orgs/acme',
  KEYTURN_POLL_BACK_DAYS: '7',
} as const satisfies Readonly<Record<string, string>>;
