import { parseArgs } from 'node:util';
import { RegisterError } from '../../functions/register/problem.ts';
import { DeploymentError } from '../settings.ts';
import { CostError } from './cost-error.ts';
import { linesOf } from './lines.ts';
import { readPrices } from './prices.ts';

const help = `npm run cost -- [--credentials N] [--cadence-days D] [--region REGION] [--prices FILE] [--json]

  --credentials N   the size of the fleet (default: 100 and 10000)
  --cadence-days D  how often each is rotated (default: 90, the longest that the policy allows a service's key)
  --region REGION   whose list prices (default: us-east-1)
  --prices FILE     other prices, in the form of infra/cost/prices.json
  --json            one line of JSON instead of tables`;

type Options = {
  readonly fleets: readonly number[];
  readonly cadenceDays: number;
  readonly region: string;
  readonly prices: string | null;
  readonly json: boolean;
};

/** @throws CostError for whatever it does not understand; null: help was asked for */
const readOptions = (argv: readonly string[]): Options | null => {
  const options = {
    credentials: { type: 'string' },
    'cadence-days': { type: 'string' },
    region: { type: 'string' },
    prices: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = understood(() => parseArgs({ args: [...argv], options }));
  if (values.help === true) return null;
  return {
    fleets: values.credentials === undefined ? [100, 10_000] : [wholeNumber('--credentials', values.credentials)],
    cadenceDays: wholeNumber('--cadence-days', values['cadence-days'] ?? '90'),
    region: values.region ?? 'us-east-1',
    prices: values.prices ?? null,
    json: values.json ?? false,
  };
};

const understood = <T>(parse: () => T): T => {
  try {
    return parse();
  } catch (error) {
    throw new CostError(
      'The options could not be understood.',
      error instanceof Error ? error.message : '',
      'npm run cost -- --help',
    );
  }
};

const wholeNumber = (option: string, text: string): number => {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new CostError(
    `${option} is "${text}".`,
    'It is a whole number from 1 to 9999999.',
    `npm run cost -- ${option} 1000`,
  );
};

try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(help);
  } else {
    const prices = readPrices(options.region, options.prices);
    // The CDK takes seconds to load: not for a word that was mistyped.
    const { figuresOf } = await import('./figures.ts');
    const figures = figuresOf({ ...options, prices });
    if (options.json) console.log(JSON.stringify(figures));
    else for (const line of linesOf(figures, prices)) console.log(line);
  }
} catch (error) {
  // What a person has to mend needs no stack trace; what nobody foresaw does.
  if (!(error instanceof CostError || error instanceof RegisterError || error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
