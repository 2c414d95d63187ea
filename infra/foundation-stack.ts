import { type App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { acknowledge } from './constructs/acknowledge.ts';
import { AuditBucket } from './constructs/audit-bucket.ts';
import { Keys } from './constructs/keys.ts';
import { arn, busName, foundationStackName, ledgerTableName, thisAccountOnly, topicName } from './constructs/names.ts';
import { environmentOf, type Settings } from './settings.ts';

/** What every provider's stack stands on. All of it outlives the stack. */
export class FoundationStack extends Stack {
  readonly keys: Keys;
  readonly ledger: Table;
  readonly bus: EventBus;
  readonly people: Topic;

  constructor(app: App, settings: Settings) {
    super(app, foundationStackName, {
      stackName: foundationStackName,
      description: 'Keyturn: keys, ledger, events, notices and audit bucket that all providers share.',
      ...environmentOf(settings),
      terminationProtection: settings.environment === 'production',
    });

    this.keys = new Keys(this, 'Keys', settings);

    this.ledger = new Table(this, 'Ledger', {
      tableName: ledgerTableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.keys.data,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      this.ledger,
      'NIST.800.53.R5-DynamoDBInBackupPlan',
      'Any second of the last 35 days can be restored. An older ledger would contradict what the providers hold by now.',
    );

    this.bus = new EventBus(this, 'Bus', {
      eventBusName: busName,
      description: 'What Keyturn tells, and is told, about credentials. Never a secret.',
    });
    this.bus.archive('Archive', {
      archiveName: 'keyturn',
      description: 'Every event of the bus, for looking back and for replay.',
      eventPattern: { account: [this.account] },
      retention: Duration.days(settings.logRetentionDays),
    });

    this.people = new Topic(this, 'People', {
      topicName,
      displayName: 'Keyturn',
      masterKey: this.keys.data,
      enforceSSL: true,
    });
    this.people.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.people.topicArn],
        conditions: {
          ...thisAccountOnly,
          ArnLike: { 'aws:SourceArn': arn(this, 'cloudwatch', 'alarm', 'keyturn-*') },
        },
      }),
    );

    const audit = new AuditBucket(this, 'Audit', { key: this.keys.audit, environment: settings.environment });

    new CfnOutput(this, 'PeopleTopic', {
      description: 'Subscribe the people on call to it: aws sns subscribe --topic-arn ...',
      value: this.people.topicArn,
    });
    new CfnOutput(this, 'AuditBucket', { value: audit.bucket.bucketName });
  }
}
