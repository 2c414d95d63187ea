import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Strategy } from '../../functions/domain/credential.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import type { StepName } from '../../functions/steps/step.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitutions } from '../../workflows/substitutions.ts';

/** One state of a run that calls a step, and all that the step found: enough to go on from there. */
export interface Visit {
  readonly rotationId: string;
  readonly state: string;
  readonly step: string;
  readonly input: JsonObject;
  /** What the step answered at last, or the fault that it ended with. */
  readonly output: JsonObject | null;
  readonly fault: { readonly name: string; readonly message: string } | null;
  readonly found: Found;
}

/** The world around a visit, without a secret value. */
export interface Found {
  /** Ids of the vendor's keys, in the order in which they were made: a later vendor may count otherwise. */
  readonly keys: readonly string[];
  /** As the ledger stores them. */
  readonly record: JsonObject;
  readonly obligations: readonly JsonObject[];
  /** Where each label of the secret is. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface Recording {
  readonly ended: readonly { readonly rotationId: string; readonly state: string }[];
  readonly visits: readonly Visit[];
}

/** A definition as it was, and the step behind each of its states: what runs that began under it go on with. */
export interface Definition {
  readonly asl: string;
  readonly steps: Readonly<Record<string, string>>;
}

export const strategies = ['overlap', 'two-slot', 'human-created'] as const satisfies readonly Strategy[];

const place = (...parts: readonly string[]): URL => new URL(['recorded', ...parts].join('/'), import.meta.url);

/** The names under which something is recorded, oldest first: they begin with a date. */
export const recordedNames = (): readonly string[] => readdirSync(place()).sort();

const stepsOf = (strategy: Strategy): Readonly<Record<string, StepName>> => substitutions(flows[strategy]);

/** As it is now. */
export const presentDefinition = (strategy: Strategy): Definition => ({
  asl: readFileSync(new URL(`../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8'),
  steps: stepsOf(strategy),
});

export const recordedDefinition = (name: string, strategy: Strategy): Definition => ({
  asl: readFileSync(place(name, `${strategy}.asl.json`), 'utf8'),
  steps: JSON.parse(readFileSync(place(name, `${strategy}.steps.json`), 'utf8')) as Definition['steps'],
});

export const readRecording = (name: string, way: string): Recording =>
  JSON.parse(readFileSync(place(name, `${way}.json`), 'utf8')) as Recording;

/** Replaces what is recorded under that name. */
export const writeRecordings = (name: string, recordings: ReadonlyMap<string, Recording>): void => {
  rmSync(place(name), { recursive: true, force: true });
  mkdirSync(place(name), { recursive: true });
  for (const strategy of strategies) {
    const { asl, steps } = presentDefinition(strategy);
    writeFileSync(place(name, `${strategy}.asl.json`), asl);
    writeFileSync(place(name, `${strategy}.steps.json`), `${JSON.stringify(steps, null, 2)}\n`);
  }
  for (const [way, recording] of recordings) writeFileSync(place(name, `${way}.json`), textOf(recording));
};

/** A line for each visit, so that a difference between two recordings can be read. */
const textOf = ({ ended, visits }: Recording): string =>
  `{"ended":${JSON.stringify(ended)},"visits":[\n${visits.map((visit) => JSON.stringify(visit)).join(',\n')}\n]}\n`;
