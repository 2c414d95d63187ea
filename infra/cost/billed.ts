import type { Flow } from '../../workflows/flow.ts';
import { type Calls, type Counted, type CountedRotation, type CountedSweep, transitionsOf } from './counted.ts';
import { sumOf, times, type Usage } from './usage.ts';

/**
 * What a call is billed as, with what the service does for it with a customer managed key. All read 2026-11:
 * - Secrets Manager decrypts the data key for each GetSecretValue, and asks for a new one for each new value; no other
 *   of these calls touches the key: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 * - SNS asks for a data key and decrypts it, and uses it for five minutes; notices are further apart:
 *   https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 * - A write to DynamoDB is billed by size, and counted apart. Every item here is read whole with one unit: it is less
 *   than 4 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * - Calls to Step Functions are free; its transitions are not: https://aws.amazon.com/step-functions/pricing/
 */
const billedAs: Readonly<Record<string, Usage>> = {
  'secretsmanager:GetSecretValue': { 'secrets-manager-call': 1, 'kms-request': 1 },
  'secretsmanager:PutSecretValue': { 'secrets-manager-call': 1, 'kms-request': 1 },
  'secretsmanager:DescribeSecret': { 'secrets-manager-call': 1 },
  'secretsmanager:UpdateSecretVersionStage': { 'secrets-manager-call': 1 },
  'kms:GenerateMac': { 'kms-request': 1 },
  'dynamodb:GetItem': { 'dynamodb-read-unit': 1 },
  'dynamodb:Query': { 'dynamodb-read-unit': 1 },
  'dynamodb:PutItem': {},
  'sns:Publish': { 'sns-publish': 1, 'kms-request': 2 },
  'events:PutEvents': { 'custom-event': 1 },
  'states:StartExecution': {},
  'states:DescribeExecution': {},
};

/** @throws TypeError for a call of which nobody has said yet how it is billed */
const ofCalls = (calls: Calls): Usage =>
  sumOf(
    Object.entries(calls).map(([action, count]) => {
      const usage = billedAs[action];
      if (usage === undefined) throw new TypeError(`infra/cost/billed.ts does not say how ${action} is billed.`);
      return times(usage, count);
    }),
  );

/**
 * DynamoDB keeps the table's key for each caller until it was not used for five minutes. A step's role was not here
 * lately; a sweep that comes more often than that is counted as if it was not:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html, 2026-11
 */
const tableKey: Usage = { 'kms-request': 1 };

/**
 * Estimates: the emulator writes other lines. An invocation logs its init, start and report as JSON, and a line of ours
 * (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html); an execution logs each event without
 * its data: number, type, time, state and ARN (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html). Every
 * line is billed as 26 bytes more:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html. All read 2026-11.
 */
const bytesOfInvocation = 1500;
const bytesOfEvent = 400;
/** A task is entered, scheduled, started, succeeded and exited. */
const eventsOfStep = 5;
const eventsOfOther = 2;

const gigabyte = 1_000_000_000;
const logged = (bytes: number): Usage => ({ 'log-gigabyte': bytes / gigabyte });

/** One trace is recorded for what begins at its start; the steps of an execution are part of its own. */
const trace: Usage = { trace: 1 };

const ofInvocations = (invocations: number, milliseconds: number, megabytes: number): Usage =>
  sumOf([
    {
      'lambda-request': invocations,
      'lambda-gigabyte-second': (invocations * milliseconds * megabytes) / 1000 / 1024,
    },
    logged(invocations * bytesOfInvocation),
  ]);

/** @param megabytesOf the memory of a step's function, by the last part of its name */
export const ofRotation = (
  rotation: CountedRotation,
  { states }: Flow,
  megabytesOf: (name: string) => number,
): Usage => {
  const events = rotation.executions.reduce(
    (sum, path) =>
      sum +
      eventsOfOther +
      path.reduce((all, state) => all + (states[state]?.kind === 'step' ? eventsOfStep : eventsOfOther), 0),
    0,
  );
  return sumOf([
    { 'state-transition': transitionsOf(rotation), 'dynamodb-write-unit': rotation.writeUnits },
    times(trace, rotation.executions.length),
    logged(events * bytesOfEvent),
    ...Object.entries(rotation.functions).flatMap(([name, { invocations, milliseconds, calls }]) => [
      ofInvocations(invocations, milliseconds, megabytesOf(name)),
      ofCalls(calls),
      times(tableKey, Object.keys(calls).some((action) => action.startsWith('dynamodb:')) ? invocations : 0),
    ]),
  ]);
};

/** The credentials that a sweep finds: its own provider's, all of them, and those whose rotation ended this week. */
export type Found = { readonly own: number; readonly all: number; readonly recentlyEnded: number };

/** An estimate of what a call takes, for calls beyond those whose time was measured: test/bench/latency-world.ts has it too. */
const millisecondsOfCall = 15;

/** How long one run of a sweep takes, in milliseconds. Some of its calls are made side by side: this is the most. */
export const millisecondsOf = (sweep: CountedSweep, { own, recentlyEnded }: Found): number =>
  sweep.milliseconds +
  millisecondsOfCall * (own * callCount(sweep.callsPerCredential) + recentlyEnded * callCount(sweep.callsPerRecentEnd));

const callCount = (calls: Calls): number => Object.values(calls).reduce((sum, count) => sum + count, 0);

/** A strongly consistent query reads units of 4 KB, and one at least. */
const listingUnits = ({ partitions, recordBytes }: Counted['ledger'], credentials: number): number =>
  partitions * Math.max(1, Math.ceil((credentials / partitions) * (recordBytes / 4096)));

/** One run of a sweep that finds nothing to do. @param timeoutSeconds when it is stopped, done or not */
export const ofSweep = (
  sweep: CountedSweep,
  found: Found,
  ledger: Counted['ledger'],
  { megabytes, timeoutSeconds }: { readonly megabytes: number; readonly timeoutSeconds: number },
): Usage =>
  sumOf([
    { 'schedule-invocation': 1, 'dynamodb-read-unit': sweep.listings * listingUnits(ledger, found.all) },
    trace,
    tableKey,
    ofInvocations(1, Math.min(millisecondsOf(sweep, found), timeoutSeconds * 1000), megabytes),
    ofCalls(sweep.calls),
    times(ofCalls(sweep.callsPerCredential), found.own),
    times(ofCalls(sweep.callsPerRecentEnd), found.recentlyEnded),
  ]);
