// A function as Lambda's runtime would hold it: handed events, heard on stdout and stderr.
import { Fault } from '../../functions/domain/fault.ts';
import type { JsonObject } from '../../functions/domain/json.ts';
import { SecretValue } from '../../functions/domain/secret-value.ts';
import type { Ports } from '../../functions/ports.ts';
import { lambdaHandler } from '../../functions/shell/lambda.ts';

const canary = process.env['CANARY'] ?? '';
const ports = {
  clock: { now: () => '2026-11-01T00:00:00.000Z' },
  ledger: { append: () => Promise.reject(new Error(canary)) },
} as unknown as Ports;

const handlerThat = (act: (value: string) => JsonObject) =>
  lambdaHandler(
    {
      name: 'create-key',
      observe: () => Promise.resolve({}),
      decide: () => ({ kind: 'create' }),
      act: async () => act(new SecretValue(canary).expose()),
    },
    ports,
  );

const event = { rotationId: 'r-1', credentialId: 'chat', reason: 'words-of-the-event' };
const cases: Record<string, (value: string) => JsonObject> = {
  fine: () => ({ keyId: 'words-of-the-answer' }),
  returns: (value) => ({ keyId: value }),
  throws: (value) => {
    throw new Fault('Refused', `It says: ${value}`);
  },
  refuses: () => {
    throw new Fault('Refused', 'It was turned down.');
  },
  logs: (value) => {
    console.log('by console', value);
    console.error({ headers: { authorization: `Bearer ${value}` } });
    process.stdout.write(`by stream ${Buffer.from(value).toString('base64')}\n`);
    process.stderr.write(Buffer.from(`by bytes ${value}\n`));
    return {};
  },
};

const results: Record<string, unknown> = {};
for (const [name, act] of Object.entries(cases)) {
  try {
    results[name] = { answer: await handlerThat(act)(event) };
  } catch (error) {
    const { name: errorType, message, stack, cause } = error as Error;
    results[name] = { errorType, message, trace: stack?.split('\n'), cause };
  }
}
process.stdout.write(`RESULTS ${JSON.stringify(results)}\n`);
