import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { beforeAll, describe } from 'vitest';
import { awsExecutions } from '../../../functions/aws/executions.ts';
import { awsVault } from '../../../functions/aws/vault.ts';
import { clientOf } from './aws-client.ts';
import { executionsSuite } from './executions-suite.ts';
import { vaultSuite } from './vault-suite.ts';

/** Such as `http://127.0.0.1:5000` with `moto_server -p 5000`. Without it these tests are skipped, visibly. */
const endpoint = process.env['KEYTURN_AWS_ENDPOINT'];
const client = clientOf(endpoint ?? 'http://127.0.0.1:9');

describe.skipIf(endpoint === undefined)('against an emulator at KEYTURN_AWS_ENDPOINT', () => {
  const secrets = new SecretsManagerClient(client);
  const machines = new SFNClient(client);
  let machineArn = '';

  beforeAll(async () => {
    const definition = JSON.stringify({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } });
    const roleArn = 'arn:aws:iam::123456789012:role/keyturn';
    const { stateMachineArn } = await machines.send(
      new CreateStateMachineCommand({ name: `keyturn-openai-${Date.now()}`, definition, roleArn }),
    );
    machineArn = stateMachineArn ?? '';
  });

  vaultSuite('on Secrets Manager', () => awsVault({}, secrets));
  executionsSuite('on Step Functions', () => awsExecutions(() => machineArn, machines));
});
