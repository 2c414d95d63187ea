import { expect, test } from 'vitest';
import { matches, type Retrier, retryDelaySeconds } from '../../../workflows/engine/retry-delay.ts';

const retrier: Retrier = {
  errorEquals: ['States.ALL'],
  intervalSeconds: 2,
  maxAttempts: 8,
  backoffRate: 2,
  maxDelaySeconds: 60,
  jitter: 'NONE',
};

const delays = (given: Partial<Retrier>, count: number, random = () => 0): number[] =>
  Array.from({ length: count }, (_, retries) => retryDelaySeconds({ ...retrier, ...given }, retries, random));

test.each<[string, Partial<Retrier>, number[]]>([
  ['doubles up to the longest delay', {}, [2, 4, 8, 16, 32, 60, 60, 60]],
  ['grows by a part', { backoffRate: 1.5, maxDelaySeconds: 15 }, [2, 3, 4.5, 6.75, 10.125, 15, 15]],
  ['stays as it is with rate 1', { backoffRate: 1 }, [2, 2, 2]],
])('%s', (_, given, expected) => {
  expect(delays(given, expected.length)).toEqual(expected);
});

test('full jitter takes any part of the delay, and the longest delay is cut before', () => {
  expect(delays({ jitter: 'FULL' }, 7, () => 0.25)).toEqual([0.5, 1, 2, 4, 8, 15, 15]);
  expect(delays({ jitter: 'FULL' }, 3, () => 0)).toEqual([0, 0, 0]);
});

test('a thousand retries do not overflow', () => {
  expect(retryDelaySeconds(retrier, 5000, () => 0)).toBe(60);
});

test.each<[string[], string, boolean]>([
  [['Refused', 'NeedsPerson'], 'NeedsPerson', true],
  [['Refused'], 'refused', false],
  [['States.ALL'], 'States.Timeout', true],
  [['States.ALL'], 'Lambda.Unknown', true],
  [['States.ALL'], 'States.QueryEvaluationError', true],
  [['States.ALL'], 'States.DataLimitExceeded', false],
  [['States.ALL'], 'States.Runtime', false],
])('%j matches %s: %s', (errorEquals, error, expected) => {
  expect(matches(errorEquals, error)).toBe(expected);
});
