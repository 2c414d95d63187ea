/**
 * A number for CloudWatch. It has no dimension but the provider: one per secret would cost more than the secret, and
 * name it.
 */
export type Metric = {
  readonly name: string;
  readonly unit: 'Count' | 'Seconds';
  readonly value: number;
};

export const count = (name: string, value: number): Metric => ({ name, unit: 'Count', value });
