/** What AWS bills: the names under which prices.json prices it. One of each is one of the unit that stands there. */
export const items = [
  'state-transition',
  'lambda-request',
  'lambda-gigabyte-second',
  'secrets-manager-call',
  'kms-request',
  'dynamodb-write-unit',
  'dynamodb-read-unit',
  'sns-publish',
  'custom-event',
  'schedule-invocation',
  'fifo-queue-request',
  'trace',
  'log-gigabyte',
  'log-gigabyte-month',
  'secret-month',
  'kms-key-month',
  'alarm-metric-month',
  'custom-metric-month',
  'dashboard-month',
] as const;

export type Item = (typeof items)[number];
/** How many of each; what is not named is none. */
export type Usage = { readonly [Name in Item]?: number };

export const sumOf = (usages: readonly Usage[]): Usage =>
  Object.fromEntries(
    items.flatMap((item) => {
      const quantity = usages.reduce((sum, usage) => sum + (usage[item] ?? 0), 0);
      return quantity === 0 ? [] : [[item, quantity]];
    }),
  );

export const times = (usage: Usage, factor: number): Usage =>
  Object.fromEntries(items.flatMap((item) => (usage[item] === undefined ? [] : [[item, usage[item] * factor]])));
