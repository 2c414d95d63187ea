/** What was measured here and now. With a limit it is met or not; without one it is only told. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** KB are 1,000 bytes. */
  readonly unit: 'ms' | 's' | 'KB' | '%';
  readonly atMost?: number;
  readonly atLeast?: number;
  /** What the value rests on, where it was not measured alone. */
  readonly note?: string;
}

/** Handed on to every process of the bench. */
export const flags: readonly string[] = process.argv.slice(2).filter((word) => word === '--json');

const decimals = { ms: 0, s: 1, KB: 1, '%': 1 } as const;

/** Prints a figure as a line: for a person, or with `--json` as JSON. */
export const report = (figure: Figure): void => {
  const { what, value, unit, atMost, atLeast, note } = figure;
  const limited = atMost !== undefined || atLeast !== undefined;
  const met = value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity);
  if (flags.includes('--json')) {
    console.log(JSON.stringify({ ...figure, ...(limited && { met }) }));
    return;
  }
  const text = (one: number): string => `${one.toFixed(decimals[unit])} ${unit}`;
  const limit = atMost === undefined ? atLeast !== undefined && `at least ${text(atLeast)}` : `at most ${text(atMost)}`;
  const verdict = limit === false ? '' : `  ${limit}: ${met ? 'met' : 'NOT MET'}`;
  console.log(`${what.padEnd(70)} ${text(value).padStart(10)}${verdict}`);
  if (note !== undefined) console.log(`  ${note}`);
};

export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
