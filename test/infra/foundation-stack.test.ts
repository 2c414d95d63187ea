import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { deployed } from '../../functions/cli/open-aws.ts';
import { appOf, type Resource, registerOf, resourcesOf, stackOf, textOf } from './synthesised.ts';

let production: Template;
let development: Template;

beforeAll(() => {
  production = stackOf(appOf(registerOf(1)), 'foundation');
  development = stackOf(appOf(registerOf(1), { environment: 'development' }), 'foundation');
});

const properties = (template: Template, type: string): readonly Record<string, unknown>[] =>
  resourcesOf(template, type).map(([, { Properties }]) => Properties);

describe('the ledger', () => {
  it('is kept: encrypted with our key, restorable to any second, and not deletable with the stack', () => {
    production.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'keyturn-ledger',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
      },
    });
  });
});

describe('the audit bucket', () => {
  const lock = (mode: string, days: number) => ({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: mode, Days: days } },
    },
    VersioningConfiguration: { Status: 'Enabled' },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  });

  it('cannot be emptied by anybody in production', () => {
    production.hasResourceProperties('AWS::S3::Bucket', lock('COMPLIANCE', 365));
  });

  it('can be cleaned up in development', () => {
    development.hasResourceProperties('AWS::S3::Bucket', lock('GOVERNANCE', 1));
    expect(JSON.stringify(development.toJSON())).not.toContain('COMPLIANCE');
  });

  it('and everything else that takes requests refuses them without TLS', () => {
    for (const [type, count] of [
      ['AWS::S3::BucketPolicy', 2],
      ['AWS::SNS::TopicPolicy', 1],
    ] as const) {
      const policies = properties(production, type).map((policy) => JSON.stringify(policy['PolicyDocument']));
      expect(policies).toHaveLength(count);
      for (const policy of policies)
        expect(policy).toContain('"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
    }
  });
});

describe('the KMS keys', () => {
  type Statement = { Action: string | string[]; Condition?: Record<string, unknown>; Principal: unknown };
  const statementsOf = ({ Properties }: Resource): readonly Statement[] =>
    (Properties['KeyPolicy'] as { Statement: Statement[] }).Statement;

  it('are one for each class of data, rotated and kept', () => {
    expect(properties(production, 'AWS::KMS::Alias').map((alias) => alias['AliasName'])).toEqual([
      'alias/keyturn/admin-secrets',
      'alias/keyturn/managed-secrets',
      'alias/keyturn/data',
      'alias/keyturn/audit',
      'alias/keyturn/fingerprints',
    ]);
    const { adminSecretsKey, managedSecretsKey, fingerprintKey } = deployed;
    for (const alias of [adminSecretsKey, managedSecretsKey, fingerprintKey]) {
      production.hasResourceProperties('AWS::KMS::Alias', { AliasName: alias });
    }
    production.allResources('AWS::KMS::Key', { DeletionPolicy: 'Retain' });
    const kept = properties(production, 'AWS::KMS::Key').filter(({ EnableKeyRotation }) => EnableKeyRotation !== true);
    // A print is of use as long as the key that took it: KMS rotates no HMAC key.
    expect(kept.map(({ KeySpec, KeyUsage }) => [KeySpec, KeyUsage])).toEqual([['HMAC_256', 'GENERATE_VERIFY_MAC']]);
  });

  it('but the one of fingerprints can be used by nobody directly: every right to use one is bound to a service or to what is encrypted', () => {
    const uses = /^kms:(Decrypt|Encrypt|GenerateDataKey|ReEncrypt|CreateGrant|Sign|GenerateMac)/;
    for (const [, key] of resourcesOf(production, 'AWS::KMS::Key')) {
      for (const statement of statementsOf(key)) {
        const actions = [statement.Action].flat();
        expect(actions.join()).not.toContain('*');
        if (!actions.some((action) => uses.test(action))) continue;
        if (actions.join() === 'kms:DescribeKey,kms:GenerateMac') continue;
        const bounds = Object.values(statement.Condition ?? {}).flatMap((condition) =>
          Object.keys(condition as object),
        );
        expect(bounds.some((bound) => /^(kms:ViaService|kms:EncryptionContext:|aws:SourceArn)/.test(bound))).toBe(true);
      }
    }
  });

  it('of admin and managed secrets serve Secrets Manager only', () => {
    for (const [, key] of resourcesOf(production, 'AWS::KMS::Key').slice(0, 2)) {
      const [, use] = statementsOf(key);
      const { StringEquals } = use!.Condition as { StringEquals: Record<string, unknown> };
      expect(textOf(StringEquals['kms:ViaService'])).toBe('secretsmanager.{region}.amazonaws.com');
    }
  });
});

describe('alarms', () => {
  it('of this account may publish to people, and nobody else may without a right of its own', () => {
    const [topicPolicy] = properties(production, 'AWS::SNS::TopicPolicy');
    const { Statement } = topicPolicy!['PolicyDocument'] as { Statement: Record<string, unknown>[] };
    const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({
      Action: 'sns:Publish',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });
});
