import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Deployment } from '../../aws/deployment.ts';
import { strategyOfProvider } from '../session.ts';
import type { Check } from './check.ts';
import { couldNotLook } from './could-not-look.ts';
import { functionOf, intakePart, providersOf, stackOf } from './expected.ts';
import { amiss, type Seen, well } from './finding.ts';

const remedy = {
  right: 'states:ListStateMachines, and states:DescribeStateMachine on keyturn-*',
  fix: 'npx cdk deploy --all',
};

/** Each provider of the register has a state machine, which runs what this checkout says. */
export const machines: Check = {
  name: 'state machines',
  ...remedy,

  async look({ deployment, register, registerFile }) {
    if (deployment === null) return [];
    const declared = providersOf(register);
    const found = await deployment.machines();
    const retired = [...found.keys()].filter((name) => !declared.some((provider) => stackOf(provider) === name));
    return [
      ...(await Promise.all(declared.map((provider) => lookAt(deployment, found, provider)))),
      ...retired.map((name) =>
        amiss(
          'attention',
          name,
          'It is deployed, and the register has no account of its provider.',
          `Put its accounts back into ${registerFile}; or take it down on purpose: npx cdk destroy ${name}`,
        ),
      ),
    ];
  },
};

const lookAt = async (deployment: Deployment, found: ReadonlyMap<string, string>, provider: string): Promise<Seen> => {
  const name = stackOf(provider);
  const fix = `npx cdk deploy ${name} keyturn-${intakePart}`;
  const arn = found.get(name);
  if (arn === undefined)
    return amiss('broken', name, 'The register has its provider, and it is not deployed here.', fix);
  try {
    const isSame = isDeepStrictEqual(
      parsed(withoutArns(provider, await deployment.definitionOf(arn))),
      parsed(committed(provider)),
    );
    return isSame
      ? well(name, 'runs the workflow of this checkout')
      : amiss('broken', name, 'It runs another workflow than this checkout has: a deploy was forgotten.', fix);
  } catch (error) {
    return couldNotLook(name, error, remedy);
  }
};

/** With `${CreateKey}` again for the ARN of its function, of whatever version or alias, so that wrong wiring shows. */
const withoutArns = (provider: string, definition: string): string => {
  const states = new Map(placeholders(committed(provider)).map((state) => [functionOf(provider, state), state]));
  return definition.replaceAll(
    /arn:[\w-]+:lambda:[\w-]+:\d+:function:([\w-]+)(?::[\w$-]+)?/g,
    (whole, called: string) => {
      const state = states.get(called);
      return state === undefined ? whole : `\${${state}}`;
    },
  );
};

/** Undefined for what is no JSON. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const placeholders = (text: string): readonly string[] =>
  Array.from(text.matchAll(/\$\{([A-Za-z0-9]+)\}/g), ([, state = '']) => state);

const committed = (provider: string): string =>
  readFileSync(new URL(`../../../workflows/asl/${strategyOfProvider(provider)}.asl.json`, import.meta.url), 'utf8');
