import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { Fault } from '../domain/fault.ts';
import { type SecretName, versionId } from '../domain/identifiers.ts';
import { current, holderOf } from '../domain/labels.ts';
import { SecretValue } from '../domain/secret-value.ts';
import type { SecretVersion, Vault } from '../ports.ts';
import { readPayload, writePayload } from '../stored-text.ts';
import { clientSettings } from './client-settings.ts';
import { faultOf, isAnswer } from './fault-of.ts';

export interface AwsVaultOptions {
  /** The KMS key that new secrets are encrypted with; without it, the account's own for Secrets Manager. */
  readonly kmsKeyId?: string | undefined;
}

/** The vault on AWS Secrets Manager. */
export const awsVault = (
  { kmsKeyId }: AwsVaultOptions,
  client: SecretsManagerClient = new SecretsManagerClient(clientSettings),
): Vault => {
  const encryption = kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId };

  const describe = async (secret: SecretName): Promise<readonly SecretVersion[] | null> => {
    const doing = `describe secret ${secret}`;
    try {
      const { VersionIdsToStages, DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: secret }));
      if (DeletedDate !== undefined) {
        throw new Fault(
          'NeedsPerson',
          `The secret ${secret} is scheduled for deletion. Nothing was changed. ` +
            `To keep it: aws secretsmanager restore-secret --secret-id ${secret}`,
        );
      }
      return Object.entries(VersionIdsToStages ?? {})
        .filter(([, labels]) => labels.length > 0)
        .map(([id, labels]) => ({ versionId: versionId(id), labels: labels.toSorted() }));
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (isAnswer(error, 'ResourceNotFoundException')) return null;
      throw faultOf(error, doing, 'read');
    }
  };

  /** Null when the service says that there is no such value, which it also says a moment before there is one. */
  const getText = async (secret: SecretName, version: object): Promise<SecretValue | null> => {
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret, ...version }));
      if (SecretString !== undefined) return new SecretValue(SecretString);
    } catch (error) {
      if (isAnswer(error, 'ResourceNotFoundException', 'InvalidRequestException')) return null;
      throw faultOf(error, `read secret ${secret}`, 'read');
    }
    throw new Fault(
      'NeedsPerson',
      `The secret ${secret} holds bytes, not text. Nothing was changed. Store it as text.`,
    );
  };

  return {
    describe,

    async read(secret, version, label) {
      const text = await getText(secret, { VersionId: version, VersionStage: label });
      if (text !== null) return readPayload(text);
      // Labels are read a moment later than they are written: https://github.com/aws/aws-sdk-js-v3/issues/7701, 2026-11.
      if (holderOf((await describe(secret)) ?? [], label) !== version) return null;
      throw new Fault('NothingChanged', `Secrets Manager does not show ${secret} yet as it was written.`);
    },

    async create(secret, tags) {
      // Looked for first: a role need not be allowed to create a secret that somebody else has made.
      if ((await describe(secret)) !== null) return;
      const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      try {
        await client.send(new CreateSecretCommand({ Name: secret, Tags: list, ...encryption }));
      } catch (error) {
        if (isAnswer(error, 'ResourceExistsException')) return;
        throw faultOf(error, `create secret ${secret}`, 'write');
      }
    },

    async store(secret, version, label, payload) {
      const text = writePayload(payload);
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: secret,
            ClientRequestToken: version,
            VersionStages: [label],
            SecretString: text.expose(),
          }),
        );
        return 'stored';
      } catch (error) {
        if (isAnswer(error, 'ResourceExistsException')) return 'another-is-stored';
        throw faultOf(error, `store a version of secret ${secret}`, 'write');
      }
    },

    async moveLabel(secret, label, { from, to }) {
      const doing = `move ${label} of secret ${secret}`;
      if (label === current && from !== null && to === null) throw cannot(doing, 'it can only go to another version');
      if (from !== to) {
        try {
          await client.send(
            new UpdateSecretVersionStageCommand({
              SecretId: secret,
              VersionStage: label,
              ...(from === null ? {} : { RemoveFromVersionId: from }),
              ...(to === null ? {} : { MoveToVersionId: to }),
            }),
          );
          return 'moved';
        } catch (error) {
          const refused = ['InvalidParameterException', 'InvalidRequestException', 'ResourceNotFoundException'];
          if (!isAnswer(error, ...refused)) throw faultOf(error, doing, 'write');
        }
      }
      // Refused, or nothing to move: where the label is tells whether it is as wanted, also after a lost answer.
      const versions = await describe(secret);
      if (versions === null) throw cannot(doing, 'there is no such secret');
      const on = holderOf(versions, label);
      if (on === to) return 'moved';
      if (on !== from) return 'held-by-another';
      throw cannot(doing, to === null ? 'Secrets Manager refuses' : `it has no version ${to}`);
    },

    readAdmin: (secret, label = current) => getText(secret, { VersionStage: label }),

    async writeAdmin(secret, value) {
      const doing = `write secret ${secret}`;
      const token = randomUUID();
      try {
        await client.send(
          new PutSecretValueCommand({ SecretId: secret, ClientRequestToken: token, SecretString: value.expose() }),
        );
        return;
      } catch (error) {
        if (!isAnswer(error, 'ResourceNotFoundException')) throw faultOf(error, doing, 'write');
      }
      try {
        await client.send(
          new CreateSecretCommand({
            Name: secret,
            ClientRequestToken: token,
            SecretString: value.expose(),
            ...encryption,
          }),
        );
      } catch (error) {
        throw faultOf(error, doing, 'write');
      }
    },
  };
};

const cannot = (doing: string, why: string): Fault =>
  new Fault('NeedsPerson', `Cannot ${doing}: ${why}. Nothing was changed.`);
