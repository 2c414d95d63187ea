import { describe, expect, it } from 'vitest';
import { millisecondsOf, ofRotation, ofSweep } from '../../../infra/cost/billed.ts';
import type { CountedRotation, CountedSweep } from '../../../infra/cost/counted.ts';
import { costOf, readPrices } from '../../../infra/cost/prices.ts';
import { items, sumOf, times } from '../../../infra/cost/usage.ts';
import { defineFlow } from '../../../workflows/flow.ts';

// Every figure below was worked out by hand.

const flow = defineFlow({
  comment: 'One step and its end.',
  startAt: 'IsAnyone',
  states: {
    IsAnyone: { kind: 'choice', rules: [{ when: { anyone: true }, next: 'Done' }], otherwise: 'Begin' },
    Begin: { kind: 'step', run: 'begin', timeoutSeconds: 60, retry: [], onFault: [], next: 'Done' },
    Done: { kind: 'succeed' },
  },
});

const rotation: CountedRotation = {
  executions: [['IsAnyone', 'Begin', 'Done']],
  functions: {
    begin: {
      invocations: 1,
      milliseconds: 2000,
      calls: {
        'secretsmanager:GetSecretValue': 2,
        'secretsmanager:DescribeSecret': 1,
        'dynamodb:GetItem': 1,
        'dynamodb:PutItem': 3,
        'sns:Publish': 1,
        'states:DescribeExecution': 1,
      },
    },
  },
  writeUnits: 5,
};

const sweep: CountedSweep = {
  milliseconds: 100,
  mostLooks: null,
  listings: 2,
  calls: { 'dynamodb:Query': 1 },
  callsPerCredential: { 'secretsmanager:GetSecretValue': 1, 'secretsmanager:DescribeSecret': 3 },
  callsPerRecentEnd: { 'dynamodb:Query': 1 },
};
const ledger = { partitions: 16, recordBytes: 1024 };
const lambda = { megabytes: 512, timeoutSeconds: 300 };
const prices = readPrices('us-east-1', null);

describe('what a rotation is billed as', () => {
  const used = ofRotation(rotation, flow, () => 512);

  it('a transition for the start and for each state', () => {
    expect(used['state-transition']).toBe(4);
  });

  it('half a gigabyte for two seconds', () => {
    expect(used).toMatchObject({ 'lambda-request': 1, 'lambda-gigabyte-second': 1 });
  });

  it("each call, and what it makes of KMS: two values, two for the notice, one for the table's key", () => {
    expect(used).toMatchObject({
      'secrets-manager-call': 3,
      'kms-request': 5,
      'dynamodb-read-unit': 1,
      'dynamodb-write-unit': 5,
      'sns-publish': 1,
      trace: 1,
    });
  });

  it('the log of an invocation, and of eleven events of 400 bytes', () => {
    expect(used['log-gigabyte']).toBeCloseTo((1500 + 11 * 400) / 1e9, 12);
  });

  it('nothing else', () => {
    expect(Object.keys(used).toSorted()).toEqual(
      [
        'state-transition',
        'lambda-request',
        'lambda-gigabyte-second',
        'secrets-manager-call',
        'kms-request',
        'dynamodb-read-unit',
        'dynamodb-write-unit',
        'sns-publish',
        'trace',
        'log-gigabyte',
      ].toSorted(),
    );
  });

  it('in dollars', () => {
    // 4 x 25 + 1 x 0.2 + 1 x 13.3334 + 3 x 5 + 5 x 3 + 1 x 0.125 + 5 x 0.625 + 1 x 0.5 + 1 x 5 + 5.9 x 0.5, in millionths
    expect(costOf(used, prices)).toBeCloseTo(155.2334e-6, 10);
  });

  it('a call that nobody has priced is an error, not free', () => {
    const calls = { 's3:PutObject': 1 };
    const unknown = { ...rotation, functions: { begin: { invocations: 1, milliseconds: 1, calls } } };
    expect(() => ofRotation(unknown, flow, () => 512)).toThrow('s3:PutObject');
  });
});

describe('what a run of a sweep is billed as', () => {
  it('with nobody to look at: two listings of sixteen queries, and one more', () => {
    expect(ofSweep(sweep, { own: 0, all: 0, recentlyEnded: 0 }, ledger, lambda)).toMatchObject({
      'schedule-invocation': 1,
      'dynamodb-read-unit': 33,
      'kms-request': 1,
      'lambda-gigabyte-second': 0.05,
      trace: 1,
    });
  });

  it('with many: each of its own is asked for, and all are listed', () => {
    // 1600 records of 1 KB are 25 units in each of 16 partitions, listed twice; one query of its own, 10 for recent ends.
    const used = ofSweep(sweep, { own: 100, all: 1600, recentlyEnded: 10 }, ledger, lambda);
    expect(used).toMatchObject({
      'dynamodb-read-unit': 2 * 16 * 25 + 1 + 10,
      'secrets-manager-call': 400,
      'kms-request': 101,
    });
  });

  it('takes 15 ms more for each call, and is stopped at its timeout', () => {
    const many = { own: 10_000, all: 10_000, recentlyEnded: 0 };
    expect(millisecondsOf(sweep, { own: 100, all: 1600, recentlyEnded: 10 })).toBe(100 + 15 * 410);
    expect(millisecondsOf(sweep, many)).toBeGreaterThan(300_000);
    expect(ofSweep(sweep, many, ledger, lambda)['lambda-gigabyte-second']).toBe(150);
  });
});

describe('usage', () => {
  it('is added up and multiplied item by item', () => {
    const one = { trace: 1, 'kms-request': 2 };
    expect(sumOf([one, times(one, 3), { 'lambda-request': 0 }])).toEqual({ trace: 4, 'kms-request': 8 });
  });

  it.each(['us-east-1', 'eu-central-1'])('has a price for each item in %s', (region) => {
    expect(Object.keys(readPrices(region, null).of).toSorted()).toEqual([...items].toSorted());
  });
});
