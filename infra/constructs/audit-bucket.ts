import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { acknowledge } from './acknowledge.ts';
import { thisAccountOnly } from './names.ts';

/** Where the audit chain and its evidence lie: written once, kept for the retention, readable by nobody by default. */
export class AuditBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { key, environment }: { key: IKey; environment: Settings['environment'] }) {
    super(scope, id);

    const accessLogs = new Bucket(this, 'AccessLogs', {
      // Access logs can be delivered to a bucket with S3's own keys only:
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html, 2026-11
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      lifecycleRules: [{ expiration: Duration.days(400), noncurrentVersionExpiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      accessLogs,
      'NIST.800.53.R5-S3DefaultEncryptionKMS',
      'S3 delivers access logs under its own keys only.',
    );

    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      objectLockEnabled: true,
      // Compliance cannot be shortened by anybody, the account's root included; a trial must be able to clean up.
      objectLockDefaultRetention:
        environment === 'production'
          ? ObjectLockRetention.compliance(Duration.days(365))
          : ObjectLockRetention.governance(Duration.days(1)),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const bucket of [accessLogs, this.bucket]) {
      acknowledge(
        bucket,
        'NIST.800.53.R5-S3BucketReplicationEnabled',
        'Which second region or account may hold a copy is the owner’s to say. S3 keeps it in three zones, and every version of it.',
      );
    }
    // Not `serverAccessLogsBucket`: a Bucket is no IBucket under exactOptionalPropertyTypes (`isWebsite`, 2.276).
    const { defaultChild } = this.bucket.node;
    if (!(defaultChild instanceof CfnBucket)) throw new TypeError('The audit bucket is not an AWS::S3::Bucket.');
    defaultChild.loggingConfiguration = {
      destinationBucketName: accessLogs.bucketName,
      logFilePrefix: accessLogPrefix,
    };
    accessLogs.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AccessLogsOfTheAuditBucket',
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [accessLogs.arnForObjects(`${accessLogPrefix}*`)],
        conditions: { ...thisAccountOnly, ArnLike: { 'aws:SourceArn': this.bucket.bucketArn } },
      }),
    );
  }
}

const accessLogPrefix = 'audit/';
