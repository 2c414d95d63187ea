import { expect, test } from 'vitest';
import * as expected from '../../functions/cli/doctor/expected.ts';
import { deployed } from '../../functions/cli/open-aws.ts';
import * as names from '../../infra/constructs/names.ts';

test('the command looks for what the stacks are called', () => {
  expect(deployed.ledgerTable).toBe(names.ledgerTableName);
  expect(deployed.bus).toBe(names.busName);
  expect(deployed.topic).toBe(names.topicName);
  expect(`${deployed.machinePrefix}openai`).toBe(names.machineName('openai'));
  expect(expected.ledgerTable).toBe(names.ledgerTableName);
  expect(expected.peopleTopic).toBe(names.topicName);
  expect(expected.foundationStack).toBe(names.foundationStackName);
  expect(expected.stackOf(expected.intakePart)).toBe(names.intakeStackName);
  expect(expected.stackOf('openai')).toBe(names.providerStackName('openai'));
});
