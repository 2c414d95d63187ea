import type { JsonObject } from '../domain/json.ts';
import type { Ports } from '../ports.ts';
import { guardOutput } from './guard-output.ts';
import { type AnyStep, runStep } from './run-step.ts';
import { behindWall } from './wall.ts';

/**
 * A step as a Lambda function. The log names the run and how it went; never the event or the answer. Lambda's runtime
 * makes a line of JSON of what the console is given, with level, time and request id:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html, 2026-11.
 *
 * @param ports made once for the life of the execution environment
 */
export const lambdaHandler = (step: AnyStep, ports: Ports): ((event: JsonObject) => Promise<JsonObject>) => {
  guardOutput();
  return async (event) => {
    const { rotationId = null, credentialId = null } = event;
    const run = { step: step.name, rotationId, credentialId };
    try {
      const output = await behindWall(() =>
        runStep(step, event, ports, (text) => {
          console.warn({ what: text, ...run });
        }),
      );
      console.info({ what: 'The step ended.', ...run });
      return output;
    } catch (error) {
      throw withoutTrace(error);
    }
  };
};

/**
 * Step Functions sees `name` as the error and `message` as its cause; a stack says nothing to a person, and may quote
 * what nobody checked. Lambda's runtime writes the error to the log by itself.
 */
const withoutTrace = (error: unknown): Error => {
  const { name, message } = error instanceof Error ? error : new Error('The step failed.');
  const plain = new Error(message);
  plain.name = name;
  // Lambda's runtime splits it into lines, so it must be a text.
  plain.stack = `${name}: ${message}`;
  return plain;
};
